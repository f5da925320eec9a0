"""``fan-out resume`` from the executions that AWS tells of to what is started, said and shown."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from executions import (
    COLLECTING,
    COLLECTING_ALONE,
    COLLECTING_WITH_INPUT,
    INPUT_PASSED_ON,
    Executions,
    ended,
    items,
    partly,
    tolerant,
)
from recorded import ARN, MACHINE, History, Only, Service, answering, client, refusal

from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import CommandError
from fan_out.cli.follow import redrive_and_follow, start_and_follow
from fan_out.cli.machine import Machine
from fan_out.cli.resume import Resume, resume

SECOND = f"{ARN}--re2"
THIRD = f"{ARN}--re3"
DENIED = refusal("AccessDeniedException", "no", "DescribeStateMachine")


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def aws(executions: Executions) -> Iterator[Aws]:
    with answering(client("stepfunctions"), executions) as stepfunctions:
        yield Only(stepfunctions)


def resuming(*indexes: int, of: str = ARN, done: int = 1) -> str:
    """The input of an execution that resumes another."""
    return json.dumps({"fanOutResume": {"chunks": items(*indexes), "of": of, "done": done}})


def counts(chunks: int, failed: int) -> dict[str, int]:
    return {
        "chunks": chunks,
        "succeeded": chunks - failed,
        "failed": failed,
        "records": 10 * chunks,
        "recordsSucceeded": 10 * (chunks - failed),
    }


def over_the_limit(*failing: int, done: dict[int, Any]) -> Service:
    history = tolerant({*failing}, done)
    cause = json.dumps(counts(len(failing) + len(done), len(failing)))
    more = {"error": "FanOut.TooManyFailures", "cause": cause}
    history.end("Failed", **more)
    return Service(history, "FAILED", **more)


def collected(history: History, given: Any, kind: str, output: Any = None) -> Service:
    """An execution whose collect was given something, and which then ended."""
    entered = history.enter("Collect", len(history.events), json.dumps(given))
    if kind == "Succeeded":
        return ended(history, kind, output)
    failing = history.fail(history.attempt(entered), "OSError", "cannot add")
    history.add("ExecutionFailed", failing, error="OSError", cause="cannot add")
    return Service(history, "FAILED", error="OSError", cause="cannot add")


def test_the_new_input_is_the_old_one_with_the_chunks_in_place_of_a_size(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"jobCount": 3, "mine": "é", "chunks": "mine too", "totalProcessRecordCount": 30}
    executions.known[ARN] = ended(
        partly(items(0, 1, 2), {1: "one"}, failed=0), "Failed", input=json.dumps(given)
    )
    executions.next = ended(partly(items(0, 2), {0: "zero", 1: "two"}), "Succeeded", [0, 2])
    assert resume(aws, Resume(execution=ARN, whole=True), Screen()) == 0
    (started,) = executions.started
    assert (started["stateMachineArn"], started["name"]) == (MACHINE, "run--re2")
    assert json.loads(started["input"]) == {
        "mine": "é",
        "chunks": "mine too",
        "totalProcessRecordCount": 30,
        "fanOutResume": {"chunks": items(0, 2), "of": ARN, "done": 1},
    }
    out, err = capsys.readouterr()
    assert json.loads(out) == ["zero", "one", "two"]
    assert err.splitlines()[:2] == [
        "resuming run: 2 of 3 chunks are left",
        "running Machine in us-east-1, execution run--re2",
    ]


def test_the_executions_before_the_resumed_one_count_too(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1, 2, 3), {1: 1, 3: 3}, failed=0), "Aborted")
    executions.known[SECOND] = ended(
        partly(items(0, 2), {1: 2}, failed=0), "TimedOut", input=resuming(0, 2, done=2)
    )
    executions.next = ended(partly(items(0), {0: 0}), "Succeeded", [0])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()[2:]] == [
        [str(n + 1), str(n)] for n in range(4)
    ]
    assert executions.started[0]["name"] == "run--re3"
    assert json.loads(executions.started[0]["input"]) == {
        "fanOutResume": {"chunks": items(0), "of": SECOND, "done": 3}
    }


def test_earlier_executions_are_read_after_the_run(aws: Aws, executions: Executions) -> None:
    read: list[str] = []
    first = ended(partly(items(0, 1), {1: 1}, failed=0), "Failed")
    first.on_look = lambda service: read.append(f"{len(executions.started)} started")
    executions.known[ARN] = first
    executions.known[SECOND] = ended(partly(items(0), {}), "Failed", input=resuming(0))
    executions.next = ended(partly(items(0), {0: 0}), "Succeeded", [0])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    assert read == ["1 started"]


def denied(service: Service) -> None:
    raise refusal("AccessDeniedException", "no", "DescribeExecution")


@pytest.mark.parametrize(
    ("of", "first", "why"),
    [
        ("run", None, "fanOutResume.of of run--re2 must be an execution's ARN, got 'run'"),
        (f"{ARN}-gone", None, f"no execution {ARN}-gone: it was never there, or it ended more"),
        (SECOND, None, f"fanOutResume.of of run--re2 must be another execution, got {SECOND} a"),
        (ARN, Service(partly(items(0), {})), f"{ARN} is still running"),
        (ARN, Service(on_look=denied), "access denied to DescribeExecution: no"),
        (
            ARN,
            ended(partly(items(0, 1), {1: 1}), "Failed", input=resuming(0, 1, of=SECOND)),
            f"fanOutResume.of of run must be another execution, got {SECOND} again",
        ),
    ],
)
def test_where_one_of_them_is_not_to_be_had_the_result_is_that_of_the_resumed_chunks(
    aws: Aws,
    executions: Executions,
    capsys: pytest.CaptureFixture[str],
    of: str,
    first: Service | None,
    why: str,
) -> None:
    if first is not None:
        executions.known[ARN] = first
    executions.known[SECOND] = ended(partly(items(0), {}), "Failed", input=resuming(0, of=of))
    executions.next = ended(partly(items(0), {0: "zero"}), "Succeeded", ["zero"])
    assert resume(aws, Resume(execution=SECOND, whole=True), Screen()) == 0
    out, err = capsys.readouterr()
    assert out == '["zero"]\n'
    lines = [line for line in err.splitlines() if "is that of the resumed chunks alone" in line]
    assert len(lines) == 1
    assert f"without those before: {why}" in lines[0]


def test_what_has_been_resumed_already_is_not_resumed_a_second_time(
    aws: Aws, executions: Executions
) -> None:
    executions.known[ARN] = ended(partly(items(0), {}), "Failed")
    executions.known[SECOND] = ended(partly(items(0), {}), "Failed", input=resuming(0))
    assert refused(aws) == f"run--re2 has resumed it already: fan-out resume {SECOND}"
    executions.known[THIRD] = Service()
    assert refused(aws, execution=SECOND) == (
        "run--re3 has resumed it already, and is still running: wait for its end, or stop it"
    )
    assert executions.started == []


def test_the_command_for_that_works_as_it_is_printed_whatever_the_user_calls_it(
    aws: Aws, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name would need --stack and --machine again, and a quote where a shell takes it apart."""
    monkeypatch.setattr("fan_out.cli.machine.find_machine", lambda *_, **__: Machine(MACHINE))
    odd = f"{ARN.rpartition(':')[0]}:it's"
    for arn, name in ((ARN, "run"), (odd, "it's")):
        executions.known[arn] = ended(partly(items(0), {}), "Failed")
        executions.known[f"{arn}--re2"] = ended(partly(items(0), {}), "Failed")
        line = refused(aws, execution=name, stack="Jobs", machine="JobMachine")
        said, command = line.split(": ", 1)
        assert said == f"{name}--re2 has resumed it already"
        assert shlex.split(command) == ["fan-out", "resume", f"{arn}--re2"]


