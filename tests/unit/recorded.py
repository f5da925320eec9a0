"""Executions as AWS records them, served to a real boto3 client.

The form of the events, and what follows upon what when a Map fails, are those of histories that
were recorded in AWS; requests and answers are checked against boto3's own model of the service.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from fan_out.cli.aws import Aws

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Machine"
ARN = "arn:aws:states:us-east-1:123456789012:execution:Machine:run"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Worker"
REQUEST_ID = "6f0c7d0e-3f0d-4d9e-9a3c-0c6a3c1b2d4e"
LAMBDA = {"resource": "invoke", "resourceType": "lambda"}
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class History:
    """Writes events in the order in which they happen."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, previous: int = 0, **details: Any) -> int:
        number = len(self.events) + 1
        key = kind[0].lower() + kind[1:]
        if kind.endswith(("StateEntered", "StateExited")):
            key = "state" + kind.rpartition("State")[2]
        event = {"id": number, "previousEventId": previous, "type": kind}
        event["timestamp"] = START + timedelta(seconds=number)
        if details:
            event[f"{key}EventDetails"] = details
        self.events.append(event)
        return number

    def planned(self, chunks: int, *, tolerant: bool = False) -> int:
        """The execution up to a started Map of so many iterations; answers its last event."""
        self.add("ExecutionStarted", input="{}", roleArn="arn:aws:iam::123456789012:role/r")
        last = self.task("Control", 0, "{}")
        if tolerant:
            last = self.passing("Plan", last, "[]")
        return self.map([json.loads(chunk(index)) for index in range(chunks)], last)

    def map(self, plan: list[Any], previous: int, *, name: str = "Map") -> int:
        """Enter and start a Map over a plan."""
        entered = self.add("MapStateEntered", previous, name=name, input=json.dumps(plan))
        return self.add("MapStateStarted", entered, length=len(plan))

    def passing(self, state: str, previous: int, output: str) -> int:
        """A Pass state that is entered and left."""
        entered = self.add("PassStateEntered", previous, name=state, input="{}")
        return self.add("PassStateExited", entered, name=state, output=output)

    def task(self, state: str, previous: int, given: str, output: str = "{}") -> int:
        """A Lambda task that succeeds."""
        last = self.attempt(self.enter(state, previous, given))
        last = self.add("TaskSucceeded", last, **LAMBDA)
        return self.add("TaskStateExited", last, name=state, output=output)

    def enter(self, state: str, previous: int, given: str) -> int:
        return self.add("TaskStateEntered", previous, name=state, input=given)

    def attempt(self, previous: int, payload: Any = None) -> int:
        parameters = json.dumps({"FunctionName": FUNCTION, "Payload": payload or {}})
        more = {"region": "us-east-1", "parameters": parameters}
        return self.add(
            "TaskStarted", self.add("TaskScheduled", previous, **more, **LAMBDA), **LAMBDA
        )

    def fail(self, previous: int, error: str, cause: str | None = None) -> int:
        more = {} if cause is None else {"cause": cause}
        return self.add("TaskFailed", previous, error=error, **more, **LAMBDA)

    def iteration(self, started: int, index: int, *, follows: int | None = None) -> int:
        """Start an iteration; the task in it is entered."""
        previous = started if follows is None else follows
        begun = self.add("MapIterationStarted", previous, name="Map", index=index)
        return self.enter("Worker", begun, chunk(index))

    def finish(self, entered: int, index: int, output: Any = None) -> int:
        last = self.add("TaskSucceeded", self.attempt(entered), **LAMBDA)
        last = self.add("TaskStateExited", last, name="Worker", output=json.dumps(output))
        return self.add("MapIterationSucceeded", last, name="Map", index=index)

    def tolerate(self, entered: int, index: int, error: str, cause: str) -> int:
        """The task of an iteration fails, which is caught and made part of the output."""
        failing = self.fail(self.attempt(entered), error, cause)
        caught = self.add("TaskStateExited", failing, name="Worker", output="{}")
        last = self.passing("Failed", caught, failure(json.loads(chunk(index)), error, "cut short"))
        return self.add("MapIterationSucceeded", last, name="Map", index=index)

    def end(self, kind: str, **details: Any) -> None:
        self.add(f"Execution{kind}", len(self.events), **details)


def chunk(index: int) -> str:
    return json.dumps({"oneJobProcessingCount": 10, "offset": 10 * index})


def failure(item: dict[str, int], error: str, cause: str) -> str:
    return json.dumps({"failure": {"chunk": item, "error": error, "cause": cause}})


def lambda_error(kind: str, message: str, **more: Any) -> str:
    return json.dumps({"errorType": kind, "errorMessage": message, **more})


@dataclass
class Service:
    """Answers for one execution. ``order`` is ``newest``, as AWS does when it is asked to, or
    ``oldest`` first, or ``whole`` for a service that knows no pages either."""

    history: History = field(default_factory=History)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    output: str | None = None
    order: str = "newest"
    most: int = 1_000
    visible: int | None = None
    input: str = "{}"
    redrives: int = 0
    calls: list[str] = field(default_factory=list)
    on_look: Callable[["Service"], None] = lambda service: None

    def describe_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        self.on_look(self)
        answer: dict[str, Any] = {"executionArn": request["executionArn"], "status": self.status}
        answer |= {"stateMachineArn": MACHINE, "startDate": START, "input": self.input}
        if self.redrives:
            redriven = START + timedelta(seconds=10)
            answer |= {"redriveCount": self.redrives, "redriveDate": redriven}
        if self.status != "RUNNING":
            answer["stopDate"] = START + timedelta(seconds=12.5)
        given = {"error": self.error, "cause": self.cause, "output": self.output}
        return answer | {name: value for name, value in given.items() if value is not None}

    def get_execution_history(self, request: dict[str, Any]) -> dict[str, Any]:
        events = self.history.events[: self.visible]
        if self.order == "whole":
            return {"events": events}
        if self.order == "newest" and request.get("reverseOrder"):
            events = events[::-1]
        size = min(request.get("maxResults", 100), self.most)
        start = int(request.get("nextToken", 0))
        more = {"nextToken": str(start + size)} if start + size < len(events) else {}
        return {"events": events[start : start + size], **more}


@contextmanager
def answering(client: Any, service: Any) -> Iterator[Any]:
    """Let ``service``'s methods, named as the client's, answer what the client asks."""

    def answer(model: Any, params: Any, **_: Any) -> Any:
        name = "".join("_" * c.isupper() + c.lower() for c in model.name).lstrip("_")
        service.calls.append(name)
        body = params["body"]  # a form's fields, or JSON
        request = body if isinstance(body, dict) else json.loads(body or "{}")
        answered = getattr(service, name)(request)
        report = ParamValidator().validate(answered, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), answered

    client.meta.events.register("before-call", answer)
    try:
        yield client
    finally:
        client.meta.events.unregister("before-call", answer)


class Only(Aws):
    """An AWS with Step Functions alone, in one region."""

    def __init__(self, stepfunctions: Any) -> None:
        self.__dict__["stepfunctions"] = stepfunctions

    def within(self, region: str) -> Aws:
        return self


def client(name: Any) -> Any:
    return boto3.client(
        name, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def refusal(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
