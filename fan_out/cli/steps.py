"""The steps of an execution: what each event of its history says about which chunk.

A chunk is an iteration of an outermost inline Map. The events of the iterations are mixed, and
only ``previousEventId`` tells whose an event is: each event belongs to the same visit of a state
as the one before it, until a state is entered or an iteration begins or ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fan_out.runtime.carry_on import CARRY_ON_STATE
from fan_out.runtime.chunk import CHUNK_KEY, WITH_KEY

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

RUNNING, DONE, FAILED, ABORTED = "running", "done", "failed", "aborted"

_ITERATION_ENDS = {
    "MapIterationSucceeded": DONE,
    "MapIterationFailed": FAILED,
    "MapIterationAborted": ABORTED,
}
_MAP_ENDS = {"MapStateSucceeded", "MapStateFailed", "MapStateAborted", "MapStateExited"}
_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}


@dataclass(eq=False)
class Iteration:
    """One iteration of a Map: ``index`` counts from 0, ``input`` is its chunk as JSON text."""

    index: int
    map: Visit
    input: str | None = None


@dataclass(eq=False)
class Visit:
    """A state, from being entered to being left; ``iteration`` is the one that it is part of.

    Of a Map also: how many iterations it has, the state of each by its index, and the end of the
    one that failed first.
    """

    state: str
    input: str | None
    iteration: Iteration | None
    function: str | None = None
    attempts: int = 0
    length: int | None = None
    iterations: dict[int, str] = field(default_factory=dict)
    failed: Event | None = None

    @property
    def chunk(self) -> Iteration | None:
        """The iteration of the outermost Map that the state is part of."""
        iteration = self.iteration
        while iteration is not None and iteration.map.iteration is not None:
            iteration = iteration.map.iteration
        return iteration


@dataclass(frozen=True)
class Event:
    """What is kept of an event."""

    type: str
    previous: int
    visit: Visit | None
    details: Mapping[str, Any]


class Steps:
    """Is fed with the events of one execution, each once and in order."""

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.maps: list[Visit] = []
        self.retries = 0
        self.further_rounds = 0
        self.end: Event | None = None

    def feed(self, raw: HistoryEventTypeDef) -> None:
        """Take in one event of GetExecutionHistory."""
        previous = self.events.get(raw.get("previousEventId", 0))
        event = _read(raw, previous.visit if previous else None)
        self.events[raw["id"]] = event
        if event.type in _ENDS or event.type == "ExecutionRedriven":
            self.end = event if event.type in _ENDS else None
        if event.visit is not None:
            self._count(event, event.visit)

    def _count(self, event: Event, visit: Visit) -> None:
        if event.type == "TaskStateEntered" and visit.state == CARRY_ON_STATE:
            self.further_rounds += 1
        elif event.type == "MapStateEntered" and visit.iteration is None:
            self.maps.append(visit)
        elif event.type == "MapStateStarted":
            # a Retry of the Map itself starts all of its iterations afresh
            visit.length, visit.iterations = event.details.get("length", 0), {}
            visit.failed = None
        elif event.type == "MapIterationStarted" and visit.iteration is not None:
            visit.iteration.map.iterations[visit.iteration.index] = RUNNING
        elif event.type in _ITERATION_ENDS:
            visit.iterations[event.details["index"]] = _ITERATION_ENDS[event.type]
            if event.type == "MapIterationFailed" and visit.failed is None:
                visit.failed = event
        elif event.type in _SCHEDULED:
            visit.attempts += 1
            self.retries += visit.attempts > 1


def _read(raw: HistoryEventTypeDef, visit: Visit | None) -> Event:
    kind, details = str(raw["type"]), _details(raw)
    if kind.endswith("StateEntered"):
        visit = _entered(details, visit)
    elif kind in _ITERATION_ENDS:
        visit = _map_named(details["name"], visit)
    elif kind == "MapIterationStarted" and (found := _map_named(details["name"], visit)):
        visit = Visit(found.state, None, Iteration(details["index"], found))
    elif kind in _MAP_ENDS and visit is not None and visit.length is None and visit.iteration:
        visit = visit.iteration.map
    elif kind in _SCHEDULED and visit is not None:
        visit.function = _function(kind, details)
    return Event(kind, raw.get("previousEventId", 0), visit, details)


def _details(raw: HistoryEventTypeDef) -> dict[str, Any]:
    kind = "stateEntered" if raw["type"].endswith("StateEntered") else raw["type"]
    key = kind[0].lower() + kind[1:]
    details: dict[str, Any] = dict(raw).get(f"{key}EventDetails") or {}  # type: ignore[assignment]
    return details


def _entered(details: Mapping[str, Any], before: Visit | None) -> Visit:
    iteration = before.iteration if before else None
    if iteration is not None and iteration.input is None:
        iteration.input = _chunk_of(details.get("input"))
    return Visit(details["name"], details.get("input"), iteration)


def _chunk_of(text: str | None) -> str | None:
    """The chunk that an iteration starts with, also where the Map has added something to it."""
    try:
        given = json.loads(text or "")
    except ValueError:
        return text
    if isinstance(given, dict) and given.keys() == {CHUNK_KEY, WITH_KEY}:
        return json.dumps(given[CHUNK_KEY], separators=(",", ":"))
    return text


def _map_named(name: str, visit: Visit | None) -> Visit | None:
    """The Map whose iteration begins or ends. The event before may be a sibling's: an iteration
    that was aborted follows upon what failed, one that had to wait upon what it waited for."""
    return next((outer for outer in _maps_around(visit) if outer.state == name), None)


def _maps_around(visit: Visit | None) -> Iterator[Visit]:
    while visit is not None:
        yield visit
        visit = visit.iteration.map if visit.iteration else None


def _function(kind: str, details: Mapping[str, Any]) -> str | None:
    """The Lambda function of a task, its ARN or name; None for a task of another service."""
    if kind == "LambdaFunctionScheduled":
        return details.get("resource")
    if details.get("resourceType") != "lambda":
        return None
    try:
        function = json.loads(details["parameters"])["FunctionName"]
    except (KeyError, TypeError, ValueError):
        return None
    return function if isinstance(function, str) else None
