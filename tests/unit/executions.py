"""A machine and its executions, some of which have ended and some can be started."""

import json
from datetime import datetime
from typing import Any

from recorded import ARN, MACHINE, START, History, Service, chunk, failure, refusal

from fan_out.cli.chunks import Chunks
from fan_out.cli.steps import Steps

DEFINITION = {"States": {"Control": {}, "Map": {}}}
INPUT_PASSED_ON = {"States": {"Map": {"ItemSelector": {"input.$": "$$.Execution.Input"}}}}
COLLECTING = {"States": {"Control": {}, "Map": {}, "Resumed": {}, "WholeJob": {}, "Collect": {}}}
COLLECTING_ALONE = {"States": {"Control": {}, "Map": {}, "Collect": {}}}
WITHOUT_RESUME = "States.JsonMerge($$.Execution.Input, $withoutResume, false)"
COLLECTING_WITH_INPUT = {
    "States": {**COLLECTING["States"], "Map": {"ItemSelector": {"input.$": WITHOUT_RESUME}}}
}


class Executions:
    """Executions are known by their ARN; ``next`` is the one that can be started."""

    def __init__(self) -> None:
        self.known: dict[str, Service] = {}
        self.next: Service | None = None
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.calls: list[str] = []
        self.definition: Any = DEFINITION
        self.not_redrivable: Exception | None = None
        self.redriven_to = '"all of it"'

    def start_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        arn = f"{ARN.rpartition(':')[0]}:{request['name']}"
        if arn in self.known:
            raise refusal("ExecutionAlreadyExists", "there is one", "StartExecution")
        assert self.next is not None
        self.started.append(request)
        self.known[arn] = self.next
        self.known[arn].input = request["input"]
        return {"executionArn": arn, "startDate": START}

    def describe_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["executionArn"] not in self.known:
            raise refusal("ExecutionDoesNotExist", "there is none", "DescribeExecution")
        return self.known[request["executionArn"]].describe_execution(request)

    def describe_state_machine(self, request: dict[str, Any]) -> dict[str, Any]:
        if isinstance(self.definition, Exception):
            raise self.definition
        assert request["stateMachineArn"] == MACHINE
        known = {"stateMachineArn": MACHINE, "name": "Machine", "type": "STANDARD"}
        role = "arn:aws:iam::123456789012:role/r"
        text = json.dumps(self.definition)
        return {**known, "definition": text, "roleArn": role, "creationDate": START}

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
        service.history.end("Succeeded", output=self.redriven_to)
        service.status, service.output = "SUCCEEDED", self.redriven_to
        return {"redriveDate": START}


def items(*indexes: int) -> list[dict[str, Any]]:
    """Chunks of ten records each."""
    return [json.loads(chunk(index)) for index in indexes]


def fed(history: History) -> Steps:
    steps = Steps()
    for event in history.events:
        steps.feed(event)  # type: ignore[arg-type]
    return steps


def chunks_of(history: History) -> Chunks:
    chunks = Chunks.of(fed(history))
    assert chunks is not None
    return chunks


def ended(history: History, kind: str, output: Any = None, **more: Any) -> Service:
    """An execution that has ended with ``Succeeded``, ``Failed``, ``TimedOut`` or ``Aborted``."""
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


def tolerant(failing: set[int], answers: dict[int, Any]) -> History:
    """An execution that outlives the chunks that fail."""
    history = History()
    indexes = sorted({*failing, *answers})
    started = history.map(items(*indexes), history.passing("Plan", 0, "[]"))
    for place, index in enumerate(indexes):
        entered = history.iteration(started, place)
        if index in failing:
            history.tolerate(entered, place, "ValueError", "bad")
        else:
            history.finish(entered, place, {"result": answers[index]})
    return history


def failures(*indexes: int) -> list[dict[str, Any]]:
    """What the output of one that tolerates failures tells of these chunks."""
    return [json.loads(failure(item, "ValueError", "bad"))["failure"] for item in items(*indexes)]
