"""``fan-out logs``, over histories and logs as AWS keeps them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cloudwatch import GROUP, CloudWatch
from executions import fed, items, partly
from recorded import (
    ARN,
    FUNCTION,
    LAMBDA,
    MACHINE,
    REQUEST_ID,
    START,
    History,
    Only,
    Service,
    answering,
    chunk,
    client,
    lambda_error,
    refusal,
)
from test_cli_invocation_log import invocation

from fan_out.cli.attempts import attempts_of
from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import CommandError
from fan_out.cli.invocation_log import Clock
from fan_out.cli.logs import Logs, logs

LATER = Clock(now=lambda: START + timedelta(hours=1), sleep=lambda seconds: None)


def request(number: int) -> str:
    return f"{number:08x}-3f0d-4d9e-9a3c-0c6a3c1b2d4e"


class Functions:
    """Every function logs to one group."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.group = GROUP

    def get_function_configuration(self, request: Any) -> dict[str, Any]:
        return {"LoggingConfig": {"LogGroup": self.group}}


class Job:
    """An execution, and what its functions have logged."""

    def __init__(self) -> None:
        self.history, self.log, self.functions = History(), CloudWatch(), Functions()
        self.service = Service(self.history)

    def call(self, entered: int, number: int, payload: Any, *lines: str) -> int:
        """A call of a function; answers the event after which it ends."""
        started = self.history.attempt(entered, payload)
        records = self.log.streams.setdefault(f"stream {number}", [])
        records += invocation(request(number), *lines, at=started)
        return started

    def succeed(self, started: int, number: int) -> int:
        output = json.dumps({"Payload": 1, "SdkResponseMetadata": {"RequestId": request(number)}})
        return self.history.add("TaskSucceeded", started, output=output, **LAMBDA)

    def fail(self, started: int, number: int, error: str = "ValueError") -> int:
        return self.history.fail(
            started, error, lambda_error(error, "m", requestId=request(number))
        )

    def iteration(self, started: int, index: int) -> int:
        return self.history.iteration(started, index)

    def end_of(self, index: int, last: int, kind: str) -> None:
        self.history.add(f"MapIteration{kind}", last, name="Map", index=index)


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def aws(job: Job) -> Iterator[Aws]:
    with (
        answering(client("stepfunctions"), job.service) as stepfunctions,
        answering(client("logs"), job.log) as log,
        answering(client("lambda"), job.functions) as functions,
    ):
        only = Only(stepfunctions)
        only.__dict__ |= {"logs": log, "lambda_": functions}
        yield only


def three_chunks(job: Job) -> None:
    """The first is done, the second fails twice, the third is running when the run ends."""
    started = job.history.map(items(0, 1, 2), _control(job))
    first, second, third = (job.iteration(started, index) for index in range(3))
    done = job.succeed(job.call(first, 1, items(0)[0], "first's"), 1)
    job.end_of(0, done, "Succeeded")
    once = job.fail(job.call(second, 2, items(1)[0], "second's", "[ERROR] once"), 2)
    job.call(third, 4, items(2)[0], "third's")
    twice = job.fail(job.call(once, 3, items(1)[0], "second's again", "[ERROR] twice"), 3)
    job.end_of(1, twice, "Failed")
    job.end_of(2, third, "Aborted")
    job.history.end("Failed", error="ValueError", cause="m")
    job.service.status = "FAILED"


def _control(job: Job) -> int:
    entered = job.history.enter("Control", 0, "{}")
    done = job.succeed(job.call(entered, 0, {}, "planning"), 0)
    return job.history.add("TaskStateExited", done, name="Control", output="[]")


def shown(aws: Aws, capsys: pytest.CaptureFixture[str], code: int = 0, **wanted: Any) -> list[str]:
    given = Logs(**{"execution": ARN, **wanted})
    assert logs(aws, given, Screen(), LATER) == code
    return capsys.readouterr().out.splitlines()


def without_headings(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(("==> ", "REPORT "))]


def refused(aws: Aws, **wanted: Any) -> str:
    with pytest.raises(CommandError) as error:
        logs(aws, Logs(**{"execution": ARN, **wanted}), Screen(), LATER)
    assert error.value.exit_code == 2
    return str(error.value)


@pytest.mark.parametrize("which", [{"chunk": 2}, {"record": 10}, {"record": 19}])
def test_a_chunks_log_is_that_of_all_its_tries_in_order(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str], which: dict[str, int]
) -> None:
    three_chunks(job)
    lines = shown(aws, capsys, **which)
    assert lines == [
        "==> chunk 2 of 3 (offset 10, count 10), 2026-01-02 03:04:23 UTC, "
        f"request {request(2)}, ValueError <==",
        "second's",
        "[ERROR] once",
        f"REPORT RequestId: {request(2)}\tDuration: 1.00 ms",
        "==> chunk 2 of 3 (offset 10, count 10), try 2, 2026-01-02 03:04:28 UTC, "
        f"request {request(3)}, ValueError <==",
        "second's again",
        "[ERROR] twice",
        f"REPORT RequestId: {request(3)}\tDuration: 1.00 ms",
    ]


