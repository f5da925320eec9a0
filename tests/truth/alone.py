"""Runs cases against the interpreter alone: no server, no Lambda, a clock that need not wait."""

import asyncio
import importlib.util
import json
import selectors
import uuid
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from case import Case, Done

from fan_out.local.step_functions.definition import Machine
from fan_out.local.step_functions.execution import Execution
from fan_out.local.step_functions.fields import InvalidDefinition
from fan_out.local.step_functions.frame import time_text
from fan_out.local.step_functions.reading import read_definition
from fan_out.local.step_functions.world import Answer, Call, Child, ServiceError

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:"
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
    """The functions of the cases, called in this process, and machines that may be started."""

    def __init__(self, loop: _Loop, machines: Mapping[str, Machine]) -> None:
        self._loop = loop
        self._began = loop.time()
        self.functions = _functions()
        self._machines = machines
        self._running: dict[str, tuple[Execution, asyncio.Task[None], dict[str, Any]]] = {}

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() - self._began)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def invoke(self, call: Call, started: Callable[[], None]) -> Answer:
        started()
        name = call.function.removeprefix(FUNCTION)
        handler = getattr(self.functions, name, None)
        request = str(uuid.uuid4())
        if handler is None:
            message = f"Function not found: {call.function}"
            raise ServiceError("ResourceNotFoundException", message, 404, request)
        if call.kind == "Event":
            return Answer("", 202, "$LATEST", request)
        slept: list[float] = []
        self.functions.pause = slept.append  # type: ignore[attr-defined]
        try:
            answer = json.dumps(handler(json.loads(call.payload), None))
        except Exception as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            return Answer(json.dumps(told), 200, "$LATEST", request, failed=True)
        await asyncio.sleep(sum(slept))
        return Answer(answer, 200, "$LATEST", request)

    async def start_execution(self, machine: str, name: str | None, input: str) -> Child:
        if machine not in self._machines:
            message = f"State Machine Does Not Exist: '{machine}'"
            raise ServiceError("StateMachineDoesNotExist", message, 400, "")
        arn = f"{machine.replace('stateMachine', 'execution')}:{name or uuid.uuid4()}"
        execution = self.execution(machine, arn, json.loads(input))
        described = {
            "executionArn": arn,
            "stateMachineArn": machine,
            "name": arn.rpartition(":")[2],
            "startDate": self.now().timestamp(),
            "input": input,
            "inputDetails": {"included": True},
        }
        self._running[arn] = (execution, asyncio.ensure_future(execution.run()), described)
        return Child({**described, "status": "RUNNING"})

    async def end_of(self, execution: str) -> Child:
        running, task, described = self._running[execution]
        await asyncio.wait([task])
        details = _end(running)
        if "output" in details:
            details["outputDetails"] = {"included": True}
        stopped = {"stopDate": self.now().timestamp(), "status": running.status}
        return Child({**described, **stopped, **details})

    async def stop_execution(self, execution: str) -> None:
        self._running[execution][0].stop(None, None)

    def execution(self, machine: str, arn: str, given: Any) -> Execution:
        """An execution of a machine, not yet run."""
        about = {
            "Execution": {
                "Id": arn,
                "Input": given,
                "Name": arn.rpartition(":")[2],
                "RoleArn": "role",
                "StartTime": time_text(self.now()),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": machine, "Name": machine.removeprefix(MACHINE)},
        }
        return Execution(self._machines[machine], given, about, self, "role")


class Alone:
    """A machine with nothing around it but its world."""

    def __init__(self, machines: Mapping[str, Machine]) -> None:
        self.loop = _Loop()
        self.world = World(self.loop, machines)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it to its end, in no time."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """End it, and the executions that were started and left."""
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


def run_alone(case: Case) -> Done:
    """Run a case, in milliseconds."""
    arns = {name: FUNCTION + name for name in case.functions}
    arns |= {name: MACHINE + name for name in case.machines}
    try:
        machines = {
            MACHINE + name: read_definition(case.definition(arns, name)) for name in case.machines
        }
        machines[MACHINE] = read_definition(case.definition(arns))
    except InvalidDefinition as error:
        return Done(refused=str(error))
    alone = Alone(machines)
    try:
        execution = alone.world.execution(MACHINE, f"{MACHINE}:case", json.loads(case.input))
        alone.run(execution.run())
    finally:
        alone.close()
    return Done({"status": execution.status, **_end(execution)}, execution.history.events)


def _end(execution: Execution) -> dict[str, Any]:
    """What the last event of an execution says."""
    end = execution.history.end or {}
    return dict(next((value for value in end.values() if isinstance(value, dict)), {}))


def _functions() -> ModuleType:
    """functions.py, anew: what one case has called is nothing to the next."""
    spec = importlib.util.spec_from_file_location(
        "functions", Path(__file__).with_name("functions.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
