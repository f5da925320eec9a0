"""The executions of an account: started, stopped, described, and their histories read."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fan_out.local.step_functions.archive import Archive
from fan_out.local.step_functions.event_loop import EventLoop
from fan_out.local.step_functions.execution import STATUS, Execution
from fan_out.local.step_functions.frame import time_text
from fan_out.local.step_functions.json_text import bytes_of, read_json
from fan_out.local.step_functions.machines import StateMachine, StateMachines
from fan_out.local.step_functions.requests import (
    ApiError,
    check_name,
    invalid,
    needed,
    one_of,
    page_of,
    page_size,
    place_of,
    refuse,
    token_for,
)
from fan_out.local.step_functions.world import World
from fan_out.runtime.budget import HISTORY_EVENTS, PAYLOAD_BYTES

REDRIVABLE = timedelta(days=14)
"""From the start of an execution. "Redriving executions", AWS Step Functions Developer Guide."""

DATA = ("input", "output", "parameters")

WhenEnded = Callable[["Run", Sequence[dict[str, Any]]], None]
"""Is told of an execution that has ended, with its history."""

NOT_ENDED = "Execution is {} and cannot be redriven"


@dataclass(eq=False, kw_only=True)
class Run:
    """An execution, as the API knows it. When it has ended its history is in the archive, and
    ``end`` is the last event; ``execution`` is there still where it can be redriven."""

    arn: str
    name: str
    machine: StateMachine
    input: str
    started: datetime
    execution: Execution | None
    end: dict[str, Any] | None = None
    redrives: int = 0
    redriven: datetime | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last(self) -> dict[str, Any] | None:
        """The event that ended it; None while it runs."""
        # the loop's thread sets the end before it lets go of the execution and its events
        execution = self.execution
        running = None if execution is None or self.end is not None else execution.history.end
        return running or self.end

    @property
    def status(self) -> str:
        """RUNNING, or how it ended."""
        last = self.last
        return "RUNNING" if last is None else STATUS[last["type"]]

    async def until_its_end(self) -> None:
        """Wait, in the executions' event loop, until it has ended."""
        await self.over.wait()

    def listed(self) -> dict[str, Any]:
        """What ListExecutions answers of it."""
        answer: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.started.timestamp(),
            "redriveCount": self.redrives,
        }
        if self.redriven is not None:
            answer["redriveDate"] = self.redriven.timestamp()
        if (last := self.last) is not None:
            answer["stopDate"] = last["timestamp"]
        return answer

    def described(self, *, with_data: bool = True) -> dict[str, Any]:
        """DescribeExecution's answer."""
        answer = self.listed()
        last = self.last or {}
        details = next((value for value in last.values() if isinstance(value, dict)), {})
        answer["inputDetails"] = {"included": with_data}
        if with_data:
            answer["input"] = self.input
        if "output" in details:
            answer["outputDetails"] = {"included": with_data}
            if with_data:
                answer["output"] = details["output"]
        answer |= {key: details[key] for key in ("error", "cause") if key in details}
        reason = self.not_redrivable()
        if reason is None:
            return answer | {"redriveStatus": "REDRIVABLE"}
        return answer | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}

    def not_redrivable(self) -> str | None:
        """Why it cannot be redriven; None where it can."""
        status = self.status
        if status in ("RUNNING", "SUCCEEDED"):
            return NOT_ENDED.format(status)
        if self.last is not None and self.last["id"] >= HISTORY_EVENTS - 1:
            return "Execution event history limit exceeded"
        if datetime.now(UTC) - self.started > REDRIVABLE:
            return "Execution redrivable period exceeded"
        return None