def test_without_a_chunk_it_is_what_failed(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    three_chunks(job)
    assert without_headings(shown(aws, capsys)) == [
        *["second's", "[ERROR] once", "second's again", "[ERROR] twice"]
    ]


def test_where_nothing_failed_it_is_what_has_not_ended(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of an execution that is running still."""
    started = job.history.map(items(0, 1), _control(job))
    done = job.succeed(job.call(job.iteration(started, 0), 1, items(0)[0], "first's"), 1)
    job.end_of(0, done, "Succeeded")
    job.call(job.iteration(started, 1), 2, items(1)[0], "second's")
    lines = shown(aws, capsys)
    assert without_headings(lines) == ["second's"]


def test_where_all_is_done_it_is_everything_in_chunk_order(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    started = job.history.map(items(0, 1), _control(job))
    first, second = job.iteration(started, 0), job.iteration(started, 1)
    last = job.succeed(job.call(second, 2, items(1)[0], "second's"), 2)
    job.end_of(1, last, "Succeeded")
    last = job.succeed(job.call(first, 1, items(0)[0], "first's"), 1)
    job.end_of(0, last, "Succeeded")
    collect = job.history.enter("Collect", len(job.history.events), "[]")
    job.succeed(job.call(collect, 3, [], "adding"), 3)
    job.history.end("Succeeded", output="1")
    job.service.status = "SUCCEEDED"
    lines = shown(aws, capsys)
    assert without_headings(lines) == ["planning", "first's", "second's", "adding"]


def test_a_control_that_failed_is_shown_and_there_are_no_chunks(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.fail(job.call(job.history.enter("Control", 0, "{}"), 0, {}, "[ERROR] no plan"), 0)
    job.history.end("Failed", error="ValueError", cause="m")
    job.service.status = "FAILED"
    heading, *lines = shown(aws, capsys)
    assert heading.startswith("==> Control, 2026-01-02 ")
    assert without_headings(lines) == ["[ERROR] no plan"]
    assert refused(aws, chunk=1) == "--chunk needs chunks, and none were started: leave it out"
    assert refused(aws, record=1).startswith("--record needs a plan of chunks, and there is none")


def test_a_control_that_is_running_is_what_has_not_ended(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.call(job.history.enter("Control", 0, "{}"), 0, {}, "thinking")
    assert without_headings(shown(aws, capsys)) == ["thinking"]


def test_rounds_and_halves_say_which_records_they_had(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    started = job.history.map(items(0), _control(job))
    first = job.call(job.iteration(started, 0), 1, items(0)[0], "begun")
    rest = {"oneJobProcessingCount": 6, "offset": 4, "round": 2, "answer": []}
    again = job.history.enter("CarryOn", job.succeed(first, 1), "{}")
    job.succeed(job.call(again, 2, {"carryOn": rest}, "went on"), 2)
    headings = [line for line in shown(aws, capsys, chunk=1) if line.startswith("==>")]
    assert headings[0].startswith("==> chunk 1 of 1 (offset 0, count 10), 2026")
    assert headings[1].startswith("==> chunk 1 of 1 (offset 4, count 6), round 2, 2026")


def test_a_chunk_that_was_never_started_has_no_log(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    three_chunks(job)
    del job.history.events[-4:]
    job.service.status = "RUNNING"
    (started,) = [one for one in job.history.events if one["type"] == "MapStateStarted"]
    started["mapStateStartedEventDetails"]["length"] = 4
    assert logs(aws, Logs(execution=ARN, chunk=4), Screen(), LATER) == 1
    assert "chunk 4 of 4 was never started" in capsys.readouterr().err


def test_what_has_no_log_says_why(aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    started = job.history.map(items(0, 1, 2), _control(job))
    throttled, lost, running = (job.iteration(started, index) for index in range(3))
    cause = "Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: 1-2)"
    job.history.fail(job.history.attempt(throttled), "Lambda.TooManyRequestsException", cause)
    job.fail(job.history.attempt(lost), 9)
    job.history.attempt(running)
    assert shown(aws, capsys, code=1, chunk=1)[1:] == [f"(not started: {cause})"]
    assert shown(aws, capsys, code=1, chunk=2)[1:] == [
        "(nothing in the log: it has not come yet, or was kept no longer)"
    ]
    assert shown(aws, capsys, code=1, chunk=3)[1:] == ["(nothing in the log yet)"]


def test_a_call_that_may_have_been_another_is_said_to_be_the_likeliest(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    started = job.history.map(items(0), _control(job))
    job.call(job.iteration(started, 0), 1, items(0)[0], "near")
    job.log.streams["x"] = invocation(request(7), "far", at=len(job.history.events) + 9)
    heading, *lines = shown(aws, capsys, chunk=1)
    assert f"request {request(1)} (the likeliest of 2 at that time)" in heading
    assert without_headings(lines) == ["near"]


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ({"chunk": 4}, "--chunk must be 1 to 3, got 4"),
        ({"record": 30}, "no chunk has record 30: they have 0 to 29"),
        ({"chunk": 1, "record": 1}, "give --chunk or --record, not both"),
        ({"execution": "a b"}, "EXECUTION must be an execution's ARN or name, got 'a b'"),
    ],
)
def test_what_is_not_there_is_one_line(
    aws: Aws, job: Job, which: dict[str, Any], said: str
) -> None:
    three_chunks(job)
    assert refused(aws, **which) == said


def test_a_record_that_an_earlier_execution_had_is_pointed_to(aws: Aws, job: Job) -> None:
    job.service.input = json.dumps({"fanOutResume": {"chunks": items(1), "of": ARN}})
    job.history.map(items(1), _control(job))
    assert refused(aws, record=3) == (
        "no chunk has record 3: they have 10 to 19; the execution that it resumed may: "
        f"fan-out logs {ARN} --record 3"
    )


def test_a_plan_of_something_else_has_no_records(aws: Aws, job: Job) -> None:
    job.history.map(["a", "b"], _control(job))
    assert (
        refused(aws, record=0) == "--record needs a plan of chunks, and there is none: leave it out"
    )


def test_an_execution_that_is_not_there_is_one_line(aws: Aws, job: Job) -> None:
    def gone(service: Service) -> None:
        raise refusal("ExecutionDoesNotExist", "no", "DescribeExecution")

    job.service.on_look = gone
    assert refused(aws).startswith(f"no execution {ARN}: ")


def test_a_log_group_that_is_not_there_is_one_line(aws: Aws, job: Job) -> None:
    three_chunks(job)
    job.functions.group = "/gone"
    assert refused(aws) == "no log group /gone: the function has logged nothing, or elsewhere"


def test_another_refusal_of_aws_is_its_own(aws: Aws, job: Job) -> None:
    def forbidden(service: CloudWatch) -> None:
        raise refusal("AccessDeniedException", "no", "FilterLogEvents")

    three_chunks(job)
    job.log.on_look = forbidden
    with pytest.raises(Exception, match="AccessDenied"):
        logs(aws, Logs(execution=ARN), Screen(), LATER)


def test_an_execution_is_named_as_for_the_other_commands(
    aws: Aws, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    three_chunks(job)
    assert shown(aws, capsys, execution="run", machine=MACHINE)


def test_the_calls_of_an_execution_are_those_of_lambda_functions() -> None:
    history = History()
    entered = history.enter("Queue", 0, "{}")
    more = {"region": "us-east-1", "parameters": "{}"}
    history.add("TaskScheduled", entered, resourceType="sqs", resource="send", **more)
    entered = history.enter("Direct", 0, "{}")
    scheduled = history.add("LambdaFunctionScheduled", entered, resource=FUNCTION)
    history.add("LambdaFunctionTimedOut", history.add("LambdaFunctionStarted", scheduled))
    (call,) = attempts_of(fed(history))
    assert (call.state, call.function, call.error) == ("Direct", FUNCTION, "States.Timeout")
    assert (call.request_id, call.records) == (None, None)


@pytest.mark.parametrize(
    "output", [None, "cut of", "[]", "{}", '{"SdkResponseMetadata": {"RequestId": 3}}']
)
def test_a_result_without_its_metadata_names_no_request(output: str | None) -> None:
    history = History()
    more = {} if output is None else {"output": output}
    history.add("TaskSucceeded", history.attempt(history.enter("W", 0, "{}")), **more, **LAMBDA)
    (call,) = attempts_of(fed(history))
    assert call.request_id is None
    assert call.ended is not None


def test_what_a_timeout_is_called_in_an_older_cause_names_the_request_too() -> None:
    history = History()
    message = f"2026-01-02T03:04:05.678Z {REQUEST_ID} Task timed out after 3.00 seconds"
    started = history.attempt(history.enter("W", 0, chunk(0)))
    history.fail(started, "Sandbox.Timedout", lambda_error("Sandbox.Timedout", message))
    (call,) = attempts_of(fed(history))
    assert call.request_id == REQUEST_ID


def test_the_calls_of_a_run_that_failed_are_told_by_chunk() -> None:
    calls = attempts_of(fed(partly(items(0, 1), {0: "one"}, failed=1)))
    assert [(call.state, call.chunk) for call in calls] == [
        ("Control", None),
        ("Worker", 0),
        ("Worker", 1),
    ]