def test_a_name_that_is_taken_is_what_aws_says(aws: Aws, executions: Executions) -> None:
    executions.known[ARN] = Service()
    with pytest.raises(Exception, match="ExecutionAlreadyExists"):
        start_and_follow(aws, Machine(MACHINE), "run", "{}", Screen())


def test_an_execution_that_plans_something_else_is_stopped(
    aws: Aws, executions: Executions
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    executions.next = Service(partly(items(0, 1), {}))
    with pytest.raises(CommandError, match="did not take the chunks that are left") as refused:
        resume(aws, Resume(execution=ARN), Screen())
    assert refused.value.exit_code == 1
    assert executions.stopped == [SECOND]


@pytest.mark.parametrize(("kind", "output"), [("Aborted", None), ("Succeeded", [0, 1])])
def test_one_that_planned_something_else_is_started_anew_in_place_of_it(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str], kind: str, output: Any
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    given = resuming(0)
    executions.known[SECOND] = ended(partly(items(0, 1), {0: 0, 1: 1}), kind, output, input=given)
    executions.next = ended(partly(items(0), {0: "zero"}), "Succeeded", ["zero"])
    assert resume(aws, Resume(execution=SECOND, whole=True), Screen()) == 0
    assert (executions.started[0]["name"], executions.started[0]["input"]) == ("run--re3", given)
    out, err = capsys.readouterr()
    assert out == '["zero","one"]\n'
    assert "run--re2 did not take the chunks that were left: it is started anew" in err


def test_an_execution_without_a_plan_is_started_with_the_input_to_the_letter(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History()
    history.fail(history.attempt(history.enter("Control", 0, "{}")), "OSError")
    executions.known[ARN] = ended(history, "Failed", input='{"n":  1}')
    executions.next = ended(partly(items(0), {0: "zero"}), "Succeeded", ["zero"])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    assert executions.started[0]["input"] == '{"n":  1}'
    assert "it is started anew, with the same input" in capsys.readouterr().err


def test_where_all_is_done_nothing_is_started_and_the_result_is_shown(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {0: 0, 1: 1}), "Succeeded", [0, 1])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    shown = capsys.readouterr()
    assert shown.err == "nothing to resume: all 2 chunks are done\n"
    assert shown.out.splitlines()[1:] == ["result: 2 answers, in chunk order", "  1  0", "  2  1"]
    assert executions.started == []


EARLIER = {
    "answers": ["one"],
    "offsets": [10],
    "counts": {
        "chunks": 1,
        "succeeded": 1,
        "failed": 0,
        "records": 10,
        "recordsSucceeded": 10,
    },
}


@pytest.mark.parametrize(
    "service",
    [
        ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed"),
        over_the_limit(0, done={1: "one"}),
    ],
)
def test_the_answers_that_there_are_come_along_for_the_collect_and_that_is_said(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str], service: Service
) -> None:
    executions.known[ARN], executions.definition = service, COLLECTING
    executions.next = collected(partly(items(0), {0: 0}), [0], "Succeeded", [7])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    asked = json.loads(executions.started[0]["input"])["fanOutResume"]
    assert asked.items() >= {"chunks": items(0), "of": ARN, "done": 1, "earlier": EARLIER}.items()
    out, err = capsys.readouterr()
    assert err.splitlines()[1] == (
        "the collect function is given the answers of 1 earlier chunk, too"
    )
    assert err.splitlines()[2].startswith("running ")
    assert out.splitlines()[1:] == ["result:", "  [", "    7", "  ]"]
    assert executions.calls.count("describe_state_machine") == 1


