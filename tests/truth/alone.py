"""Runs cases against the interpreter alone: no server, no Lambda, a clock that need not wait."""

import asyncio
import importlib.util
import json
import selectors
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from case import Case, Done

from fan_out.local.step_functions.execution import Execution
from fan_out.local.step_functions.fields import InvalidDefinition
from fan_out.local.step_functions.reading import read_definition
from fan_out.local.step_functions.world import Answer, Call, Child, ServiceError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
START = datetime(2026, 1, 1, tzinfo=UTC)


class _Unwaiting(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Where the loop would wait for a time, that time has come."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self.skipped += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes as fast as it can."""

    def __init__(self) -> None:
        self._unwaiting = _Unwaiting()
        super().__init__(self._unwaiting)

    def time(self) -> float:
        return super().time() + self._unwaiting.skipped


class World:
    """The functions of the cases, called in this process."""

    def __init__(self, loop: _Loop) -> None:
        self._loop = loop
        self._began = loop.time()
        spec = importlib.util.spec_from_file_location(
            "functions", Path(__file__).with_name("functions.py")
        )
        assert spec is not None
        assert spec.loader is not None
        self._functions = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._functions)

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() - self._began)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def invoke(self, call: Call, started: Callable[[], None]) -> Answer:
        started()
        name = call.function.removeprefix(ARN)
        handler = getattr(self._functions, name, None)
        request = str(uuid.uuid4())
        if handler is None:
            message = f"Function not found: {call.function}"
            raise ServiceError("ResourceNotFoundException", message, 404, request)
        slept: list[float] = []
        self._functions.pause = slept.append
        try:
            answer = json.dumps(handler(json.loads(call.payload), None))
        except Exception as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            return Answer(json.dumps(told), 200, "$LATEST", request, failed=True)
        await asyncio.sleep(sum(slept))
        return Answer(answer, 200, "$LATEST", request)

    async def start_execution(self, machine: str, name: str | None, input: str) -> Child:
        raise ServiceError("StateMachineDoesNotExist", "no machine here", 400, "")

    async def end_of(self, execution: str) -> Child:
        raise ServiceError("ExecutionDoesNotExist", "no execution here", 400, "")

    async def stop_execution(self, execution: str) -> None:
        return


def run_alone(case: Case) -> Done:
    """Run a case, in milliseconds."""
    try:
        machine = read_definition(case.definition({name: ARN + name for name in case.functions}))
    except InvalidDefinition as error:
        return Done(refused=str(error))
    loop = _Loop()
    try:
        given = json.loads(case.input)
        about = {
            "Execution": {"Id": "arn:execution", "Input": given, "Name": "case", "RoleArn": "role"},
            "StateMachine": {"Id": "arn:machine", "Name": "case"},
        }
        about["Execution"] |= {"StartTime": "2026-01-01T00:00:00.000Z", "RedriveCount": 0}
        execution = Execution(machine, given, about, World(loop), "role")
        loop.run_until_complete(execution.run())
    finally:
        loop.close()
    end = execution.history.end or {}
    details = next((value for value in end.values() if isinstance(value, dict)), {})
    return Done({"status": execution.status, **details}, execution.history.events)
