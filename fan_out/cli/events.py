"""The events of an execution's history, each read with the state and the chunk that it is of.

A chunk is an iteration of an outermost inline Map. The events of the iterations are mixed, and
only ``previousEventId`` tells whose an event is: each event belongs to the same visit of a state
as the one before it, until a state is entered or an iteration begins or ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fan_out.runtime.chunk import CHUNK_KEY, WITH_KEY
from fan_out.runtime.tolerated import PARTS_KEY, TODO_KEY

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

ITERATION_ENDS = {"MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted"}
SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}

_MAP_ENDS = {"MapStateSucceeded", "MapStateFailed", "MapStateAborted", "MapStateExited"}


@dataclass(eq=False)
class Iteration:
    """One iteration of a Map: ``index`` counts from 0, ``input`` is its chunk as JSON text."""

    index: int
    map: Visit
    input: str | None = None


@dataclass(eq=False)
class Visit:
    """A state, from being entered to being left; ``iteration`` is the one that it is part of.

    Of a task also: its Lambda function, and what that was given at last, and how often.
    Of a Map also: how many iterations it has, by its index the state of each and the event that
    it ended with, and the end of the one that failed first.
    """

    state: str
    input: str | None
    iteration: Iteration | None
    function: str | None = None
    payload: Any = None
    attempts: int = 0
    length: int | None = None
    iterations: dict[int, str] = field(default_factory=dict)
    ends: dict[int, Event] = field(default_factory=dict)
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
    moment: datetime


def read(raw: HistoryEventTypeDef, visit: Visit | None) -> Event:
    """Read an event of GetExecutionHistory; ``visit`` is that of the event before it."""
    kind, details = str(raw["type"]), _details(raw)
    if kind.endswith("StateEntered"):
        visit = _entered(details, visit)
    elif kind in ITERATION_ENDS:
        visit = _map_named(details["name"], visit)
    elif kind == "MapIterationStarted" and (found := _map_named(details["name"], visit)):
        visit = Visit(found.state, None, Iteration(details["index"], found))
    elif kind in _MAP_ENDS and visit is not None and visit.length is None and visit.iteration:
        visit = visit.iteration.map
    elif kind in SCHEDULED and visit is not None:
        visit.function, visit.payload = _call(kind, details)
    return Event(kind, raw.get("previousEventId", 0), visit, details, raw["timestamp"])


def _details(raw: HistoryEventTypeDef) -> dict[str, Any]:
    kind = str(raw["type"])
    if kind.endswith(("StateEntered", "StateExited")):
        kind = f"state{kind.rpartition('State')[2]}"
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
    if not isinstance(given, dict):
        return text
    if given.keys() == {CHUNK_KEY, WITH_KEY}:
        return json.dumps(given[CHUNK_KEY], separators=(",", ":"))
    if given.keys() == {TODO_KEY, PARTS_KEY, WITH_KEY} and given[TODO_KEY]:
        return json.dumps(given[TODO_KEY][0], separators=(",", ":"))
    return text


def _map_named(name: str, visit: Visit | None) -> Visit | None:
    """The Map whose iteration begins or ends. The event before may be a sibling's: an iteration
    that was aborted follows upon what failed, one that had to wait upon what it waited for."""
    return next((outer for outer in _maps_around(visit) if outer.state == name), None)


def _maps_around(visit: Visit | None) -> Iterator[Visit]:
    while visit is not None:
        yield visit
        visit = visit.iteration.map if visit.iteration else None


def _call(kind: str, details: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The Lambda function of a task, its ARN or name, and what it is given; None of another
    service's."""
    if kind == "LambdaFunctionScheduled":
        return details.get("resource"), None
    if details.get("resourceType") != "lambda":
        return None, None
    try:
        given = json.loads(details["parameters"])
        function = given["FunctionName"]
    except (KeyError, TypeError, ValueError):
        return None, None
    return (function, given.get("Payload")) if isinstance(function, str) else (None, None)