def test_where_there_are_none_nothing_comes_along(aws: Aws, executions: Executions) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {}, failed=0), "Failed")
    executions.definition = COLLECTING_ALONE  # which sees all of it then
    executions.next = collected(partly(items(0, 1), {0: 0, 1: 1}), [0, 1], "Succeeded", [7])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    assert "earlier" not in executions.started[0]["input"]


def test_they_come_along_from_all_executions_also_where_a_request_lacks_them(
    aws: Aws, executions: Executions
) -> None:
    """Its machine had no collect then."""
    executions.definition = COLLECTING
    executions.known[ARN] = ended(partly(items(0, 1, 2), {1: "one"}, failed=0), "Failed")
    given = resuming(0, 2)
    executions.known[SECOND] = ended(partly(items(0, 2), {1: "two"}), "Failed", input=given)
    executions.next = collected(partly(items(0), {0: "zero"}), ["zero"], "Succeeded", [7])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    earlier = json.loads(executions.started[0]["input"])["fanOutResume"]["earlier"]
    assert (earlier["answers"], earlier["offsets"]) == (["one", "two"], [10, 20])
    assert earlier["counts"]["records"] == 20


def test_they_come_along_past_one_that_planned_something_else(
    aws: Aws, executions: Executions
) -> None:
    executions.definition = COLLECTING
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    other = partly(items(0, 1), {0: "wrong", 1: "wrong"})
    executions.known[SECOND] = ended(other, "Aborted", input=resuming(0))
    executions.next = collected(partly(items(0), {0: "zero"}), ["zero"], "Succeeded", [7])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    assert json.loads(executions.started[0]["input"])["fanOutResume"]["earlier"] == EARLIER


