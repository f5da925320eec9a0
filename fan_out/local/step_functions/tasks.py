"""Tasks: what a state calls in other services, how long it waits, and what comes of it."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import Task
from fan_out.local.step_functions.errors import RUNTIME, TASK_FAILED, TIMEOUT, StateFailed
from fan_out.local.step_functions.frame import Frame
from fan_out.local.step_functions.json_text import checked_text, json_text, read_json
from fan_out.local.step_functions.values import whole_number
from fan_out.local.step_functions.world import Answer, Call, Child, ServiceError

_SDK = {
    "lambda": ("Lambda.{}", "AWSLambda"),
    "states": ("StepFunctions.{}Exception", "AWSStepFunctions"),
}
"""By service: how AWS calls its errors, and the service in their causes."""


async def run_task(state: Task, data: Data, frame: Frame) -> Any:
    """Make the call that a task is for, once, and answer its result. Raises StateFailed."""
    timeout = whole_number(state.timeout, data, "TimeoutSeconds", least=1)
    given = data.value
    if state.parameters is not None:
        given = state.parameters.evaluate(data, "Arguments" if state.jsonata else "Parameters")
    called = state.integration.function or state.integration.service
    text = checked_text(
        given,
        f"The state/task '{called}' provided parameters with a size exceeding the maximum number "
        "of bytes service limit.",
    )
    task = _Task(state, frame, timeout)
    if state.integration.function is not None:
        return await task.function(text)
    problem = state.integration.problem(given) if isinstance(given, dict) else "Expected an object"
    if problem is not None:
        raise StateFailed(RUNTIME, problem)
    if state.integration.service == "lambda":
        return await task.lambda_invoke(given, text)
    return await task.start_execution(given, text)


class _Task:
    """One attempt of a task, which writes its events."""

    def __init__(self, state: Task, frame: Frame, timeout: int | None) -> None:
        self._integration = state.integration
        self._frame = frame
        self._timeout = timeout
        self._of = {
            "resourceType": state.integration.service,
            "resource": state.integration.resource,
        }
        self._limit = {} if timeout is None else {"timeoutInSeconds": timeout}

    async def function(self, text: str) -> Any:
        """Invoke the function that is the task's Resource."""
        function = self._integration.function or ""
        add = self._frame.add
        details = {"resource": function, "input": text, "inputDetails": {"truncated": False}}
        add("LambdaFunctionScheduled", **details, **self._limit)
        call = Call(function, None, text)

        def started() -> None:
            add("LambdaFunctionStarted")

        answer = await self._made(
            "LambdaFunction", {}, lambda begun: self._frame.world.invoke(call, begun), started
        )
        result = self._payload("LambdaFunction", {}, answer)
        output = self._checked("LambdaFunction", {}, result, function)
        add("LambdaFunctionSucceeded", output=output, outputDetails={"truncated": False})
        return result

    async def lambda_invoke(self, given: Any, text: str) -> Any:
        """Call Invoke of Lambda."""
        call = Call(
            str(given["FunctionName"]),
            given.get("Qualifier"),
            json_text(given.get("Payload", {})),
            given.get("InvocationType", "RequestResponse"),
        )
        self._schedule(text, call.function)
        answer = await self._made(
            "Task", self._of, lambda begun: self._frame.world.invoke(call, begun), self._start
        )
        payload = self._payload("Task", self._of, answer)
        return self._succeeded(_result(answer, payload, self._frame.world.now()))

    async def start_execution(self, given: Any, text: str) -> Any:
        """Start an execution and, with a pattern, wait for its end."""
        machine, name = str(given["StateMachineArn"]), given.get("Name")
        input = given.get("Input", {})
        self._schedule(text, machine)
        self._start()
        world = self._frame.world
        told = input if isinstance(input, str) else json_text(input)
        child = await self._made(
            "Task", self._of, lambda _: world.start_execution(machine, name, told)
        )
        begun = _begun(child)
        if not self._integration.pattern:
            return self._succeeded(begun)
        shown = {"output": json_text(begun), "outputDetails": {"truncated": False}}
        self._frame.add("TaskSubmitted", **self._of, **shown)
        try:
            ended = await self._made("Task", self._of, lambda _: world.end_of(child.arn))
        except (StateFailed, asyncio.CancelledError):
            await world.stop_execution(child.arn)
            raise
        result = _described(ended, parsed=self._integration.pattern == ".sync:2")
        if result["Status"] != "SUCCEEDED":
            raise self._failed("Task", self._of, TASK_FAILED, json_text(result))
        return self._succeeded(result)

    def _schedule(self, text: str, called: str) -> None:
        region = called.split(":")[3] if called.startswith("arn:") else "us-east-1"
        self._frame.add("TaskScheduled", **self._of, region=region, parameters=text, **self._limit)

    def _start(self) -> None:
        self._frame.add("TaskStarted", **self._of)

    def _succeeded(self, result: Any) -> Any:
        output = self._checked("Task", self._of, result, self._integration.service)
        self._frame.add(
            "TaskSucceeded", **self._of, output=output, outputDetails={"truncated": False}
        )
        return result

    async def _made(
        self,
        kind: str,
        of: dict[str, Any],
        call: Callable[[Callable[[], None]], Awaitable[Any]],
        started: Callable[[], None] | None = None,
    ) -> Any:
        """Make a call, within the task's time, which begins when the call is taken up: at once
        where there is nothing to do when it has ``started``."""
        begun = asyncio.Event()

        def begin() -> None:
            if started is not None and not begun.is_set():
                started()
            begun.set()

        if started is None:
            begin()

        try:
            if self._timeout is None:
                return await call(begin)
            return await _within(self._timeout, call(begin), begun, self._frame)
        except ServiceError as error:
            name, service = _SDK[self._integration.service]
            cause = (
                f"{error.message} (Service: {service}; Status Code: {error.status}; Error Code: "
                f"{error.code}; Request ID: {error.request_id}; Proxy: null)"
            )
            begin()
            raise self._failed(kind, of, name.format(error.code), cause) from None
        except TimeoutError:
            self._frame.add(f"{kind}TimedOut", **of, error=TIMEOUT)
            raise StateFailed(TIMEOUT, None, placed=True) from None

    def _payload(self, kind: str, of: dict[str, Any], answer: Answer) -> Any:
        """What a function has answered, as a value. Raises StateFailed where it failed."""
        try:
            value = read_json(answer.payload) if answer.payload else ""
        except ValueError as error:
            cause = f"the function's answer is not valid JSON: {error}"
            raise self._failed(kind, of, RUNTIME, cause) from None
        if answer.failed:
            name = value.get("errorType") if isinstance(value, dict) else None
            raise self._failed(kind, of, str(name or "Exception"), answer.payload)
        return value

    def _checked(self, kind: str, of: dict[str, Any], result: Any, called: str) -> str:
        cause = (
            f"The state/task '{called}' returned a result with a size exceeding the maximum number "
            "of bytes service limit."
        )
        try:
            return checked_text(result, cause)
        except StateFailed as failure:
            raise self._failed(kind, of, failure.error or "", cause) from None

    def _failed(self, kind: str, of: dict[str, Any], error: str, cause: str) -> StateFailed:
        """Write that the task failed, and answer what is to be raised."""
        failure = StateFailed(error, cause, placed=True)
        self._frame.add(f"{kind}Failed", **of, **failure.details)
        return failure


