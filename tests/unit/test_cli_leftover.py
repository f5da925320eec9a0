"""What an execution has left, the one that does it, and what comes of both; from histories."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import (
    ARN,
    MACHINE,
    START,
    History,
    Only,
    Service,
    answering,
    chunk,
    client,
    failure,
    refusal,
)

from fan_out.cli.aws import Aws
from fan_out.cli.chunks import Chunks
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import CommandError
from fan_out.cli.follow import redrive_and_follow
from fan_out.cli.joined import joined
from fan_out.cli.leftover import names_after
from fan_out.cli.resume import Resume, resume
from fan_out.cli.steps import Steps
from fan_out.runtime.resumed import first_execution

SECOND = f"{ARN}--r2"
THIRD = f"{ARN}--r3"


class Executions:
    """A machine whose executions are known by their ARN; ``next`` are those that can be started."""

    def __init__(self) -> None:
        self.known: dict[str, Service] = {}
        self.next: list[Service] = []
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.calls: list[str] = []
        self.not_redrivable: Exception | None = None

    def start_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        arn = f"{ARN.rpartition(':')[0]}:{request['name']}"
        if arn in self.known:
            raise refusal("ExecutionAlreadyExists", "there is one", "StartExecution")
        self.started.append(request)
        self.known[arn] = self.next.pop(0)
        self.known[arn].input = request["input"]
        return {"executionArn": arn, "startDate": START}

    def describe_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["executionArn"] not in self.known:
            raise refusal("ExecutionDoesNotExist", "there is none", "DescribeExecution")
        return self.known[request["executionArn"]].describe_execution(request)

    def get_execution_history(self, request: dict[str, Any]) -> dict[str, Any]:
        return self.known[request["executionArn"]].get_execution_history(request)

    def stop_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append(request["executionArn"])
        return {"stopDate": START}

    def redrive_execution(self, request: dict[str, Any]) -> dict[str, datetime]:
        if self.not_redrivable is not None:
            raise self.not_redrivable
        service = self.known[request["executionArn"]]
        service.redrives += 1
        service.history.end("Redriven", redriveCount=service.redrives)
        service.history.end("Succeeded", output='"all of it"')
        service.status, service.output = "SUCCEEDED", '"all of it"'
        return {"redriveDate": START}


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def aws(executions: Executions) -> Iterator[Aws]:
    with answering(client("stepfunctions"), executions) as stepfunctions:
        yield Only(stepfunctions)


def fed(history: History) -> Steps:
    steps = Steps()
    for event in history.events:
        steps.feed(event)  # type: ignore[arg-type]
    return steps


def ended(history: History, kind: str, output: Any = None, **more: Any) -> Service:
    text = None if output is None else json.dumps(output)
    history.end(kind, **({} if text is None else {"output": text}))
    status = {"TimedOut": "TIMED_OUT"}.get(kind, kind.upper())
    return Service(history, status, output=text, **more)


def partly(plan: list[Any], done: dict[int, Any], failed: int | None = None) -> History:
    """An execution of which some chunks are done, with their answers, and one has failed."""
    history = History()
    started = history.map(plan, history.task("Control", 0, "{}"))
    for index, answer in done.items():
        history.finish(history.iteration(started, index), index, answer)
    if failed is not None:
        entered = history.iteration(started, failed)
        failing = history.fail(history.attempt(entered), "ValueError", "bad")
        history.add("MapIterationFailed", failing, name="Map", index=failed)
        history.add("MapStateFailed", failing)
    return history


def items(*indexes: int) -> list[dict[str, Any]]:
    return [json.loads(chunk(index)) for index in indexes]


def left(history: History) -> list[Any]:
    chunks = Chunks.of(fed(history))
    assert chunks is not None
    return [fate.item for fate in chunks.left]


@given(data=st.data(), count=st.integers(0, 12))
def test_what_is_left_is_whatever_is_not_done_and_joined_it_is_whole(
    data: st.DataObject, count: int
) -> None:
    """However often that is resumed, and whatever each execution gets done."""
    every = {index: [index] for index in range(count)}
    before: list[Chunks] = []
    plan = items(*range(count))
    while True:
        indexes = [item["offset"] // 10 for item in plan]
        some = st.sets(st.sampled_from(range(len(plan))), min_size=1) if plan else st.just(set())
        places = data.draw(some)
        steps = fed(partly(plan, {place: every[indexes[place]] for place in places}))
        newest = Chunks.of(steps)
        assert newest is not None
        assert [fate.item for fate in newest.left] == [
            item for place, item in enumerate(plan) if place not in places
        ]
        if not newest.left:
            break
        before.append(newest)
        plan = [fate.item for fate in newest.left]
    output = json.dumps([fate.answer for fate in newest.done])
    whole = joined(before, newest, output)
    assert whole is not None
    assert json.loads(whole) == list(every.values())


def test_chunks_that_failed_were_aborted_ran_or_never_started_are_left_as_they_were_planned() -> (
    None
):
    plan = [{**item, "items": ["x"] * 10, "mine": None} for item in items(0, 1, 2, 3, 4)]
    history = partly(plan, {1: "done"})
    history.iteration(len(history.events), 0)
    aborted = history.iteration(len(history.events), 2)
    history.add("MapIterationAborted", aborted, name="Map", index=2)
    assert left(history) == [plan[0], plan[2], plan[3], plan[4]]


def test_what_a_later_map_has_done_is_not_left() -> None:
    history = partly(items(0, 1, 2), {0: "done"})
    out = history.add("MapStateExited", len(history.events), name="Map", output="[]")
    halves = [{"oneJobProcessingCount": 5, "offset": offset} for offset in (10, 15)]
    started = history.map(halves, out)
    history.finish(history.iteration(started, 0), 0, "half")
    assert left(history) == [halves[1], *items(2)]


def test_of_a_chunk_that_was_cut_the_parts_that_failed_are_left_with_their_items() -> None:
    plan = [{"oneJobProcessingCount": 10, "offset": 20, "items": [*"abcdefghij"], "mine": 1}]
    history = History()
    started = history.map(plan, history.passing("Plan", 0, "[]"))
    entered = history.iteration(started, 0)
    parts = [
        json.loads(failure({"oneJobProcessingCount": 2, "offset": 20}, "MemoryError", "")),
        {"result": "c"},
        {"result": "de"},
        json.loads(failure({"oneJobProcessingCount": 1, "offset": 25}, "MemoryError", "")),
        {"result": "ghij"},
    ]
    out = history.add("SucceedStateExited", entered, name="Done", output=json.dumps(parts))
    history.add("MapIterationSucceeded", out, name="Map", index=0)
    assert left(history) == [
        {"oneJobProcessingCount": 2, "offset": 20, "items": ["a", "b"], "mine": 1},
        {"oneJobProcessingCount": 1, "offset": 25, "items": ["f"], "mine": 1},
    ]
    chunks = Chunks.of(fed(history))
    assert chunks is not None
    assert [fate.answer for fate in chunks.done] == ["c", "de", "ghij"]
    assert sum(fate.count for fate in (*chunks.done, *chunks.left)) == 10


@pytest.mark.parametrize("plan", ['{"a": 1}', "[1, 2]", '[{"offset": 1}]', "{", "7"])
def test_a_map_of_something_else_has_no_chunks(plan: str) -> None:
    history = History()
    history.add("MapStateEntered", name="Map", input=plan)
    assert Chunks.of(fed(history)) is None


def tolerant(failing: set[int], answers: dict[int, Any], output: Any) -> tuple[Service, Chunks]:
    history = History()
    indexes = sorted({*failing, *answers})
    started = history.map(items(*indexes), history.passing("Plan", 0, "[]"))
    for place, index in enumerate(indexes):
        entered = history.iteration(started, place)
        if index in failing:
            history.tolerate(entered, place, "ValueError", "bad")
        else:
            history.finish(entered, place, {"result": answers[index]})
    chunks = Chunks.of(fed(history))
    assert chunks is not None
    return ended(history, "Succeeded", output), chunks


def test_what_is_tolerated_is_counted_over_the_whole_job() -> None:
    aside = {"answers": [1], "badRecords": [{"record": 3}, {"record": 4}]}
    _, first = tolerant({1, 2, 4}, {0: {"result": 1}, 3: aside}, None)
    failures = [{"chunk": items(4)[0], "error": "ValueError", "cause": "bad"}]
    output = json.dumps({"results": ["1", "2"], "failures": failures, "counts": {}})
    _, newest = tolerant({4}, {1: "1", 2: "2"}, None)
    whole = joined([first], newest, output)
    assert whole is not None
    assert json.loads(whole) == {
        "results": [{"result": 1}, "1", "2", aside],
        "failures": failures,
        "counts": {
            "chunks": 5,
            "succeeded": 4,
            "failed": 1,
            "records": 50,
            "recordsSucceeded": 38,
        },
    }


def test_an_output_that_is_not_made_of_the_answers_alone_is_not_joined() -> None:
    chunks = Chunks.of(fed(partly(items(0), {0: "done"})))
    assert chunks is not None
    assert joined([], chunks, '{"sum": 3}') is None


@given(name=st.text(st.characters(codec="ascii", exclude_characters=":"), min_size=1, max_size=80))
def test_a_resumed_execution_is_named_after_the_first_one_within_80_characters(name: str) -> None:
    first = first_execution(name)
    names = list(islice(names_after(name), 12))
    assert len(set(names)) == 12
    assert max(map(len, names)) <= 80
    assert name not in names
    if len(first) <= 70:
        assert {first_execution(each) for each in names} == {first}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("run", ["run--r2", "run--r3"]),
        ("run--r2", ["run--r3", "run--r4"]),
        ("run--r9", ["run--r10", "run--r11"]),
        ("x" * 80, ["x" * 76 + "--r2", "x" * 76 + "--r3"]),
        ("--r2", ["--r2--r2", "--r2--r3"]),
        ("run--rx", ["run--rx--r2", "run--rx--r3"]),
    ],
)
def test_the_numbers_go_on_from_the_one_that_is_resumed(name: str, names: list[str]) -> None:
    assert list(islice(names_after(name), 2)) == names


def test_the_new_input_is_the_old_one_with_the_chunks_in_place_of_a_size(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"jobCount": 3, "mine": "é", "totalProcessRecordCount": 30}
    executions.known[ARN] = ended(
        partly(items(0, 1, 2), {1: "one"}, failed=0), "Failed", input=json.dumps(given)
    )
    executions.next = [
        ended(partly(items(0, 2), {0: "zero", 1: "two"}), "Succeeded", ["zero", "two"])
    ]
    assert resume(aws, Resume(execution=ARN, whole=True), Screen()) == 0
    (started,) = executions.started
    assert (started["stateMachineArn"], started["name"]) == (MACHINE, "run--r2")
    assert json.loads(started["input"]) == {
        "mine": "é",
        "totalProcessRecordCount": 30,
        "chunks": items(0, 2),
        "resumes": ARN,
    }
    out, err = capsys.readouterr()
    assert json.loads(out) == ["zero", "one", "two"]
    assert err.splitlines()[0] == "resuming run: 2 of 3 chunks are left"


def test_the_executions_before_the_resumed_one_count_too_and_a_name_that_is_taken_is_said(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1, 2), {1: "one"}, failed=0), "Aborted")
    executions.known[SECOND] = ended(
        partly(items(0, 2), {1: "two"}, failed=0),
        "TimedOut",
        input=json.dumps({"chunks": items(0, 2), "resumes": ARN}),
    )
    executions.known[THIRD] = Service()
    executions.next = [ended(partly(items(0), {0: "zero"}), "Succeeded", ["zero"])]
    assert resume(aws, Resume(execution=SECOND), Screen()) == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()[2:]] == [
        ["1", '"zero"'],
        ["2", '"one"'],
        ["3", '"two"'],
    ]
    assert executions.started[0]["name"] == "run--r4"
    assert "run--r3 has resumed it before; fan-out resume run--r3 does only what" in err


def test_an_execution_that_plans_something_else_is_stopped(
    aws: Aws, executions: Executions
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: "one"}, failed=0), "Failed")
    executions.next = [Service(partly(items(0, 1), {}))]
    with pytest.raises(CommandError, match="did not take the chunks that are left") as refused:
        resume(aws, Resume(execution=ARN), Screen())
    assert refused.value.exit_code == 1
    assert executions.stopped == [SECOND]


def test_an_execution_without_a_plan_is_started_with_the_input_to_the_letter(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History()
    history.fail(history.attempt(history.enter("Control", 0, "{}")), "OSError")
    executions.known[ARN] = ended(history, "Failed", input='{"n":  1}')
    executions.next = [ended(partly(items(0), {0: "zero"}), "Succeeded", ["zero"])]
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    assert executions.started[0]["input"] == '{"n":  1}'
    assert "it is started anew, with the same input" in capsys.readouterr().err


def test_where_all_is_done_nothing_is_started(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {0: 0, 1: 1}), "Succeeded", [0, 1])
    assert resume(aws, Resume(execution=ARN), Screen()) == 0
    assert capsys.readouterr() == ("", "nothing to resume: all 2 chunks are done\n")
    assert executions.started == []


def refused(aws: Aws, **wanted: Any) -> str:
    with pytest.raises(CommandError) as refused:
        resume(aws, Resume(execution=ARN, **wanted), Screen())
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
        (
            ended(partly(items(0), {}), "Failed", input=json.dumps({"n": "é" * 131_040})),
            "the input with the 1 chunks that are left must be at most 262144 bytes, got 262",
        ),
        (
            ended(partly(items(0), {}), "Failed", input='{"chunks": [], "resumes": "run"}'),
            "resumes must be an execution's ARN, got 'run'",
        ),
        (
            ended(
                partly(items(0), {}),
                "Failed",
                input=json.dumps({"chunks": [], "resumes": f"{ARN}-gone"}),
            ),
            f"no execution {ARN}-gone",
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


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("501", "this AWS cannot redrive: the embedded one has no RedriveExecution"),
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
