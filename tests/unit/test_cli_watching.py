"""What happens to a run when AWS is lost on the way, and how often AWS is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from recorded import ARN, START, Only, Service, answering, client, refusal

from fan_out.cli import outcome, run
from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import CommandError

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Machine"
EXPIRED = refusal("ExpiredTokenException", "The token expired", "DescribeExecution")


class Machines(Service):
    """A machine that can be started; ``on_look`` and ``on_stop`` may go wrong."""

    started: dict[str, Any]
    stopped: dict[str, Any] | None = None
    on_start: BaseException | None = None
    on_stop: BaseException | None = None

    def start_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        self.started = request
        if self.on_start is not None:
            raise self.on_start
        return {"executionArn": ARN, "startDate": START}

    def stop_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        self.stopped = request
        if self.on_stop is not None:
            raise self.on_stop
        return {"stopDate": START}


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def aws(machines: Machines) -> Iterator[Aws]:
    with answering(client("stepfunctions"), machines) as stepfunctions:
        yield Only(stepfunctions)


def raising(error: BaseException) -> Any:
    def look(service: Service) -> None:
        raise error

    return look


def start(aws: Aws, *, log_stays: bool = True) -> int:
    wanted = run.Run(machine=MACHINE, input='{"n":  1}', log_stays=log_stays)
    return run.run(aws, wanted, Screen())


def test_an_execution_is_started_with_the_input_as_it_was_given_and_a_name_of_its_own(
    aws: Aws, machines: Machines
) -> None:
    machines.status, machines.output = "SUCCEEDED", "[]"
    machines.history.add("ExecutionSucceeded", output="[]")
    names = set()
    for _ in range(2):
        assert start(aws) == 0
        assert machines.started["input"] == '{"n":  1}'
        names.add(machines.started["name"])
    assert len(names) == 2
    assert all(name.startswith("fan-out-20") and len(name) <= 80 for name in names)


def test_an_aws_that_is_lost_leaves_the_execution_and_says_which(
    aws: Aws, machines: Machines
) -> None:
    machines.on_look = raising(EXPIRED)
    with pytest.raises(CommandError) as lost:
        start(aws)
    assert lost.value.exit_code == 1
    assert str(lost.value) == (
        "the credentials have expired; sign in again (ExpiredTokenException); "
        f"the execution may be running still: {ARN}"
    )
    assert "stop_execution" not in machines.calls


def test_a_failure_without_a_function_has_no_log(
    aws: Aws, machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.status, machines.error, machines.cause = "FAILED", "Custom", "given up"
    machines.history.add("FailStateEntered", name="Give up", input="{}")
    machines.history.add("ExecutionFailed", 1, error="Custom", cause="given up")
    assert start(aws) == 1
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "error: Give up failed: Custom: given up",
        "  state    Give up",
        "  input    {}",
    ]


@pytest.mark.parametrize("during", ["watching", "stopping"])
def test_what_is_no_fault_of_aws_is_not_blamed_on_it(
    aws: Aws, machines: Machines, during: str
) -> None:
    machines.on_look = raising(ZeroDivisionError() if during == "watching" else KeyboardInterrupt())
    machines.on_stop = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        start(aws)


def test_ctrl_c_where_the_execution_cannot_be_stopped_says_so(
    aws: Aws, machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.on_look = raising(KeyboardInterrupt())
    machines.on_stop = refusal("AccessDeniedException", "no", "StopExecution")
    with pytest.raises(KeyboardInterrupt):
        start(aws)
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"could not stop it: access denied to StopExecution: no; it may be running still: {ARN}"
    )


def test_ctrl_c_while_the_execution_is_being_started_stops_it(aws: Aws, machines: Machines) -> None:
    machines.on_start = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        start(aws)
    assert machines.stopped is not None
    name = machines.started["name"]
    expected = f"arn:aws:states:us-east-1:123456789012:execution:Machine:{name}"
    assert machines.stopped["executionArn"] == expected


def test_a_log_that_aws_does_not_tell_of_leaves_a_failed_run_a_failed_run(
    aws: Aws, machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    class Lost:
        def get_function_configuration(self, **request: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="lambda")

    aws.__dict__["lambda_"] = Lost()
    machines.status, machines.error, machines.cause = "FAILED", "ValueError", "{}"
    machines.history.add("TaskStateEntered", name="Control", input="{}")
    machines.history.add(
        "TaskScheduled",
        1,
        resourceType="lambda",
        resource="invoke",
        region="us-east-1",
        parameters='{"FunctionName": "control"}',
    )
    machines.history.add("TaskFailed", 2, resourceType="lambda", resource="invoke", error="E")
    machines.history.add("ExecutionFailed", 3, error="E", cause="{}")
    assert start(aws, log_stays=False) == 1
    assert "log      not to be had: cannot connect to AWS" in capsys.readouterr().err


def test_a_second_ctrl_c_while_stopping_leaves_at_once(
    aws: Aws, machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.on_look = raising(KeyboardInterrupt())
    machines.on_stop = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        start(aws)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"left; the execution may be running still: {ARN}"


def test_aws_is_asked_less_often_the_longer_it_takes(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From five times a second to once in two, however quickly it answers."""
    now, waits = [0.0], list[float]()
    monkeypatch.setattr(outcome.time, "monotonic", lambda: now[0])

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds
        if now[0] > 60:
            machines.status = "SUCCEEDED"
            machines.history.add("ExecutionSucceeded", output="[]")

    with answering(client("stepfunctions"), machines) as stepfunctions:
        list(outcome.Outcome(stepfunctions, ARN).watch(sleep))
    assert waits[0] == 0.2
    assert waits == sorted(waits)
    assert waits[-1] == 2.0
    assert len(waits) < 60


def test_a_service_that_answers_slowly_is_asked_less_often(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, waits = [0.0], list[float]()
    monkeypatch.setattr(outcome.time, "monotonic", lambda: now[0])

    def slow_look(service: Service) -> None:
        now[0] += 0.3
        if len(waits) == 1:
            machines.status = "SUCCEEDED"
            machines.history.add("ExecutionSucceeded", output="[]")

    machines.on_look = slow_look
    with answering(client("stepfunctions"), machines) as stepfunctions:
        list(outcome.Outcome(stepfunctions, ARN).watch(waits.append))
    assert waits == [pytest.approx(1.2)]