def test_executions_whose_answers_came_along_already_need_not_be_there_still(
    aws: Aws, executions: Executions
) -> None:
    executions.definition = COLLECTING
    request = {"chunks": items(0, 2), "of": f"{ARN}-gone", "done": 1, "earlier": EARLIER}
    given = json.dumps({"fanOutResume": request})
    executions.known[SECOND] = ended(partly(items(0, 2), {1: "two"}), "Failed", input=given)
    executions.next = collected(partly(items(0), {0: "zero"}), ["zero"], "Succeeded", [7])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    earlier = json.loads(executions.started[0]["input"])["fanOutResume"]["earlier"]
    assert (earlier["answers"], earlier["offsets"]) == (["one", "two"], [10, 20])
    assert earlier["counts"]["recordsSucceeded"] == 20


def test_where_they_are_not_to_be_had_nothing_is_started(aws: Aws, executions: Executions) -> None:
    executions.definition = COLLECTING
    given = resuming(0, of=f"{ARN}-gone")
    executions.known[SECOND] = ended(partly(items(0), {}), "Failed", input=given)
    assert refused(aws, execution=SECOND).startswith(
        "the collect function must see the answers of the executions before run--re2, and one of "
        f"these is not to be had: no execution {ARN}-gone: it was never there"
    )
    assert executions.started == []


@pytest.mark.parametrize(
    ("service", "other"),
    [
        (
            ended(partly(items(0, 1), {1: 1}, failed=0), "Failed"),
            "; --redrive gives it all of them",
        ),
        (collected(partly(items(0), {0: 0}), [0], "Failed"), "; --redrive gives it all "),
        (over_the_limit(0, done={1: 1}), ""),
    ],
)
def test_a_collect_that_would_see_a_part_of_the_job_is_not_started(
    aws: Aws, executions: Executions, service: Service, other: str
) -> None:
    executions.known[ARN], executions.definition = service, COLLECTING_ALONE
    line = (
        "the collect function of Machine would see the answers of the resumed chunks alone: make "
        "it with @collect, and deploy it with this version of fan-out"
    )
    assert refused(aws).startswith(f"{line}{other}")
    assert executions.started == []