class Executions:
    """The executions of one account, in all regions; thread safe.

    Requests and answers are those of the API. Each method raises ApiError.
    """

    def __init__(
        self,
        machines: StateMachines,
        loop: EventLoop,
        archive: Archive,
        world_of: Callable[[str], World],
        when_ended: WhenEnded,
    ) -> None:
        self._machines = machines
        self._loop = loop
        self._archive = archive
        self._world_of = world_of
        self._when_ended = when_ended
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """StartExecution. The same name and input is the same execution while it runs."""
        machine = self._machines.find(needed(request, "stateMachineArn"))
        text = "{}" if request.get("input") is None else request["input"]
        value = _value(text)
        name = check_name(request["name"]) if request.get("name") else str(uuid.uuid4())
        arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
        with self._lock:
            other = self._runs.get(arn)
            if other is None:
                run = self._runs[arn] = self._begun(machine, arn, name, text, value)
            elif other.status == "RUNNING" and other.input == text:
                run = other
            else:
                raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return {"executionArn": run.arn, "startDate": run.started.timestamp()}

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """StopExecution. One that has ended stays as it ended."""
        run = self.find(needed(request, "executionArn"))
        running = run.execution
        if running is not None and run.end is None:
            self._loop.call(lambda: running.stop(request.get("error"), request.get("cause")))
        last = run.last
        assert last is not None
        return {"stopDate": last["timestamp"]}

    def redrive(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """RedriveExecution: go on with what has failed, was aborted, or was never started."""
        run = self.find(needed(request, "executionArn"))
        with self._lock:
            reason, redrives, over = run.not_redrivable(), run.redrives, run.over
        if reason is None:
            self._loop.wait(over.wait())  # its last event may have just been written
        with self._lock:
            reason, execution = run.not_redrivable(), run.execution
            if run.redrives != redrives:  # another request was faster
                reason = NOT_ENDED.format("RUNNING")
            if reason is not None or execution is None:
                raise ApiError("ExecutionNotRedrivable", str(reason))
            moment = datetime.now(UTC)
            run.over = asyncio.Event()
            execution.history.events = list(self._events(run))
            run.redrives, run.redriven, run.end = run.redrives + 1, moment, None
            execution.redrive(run.redrives, time_text(moment))
            self._loop.start(self._to_the_end(run, execution))
        return {"redriveDate": moment.timestamp()}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeExecution."""
        chosen = one_of(request, "includedData", "ALL_DATA", "METADATA_ONLY")
        with_data = chosen != "METADATA_ONLY"
        return self.find(needed(request, "executionArn")).described(with_data=with_data)

    def list_all(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListExecutions, the newest first."""
        refuse(request, "mapRunArn")
        machine = self._machines.find(needed(request, "stateMachineArn"))
        wanted = one_of(request, "statusFilter", "RUNNING", *STATUS.values(), "PENDING_REDRIVE")
        redriven = one_of(request, "redriveFilter", "REDRIVEN", "NOT_REDRIVEN")
        with self._lock:
            found = [run for run in self._runs.values() if run.machine.arn == machine.arn]
        listed = [run.listed() for run in reversed(found)]
        chosen = [one for one in listed if wanted in (None, one["status"])]
        if redriven is not None:
            chosen = [
                one for one in chosen if bool(one["redriveCount"]) == (redriven == "REDRIVEN")
            ]
        return page_of(chosen, request, "executions")

    def history(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """GetExecutionHistory: a token is the number of an event, right while more are written."""
        events = self._events(self.find(needed(request, "executionArn")))
        size, token = page_size(request), request.get("nextToken")
        place = None if token is None else place_of(token)
        if request.get("reverseOrder"):
            end = len(events) if place is None else place
            start = max(0, end - size)
            chosen, more = events[start:end][::-1], start
        else:
            start = place or 0
            chosen = events[start : start + size]
            more = start + size if start + size < len(events) else 0
        if request.get("includeExecutionData") is False:
            chosen = [without_data(event) for event in chosen]
        answer: dict[str, Any] = {"events": chosen}
        return answer | ({"nextToken": token_for(more)} if more else {})

    def machine_of(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeStateMachineForExecution: as it was when the execution was started."""
        machine = self.find(needed(request, "executionArn")).machine.described()
        unknown = ("status", "type", "creationDate")
        answer = {key: value for key, value in machine.items() if key not in unknown}
        return answer | {"updateDate": machine["creationDate"]}

    def find(self, arn: str) -> Run:
        """The execution with this ARN."""
        if ":execution:" not in arn:
            raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
        with self._lock:
            found = self._runs.get(arn)
        if found is None:
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found

    def _begun(self, machine: StateMachine, arn: str, name: str, text: str, value: Any) -> Run:
        started = datetime.now(UTC)
        about = {
            "Execution": {
                "Id": arn,
                "Input": value,
                "Name": name,
                "RoleArn": machine.role,
                "StartTime": time_text(started),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": machine.arn, "Name": machine.name},
        }
        world = self._world_of(machine.arn.split(":")[3])
        execution = Execution(machine.machine, value, about, world, machine.role)
        run = Run(
            arn=arn, name=name, machine=machine, input=text, started=started, execution=execution
        )
        self._loop.start(self._to_the_end(run, execution))
        return run

    async def _to_the_end(self, run: Run, execution: Execution) -> None:
        try:
            await execution.run()
            events = execution.history.events
            self._archive.keep(run.arn, events)  # where it cannot be kept it stays in memory
            run.end = events[-1]
            execution.history.events = []
            if run.status == "SUCCEEDED":
                run.execution = None
            self._when_ended(run, events)
        finally:
            run.over.set()

    def _events(self, run: Run) -> Sequence[dict[str, Any]]:
        # first the events, then the question whether they were put away in the meantime
        execution = run.execution
        events = [] if execution is None else execution.history.events
        return events if run.end is None else self._archive.read(run.arn)


def without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event without what went in and came out."""
    return {
        key: {name: item for name, item in value.items() if name not in DATA}
        if isinstance(value, dict)
        else value
        for key, value in event.items()
    }


def _value(text: Any) -> Any:
    size = bytes_of(text) if isinstance(text, str) else 0
    if size > PAYLOAD_BYTES:
        raise invalid(
            "Value at 'input' failed to satisfy constraint: Member must have length less than or "
            f"equal to {PAYLOAD_BYTES} (it has {size} bytes)"
        )
    try:
        return read_json(text)
    except (ValueError, TypeError) as error:
        raise ApiError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'"
        ) from None
