"""What the history of an execution says became of each record: read by itself, not as the command
reads it, so that the two can be compared."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

COUNT, OFFSET = "oneJobProcessingCount", "offset"
MOST_EVENTS = 25_000
Event = dict[str, Any]


@dataclass
class ToldHistory:
    """Of one execution: its status, the chunks of its plan, and each record's fate.

    ``planned`` counts how often a record stands in the plan. ``done`` are the records of which it
    says that they are done, ``failed`` those of the chunks that failed. ``attempts`` counts the
    calls of the worker that covered a record, ``spoilt`` those of them that did not succeed.
    ``chunks`` counts "done", "failed" and "planned". ``full`` says that no further event fitted in.
    """

    status: str
    planned: Counter[int] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    attempts: Counter[int] = field(default_factory=Counter)
    spoilt: Counter[int] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)
    full: bool = False

    @property
    def left(self) -> set[int]:
        """The planned records that are not done."""
        return set(self.planned) - self.done


def read_history(client: Any, arn: str) -> ToldHistory:
    """Read all events of an execution that has ended."""
    described = client.describe_execution(executionArn=arn)
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, PaginationConfig={"PageSize": 1000}
    )
    events = {event["id"]: event for page in pages for event in page["events"]}
    told = ToldHistory(described["status"], full=len(events) >= MOST_EVENTS)
    entered = [event for event in events.values() if event["type"] == "MapStateEntered"]
    if not entered:
        return told
    plan = json.loads(entered[0]["stateEnteredEventDetails"]["input"])
    for chunk in plan:
        told.planned.update(_records(chunk))
    _read_attempts(told, events)
    _read_iterations(told, plan, events)
    return told


def _read_attempts(told: ToldHistory, events: dict[int, Event]) -> None:
    """The calls of the worker: those whose payload is a chunk."""
    good = {
        scheduled
        for event in events.values()
        if event["type"] == "TaskSucceeded"
        for scheduled in _scheduled_before(event, events)
    }
    for event in events.values():
        if event["type"] == "TaskScheduled":
            parameters = json.loads(event["taskScheduledEventDetails"]["parameters"])
            records = _records(_chunk(parameters.get("Payload")))
            told.attempts.update(records)
            if event["id"] not in good:
                told.spoilt.update(records)


def _scheduled_before(event: Event, events: dict[int, Event]) -> Iterator[int]:
    while event["type"] != "TaskStateEntered":
        if event["type"] == "TaskScheduled":
            yield event["id"]
            return
        event = events[event["previousEventId"]]


def _read_iterations(told: ToldHistory, plan: list[Any], events: dict[int, Event]) -> None:
    ends = {}
    for event in events.values():
        if event["type"] == "MapIterationSucceeded":
            ends[event["mapIterationSucceededEventDetails"]["index"]] = event
        elif event["type"] == "MapIterationFailed":
            index = event["mapIterationFailedEventDetails"]["index"]
            told.failed |= set(_records(plan[index]))
            told.chunks["failed"] += 1
    for index, chunk in enumerate(plan):
        if index not in ends:
            continue
        before = events[ends[index]["previousEventId"]]
        answer = json.loads(before["stateExitedEventDetails"]["output"])
        failed = {record for part in _failures(answer) for record in _records(part)}
        told.failed |= failed
        told.done |= set(_records(chunk)) - failed - _set_aside(answer)
        told.chunks["failed" if failed else "done"] += 1
    told.chunks["planned"] = len(plan)


def _failures(answer: Any) -> Iterator[dict[str, Any]]:
    """The chunks that are told as failed in what an iteration of a tolerant machine ends with."""
    for part in answer if isinstance(answer, list) else [answer]:
        if isinstance(part, dict) and "failure" in part:
            yield part["failure"]["chunk"]


def _set_aside(answer: Any) -> set[int]:
    bad = answer.get("badRecords", []) if isinstance(answer, dict) else []
    return {one["record"] for one in bad}


def _chunk(payload: Any) -> Any:
    """The chunk in what a worker is given, also in a later round."""
    return payload.get("carryOn", payload) if isinstance(payload, dict) else None


def _records(chunk: Any) -> range:
    if not isinstance(chunk, dict) or COUNT not in chunk:
        return range(0)
    return range(chunk[OFFSET], chunk[OFFSET] + chunk[COUNT])