def test_where_all_chunks_are_done_the_collect_alone_runs_again(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.definition = COLLECTING
    executions.known[ARN] = collected(partly(items(1), {0: "one"}), ["one"], "Failed")
    given = {"thisRun": [], "offsets": [], "earlier": EARLIER}
    executions.next = collected(partly([], {}), given, "Succeeded", [7])
    assert resume(aws, Resume(execution=ARN, whole=True), Screen()) == 0
    assert json.loads(executions.started[0]["input"]) == {
        "fanOutResume": {"chunks": [], "of": ARN, "done": 1, "earlier": EARLIER}
    }
    out, err = capsys.readouterr()
    assert out == "[7]\n"
    assert err.splitlines()[0] == "all 1 chunks of run are done: its collect function runs again"


def test_what_was_set_aside_is_told_of_the_whole_job(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.definition = COLLECTING
    executions.known[ARN] = over_the_limit(0, done={1: "one"})
    now = {**counts(1, 0), "recordsSucceeded": 7}
    given = {
        "thisRun": {"results": ["zero"], "failures": [], "counts": now},
        "offsets": [0],
        "earlier": EARLIER,
    }
    executions.next = collected(tolerant(set(), {0: "zero"}), given, "Succeeded", [7])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    summary = capsys.readouterr().out.splitlines()[0]
    assert summary.endswith("the whole job: 17 of 20 records")


def test_a_definition_that_may_not_be_read_is_taken_for_one_with_a_collect(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    executions.definition = DENIED
    executions.next = ended(partly(items(0), {0: 0}), "Succeeded", [0])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    request = json.loads(executions.started[0]["input"])["fanOutResume"]
    assert request["earlier"] == EARLIER
    assert capsys.readouterr().err.splitlines()[1] == (
        "whether it has a collect function is not known: access denied to DescribeStateMachine: no"
    )


def large(characters: int, plan: Any = None, *, tolerates: bool = False) -> Service:
    """An execution with a large input, of which one chunk is left."""
    given = json.dumps({"n": "é" * (characters // 2)}, ensure_ascii=False)
    if tolerates:
        service = over_the_limit(0, done={1: 1})
        service.input = given
        return service
    return ended(partly(plan or items(0), {}), "Failed", input=given)


OTHER_WAY = "; --redrive goes on without listing them"


@pytest.mark.parametrize(
    ("service", "definition", "line"),
    [
        (
            large(262_100),
            None,
            "the input with the chunks that are left must be at most 262144 bytes, got 2622"
            rf"\d\d{OTHER_WAY}",
        ),
        (
            large(262_100, tolerates=True),
            None,
            r"the input with the chunks that are left must be at most 262144 bytes, got 2622\d\d",
        ),
        (
            large(130_000, [{**items(0)[0], "items": ["x" * 33_000, *"abcdefghi"]}]),
            None,
            None,
        ),
        (
            large(196_000, [{**items(0)[0], "items": ["x" * 33_000, *"abcdefghi"]}]),
            INPUT_PASSED_ON,
            "every chunk gets the input: that with the chunks that are left, and the largest "
            rf"chunk, must together be at most 261888 bytes, got 2292\d\d and 330\d\d{OTHER_WAY}",
        ),
        (
            large(190_000, [{**items(0)[0], "items": ["x" * 33_000, *"abcdefghi"]}]),
            INPUT_PASSED_ON,
            None,
        ),
        (
            ended(partly(items(0, 1), {1: "é" * 131_000}), "Failed"),
            COLLECTING,
            "the input with the chunks that are left and, for the collect function, the answers of "
            r"those that are done must be at most 262144 bytes, got 2622\d\d, 262004 of them "
            "answers: a worker that puts large answers into S3 and answers their keys can be "
            "resumed; --redrive goes on without sending them",
        ),
        (
            ended(partly(items(0, 1), {1: "é" * 130_000}), "Failed"),
            COLLECTING_WITH_INPUT,  # the workers are not given the answers
            None,
        ),
        (
            large(229_000, [{**items(0)[0], "items": ["x" * 33_000, *"abcdefghi"]}]),
            COLLECTING_WITH_INPUT,
            r"the input with the chunks that are left must be at most 262144 bytes, got 2622\d\d"
            rf"{OTHER_WAY}",
        ),
        (
            large(228_800, [{**items(0)[0], "items": ["x" * 33_000, *"abcdefghi"]}]),
            COLLECTING_WITH_INPUT,
            "every chunk gets the input: that, and the largest chunk, must together be at most "
            rf"261888 bytes, got 2288\d\d and 330\d\d{OTHER_WAY}",
        ),
    ],
)
def test_an_input_that_no_state_can_carry_is_refused(
    aws: Aws, executions: Executions, service: Service, definition: Any, line: str | None
) -> None:
    executions.known[ARN] = service
    executions.definition = definition or executions.definition
    executions.next = ended(partly(items(0), {0: 0}), "Succeeded", [0])
    if line is None:
        assert resume(aws, Resume(execution=ARN), Screen()) == 0
        return
    with pytest.raises(CommandError, match=f"^{line}$") as error:
        resume(aws, Resume(execution=ARN), Screen())
    assert error.value.exit_code == 2
    assert executions.started == []


def refused(aws: Aws, execution: str = ARN, **wanted: Any) -> str:
    with pytest.raises(CommandError) as refused:
        resume(aws, Resume(execution=execution, **wanted), Screen())
    assert refused.value.exit_code == 2
    return str(refused.value)


def foreign() -> History:
    history = History()
    history.add("MapStateEntered", name="Map", input='["a", "b"]')
    return history


@pytest.mark.parametrize(
    ("service", "line"),
    [
        (None, "no execution arn:"),
        (Service(partly(items(0), {})), f"{ARN} is still running: wait for its end, or stop it"),
        (Service(History(), "FAILED"), f"the history of {ARN} lacks its end still"),
        (ended(foreign(), "Failed"), "run has no plan of chunks: it is no fan-out's execution"),
        (
            ended(partly(items(0), {0: 0}), "Failed"),
            "no chunk is left: all 1 chunks of run are done, and it failed after them; --redrive",
        ),
        (
            ended(partly(items(0), {}), "Failed", input="[1]"),
            "the input of run must be an object, got [1]",
        ),
    ],
)
def test_what_cannot_be_resumed_is_said_in_one_line_and_nothing_is_started(
    aws: Aws, executions: Executions, service: Service | None, line: str
) -> None:
    if service is not None:
        executions.known[ARN] = service
    assert refused(aws).startswith(line)
    assert executions.started == []


def test_a_redrive_goes_on_with_the_execution_itself(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    assert resume(aws, Resume(execution=ARN, redrive=True, whole=True), Screen()) == 0
    assert executions.started == []
    out, err = capsys.readouterr()
    assert out == '"all of it"\n'
    assert err.splitlines()[0] == f"redriving {ARN}"


def test_a_redriven_execution_that_resumes_another_is_joined_with_that(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    history = partly(items(0), {0: "zero"})
    executions.known[SECOND] = ended(history, "TimedOut", input=resuming(0))
    executions.redriven_to = '["zero"]'
    assert resume(aws, Resume(execution=SECOND, redrive=True, whole=True), Screen()) == 0
    assert capsys.readouterr().out == '["zero","one"]\n'


ASIDE = {"answers": [1], "badRecords": [{"record": 3}, {"record": 7}]}


def test_where_failures_are_tolerated_the_records_that_are_done_travel_with_the_request(
    aws: Aws, executions: Executions
) -> None:
    """Over a chain of executions, with those that were set aside."""
    executions.known[ARN] = over_the_limit(0, 2, done={1: ASIDE, 3: 3})
    executions.next = ended(tolerant(set(), {0: 0, 2: 0}), "Succeeded", {})
    resume(aws, Resume(execution=ARN), Screen())
    first = json.loads(executions.started[0]["input"])["fanOutResume"]
    assert (first["done"], first["records"], first["badRecords"]) == (2, 20, 2)
    given = json.dumps({"fanOutResume": first})
    executions.known[SECOND] = ended(tolerant({2}, {0: ASIDE}), "Succeeded", {}, input=given)
    executions.next = ended(tolerant(set(), {2: 0}), "Succeeded", {})
    resume(aws, Resume(execution=SECOND), Screen())
    second = json.loads(executions.started[1]["input"])["fanOutResume"]
    assert (second["done"], second["records"], second["badRecords"]) == (3, 30, 4)


def test_an_execution_whose_own_name_ends_like_a_resumed_ones_is_resumed_under_its_own(
    aws: Aws, executions: Executions
) -> None:
    executions.known[SECOND] = ended(partly(items(0), {}), "Aborted")
    executions.next = ended(partly(items(0), {0: 0}), "Succeeded", [0])
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    assert executions.started[0]["name"] == "run--re2--re2"


def too_many_bad_records() -> Service:
    history = tolerant(set(), {0: ASIDE})
    cause = json.dumps({**counts(1, 0), "jobBadRecords": 2, "jobRecords": 10})
    more = {"error": "FanOut.TooManyBadRecords", "cause": cause}
    history.end("Failed", **more)
    return Service(history, "FAILED", **more)


def test_after_too_many_records_were_set_aside_no_resume_is_advised(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(tolerant({0}, {1: 1}), "TimedOut")
    executions.next = too_many_bad_records()
    assert resume(aws, Resume(execution=ARN), Screen()) == 1
    told = capsys.readouterr().err
    assert "error: 2 of 10 records are bad, more than are tolerated; the first: " in told
    assert told.splitlines()[-1].startswith("  advice   the bad records were set aside, so that no")


def test_where_the_bad_records_were_set_aside_there_is_nothing_to_resume(
    aws: Aws, executions: Executions
) -> None:
    executions.known[ARN] = too_many_bad_records()
    assert refused(aws) == (
        "no chunk is left: all 1 chunks of run are done, and too many of their records were set "
        "aside: mend the worker, and run the job again"
    )


@pytest.mark.parametrize(
    "service",
    [
        over_the_limit(0, 2, done={1: 1}),
        ended(tolerant({0}, {1: 1}), "TimedOut"),
        ended(tolerant({0}, {1: 1}), "Succeeded", {}),
    ],
)
def test_a_redrive_that_would_not_run_what_was_tolerated_is_refused(
    aws: Aws, executions: Executions, service: Service
) -> None:
    executions.known[ARN] = service
    assert refused(aws, redrive=True) == (
        "the failures of run were tolerated, so that their chunks have succeeded for Step "
        "Functions and --redrive would run none of them again: leave it out"
    )
    assert "redrive_execution" not in executions.calls


def test_a_redrive_runs_a_collect_again_with_what_was_tolerated(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = collected(tolerant({0}, {1: 1}), {}, "Failed")
    assert resume(aws, Resume(execution=ARN, redrive=True, whole=True), Screen()) == 0
    assert capsys.readouterr().out == '"all of it"\n'


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("ExecutionNotRedrivable", f"cannot redrive {ARN}: it is too old"),
    ],
)
def test_what_cannot_be_redriven_is_said_in_one_line(
    aws: Aws, executions: Executions, code: str, line: str
) -> None:
    executions.known[ARN] = ended(partly(items(0), {}, failed=0), "Failed")
    executions.not_redrivable = refusal(code, "it is too\nold", "RedriveExecution")
    assert refused(aws, redrive=True) == line


def test_what_else_aws_refuses_is_passed_on(aws: Aws, executions: Executions) -> None:
    executions.not_redrivable = refusal("AccessDeniedException", "no", "RedriveExecution")
    with pytest.raises(Exception, match="AccessDenied"):
        redrive_and_follow(aws, ARN, 0, Screen())
