"""The steps of an execution: what its history says about which chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fan_out.cli.events import ITERATION_ENDS, SCHEDULED, Event, Visit, read
from fan_out.cli.tolerated import parts_of
from fan_out.runtime.carry_on import CARRY_ON_STATE
from fan_out.runtime.collect import COLLECT_STATE
from fan_out.runtime.tolerated import FAILED_STATE, FAILURE_KEY, PLAN_STATE
from fan_out.runtime.whole_job import RESUMED_STATE

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

RUNNING, DONE, FAILED, ABORTED = "running", "done", "failed", "aborted"

TOLERATED = "tolerated"
"""It has failed, all of it or a part, and the execution goes on."""

_ENDED_AS = {
    "MapIterationSucceeded": DONE,
    "MapIterationFailed": FAILED,
    "MapIterationAborted": ABORTED,
}
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}


class Steps:
    """Is fed with the events of one execution, each once and in order.

    ``states`` are the last visits of the states that are in no Map, by name; ``map`` is that of the
    outermost Map, of the last one where there are several; ``redrives`` counts how often the
    execution was redriven.
    """

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.states: dict[str, Visit] = {}
        self.map: Visit | None = None
        self.retries = 0
        self.further_rounds = 0
        self.redrives = 0
        self.end: Event | None = None

    def feed(self, raw: HistoryEventTypeDef) -> None:
        """Take in one event of GetExecutionHistory."""
        previous = self.events.get(raw.get("previousEventId", 0))
        event = read(raw, previous.visit if previous else None)
        self.events[raw["id"]] = event
        if event.type in _ENDS:
            self.end = event
        elif event.type == "ExecutionRedriven":
            self._redrive()
        elif event.visit is not None:
            self._count(event, event.visit)

    @property
    def tolerates(self) -> bool:
        """Whether the machine goes on where a chunk fails."""
        return PLAN_STATE in self.states

    @property
    def collects(self) -> bool:
        """Whether a collect has been given the answers; the output is then what it likes."""
        return COLLECT_STATE in self.states

    @property
    def joins(self) -> bool:
        """Whether the collect of the machine is told of earlier executions, where there are any;
        known where it has come to that."""
        return RESUMED_STATE in self.states

    def before(self, event: Event) -> Event | None:
        """The event that this one follows upon."""
        return self.events.get(event.previous)

    def _count(self, event: Event, visit: Visit) -> None:
        if event.type.endswith("StateEntered"):
            self._enter(event, visit)
        elif event.type == "MapStateStarted":
            # a Retry of the Map itself starts all of its iterations afresh
            visit.length, visit.iterations, visit.ends = event.details.get("length", 0), {}, {}
            visit.failed = None
        elif event.type == "MapIterationStarted" and visit.iteration is not None:
            visit.iteration.map.iterations[visit.iteration.index] = RUNNING
        elif event.type in ITERATION_ENDS:
            self._end_iteration(event, visit)
        elif event.type in SCHEDULED:
            visit.attempts += 1
            self.retries += visit.attempts > 1

    def _enter(self, event: Event, visit: Visit) -> None:
        if event.type == "TaskStateEntered" and visit.state == CARRY_ON_STATE:
            self.further_rounds += 1
        if visit.iteration is None:
            self.states[visit.state] = visit
            if event.type == "MapStateEntered":
                self.map = visit

    def _end_iteration(self, event: Event, visit: Visit) -> None:
        index, left = event.details["index"], self.before(event)
        visit.iterations[index], visit.ends[index] = _ENDED_AS[event.type], event
        if left is not None and self.tolerates and _has_failed(left):
            visit.iterations[index] = TOLERATED
        if event.type == "MapIterationFailed" and visit.failed is None:
            visit.failed = event

    def _redrive(self) -> None:
        """What has failed or was aborted runs again.

        AWS publishes no sample of the events after ExecutionRedriven. Assumed is: the Map is not
        entered again, the iterations that failed or were aborted have no second start but a second
        end, and those that succeeded (also with a failure that was tolerated) have none.
        """
        self.end = None
        self.redrives += 1
        if self.map is None:
            return
        self.map.failed = None
        for index, state in self.map.iterations.items():
            if state in (FAILED, ABORTED):
                self.map.iterations[index] = RUNNING


def _has_failed(left: Event) -> bool:
    """Whether it is a failure with which an iteration left its last state, or has one in it."""
    if left.details.get("name") == FAILED_STATE:
        return True
    return any(FAILURE_KEY in part for part in parts_of(left.details.get("output")))