async def _within(seconds: int, call: Awaitable[Any], begun: asyncio.Event, frame: Frame) -> Any:
    """Wait for a call, but not longer than ``seconds`` from when it has ``begun``."""

    async def over() -> None:
        await begun.wait()
        await frame.world.sleep(seconds)

    work, timer = asyncio.ensure_future(call), asyncio.ensure_future(over())
    try:
        await asyncio.wait([work, timer], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise TimeoutError
    finally:
        work.cancel()
        timer.cancel()


def _result(answer: Answer, payload: Any, moment: datetime) -> dict[str, Any]:
    """What Invoke of Lambda answers, as Step Functions hands it on."""
    root, parent = f"{int(moment.timestamp()):08x}-{uuid.uuid4().hex[:24]}", uuid.uuid4().hex[:16]
    headers = {
        "Content-Length": str(len(answer.payload.encode())),
        "Content-Type": "application/json",
        "Date": format_datetime(moment, usegmt=True),
        "X-Amz-Executed-Version": answer.version,
        "x-amzn-Remapped-Content-Length": "0",
        "X-Amzn-Trace-Id": f"Root=1-{root};Parent={parent};Sampled=1",
    }
    return {
        "ExecutedVersion": answer.version,
        "Payload": payload,
        **_metadata(headers, answer.status, answer.request_id),
        "StatusCode": answer.status,
    }


def _begun(child: Child) -> dict[str, Any]:
    """What StartExecution answers, as Step Functions hands it on."""
    answer = {"ExecutionArn": child.arn, "StartDate": _milliseconds(child.described["startDate"])}
    headers = {
        "Content-Length": str(len(json_text(answer))),
        "Content-Type": "application/x-amz-json-1.0",
    }
    return {**answer, **_metadata(headers, 200, str(uuid.uuid4()))}


def _metadata(more: dict[str, str], status: int, request_id: str) -> dict[str, Any]:
    """What the SDK that made a call knows of its HTTP."""
    headers = {"Connection": "keep-alive", **more, "x-amzn-RequestId": request_id}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _described(child: Child, *, parsed: bool) -> dict[str, Any]:
    """DescribeExecution's answer in Step Functions' own case, with its times in milliseconds."""
    result: dict[str, Any] = {}
    for key, value in child.described.items():
        if key.endswith("Details"):
            value = {"Included": value["included"]}
        elif key.endswith("Date"):
            value = _milliseconds(value)
        result[f"{key[0].upper()}{key[1:]}"] = value
    if parsed:
        for key in ("Input", "Output"):
            if key in result:
                result[key] = json.loads(result[key])
    return result
