"""Why an execution failed of which more chunks did, or more records, than are tolerated: the first
of them, told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fan_out.cli.chunks import Chunks
from fan_out.cli.events import Event, Visit
from fan_out.cli.failure import Failure, TooMany, explained
from fan_out.cli.fate import Fate
from fan_out.cli.records import set_aside_in
from fan_out.cli.steps import Steps
from fan_out.runtime.carry_on import CARRY_ON_KEY
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.tolerated import (
    BAD_OF_JOB_KEY,
    FAILED_STATE,
    RECORDS_OF_JOB_KEY,
    TOO_MANY_ERROR,
    TOO_MANY_RECORDS_ERROR,
)


def find_too_many(steps: Steps, *, error: str | None, cause: str | None) -> Failure | None:
    """Find what an execution failed of, where it ended as DescribeExecution says with too many
    failed chunks or bad records; None where it ended otherwise."""
    counted = _counted(error, cause)
    if counted is None:
        return None
    chunks = Chunks.of(steps) or Chunks(done=(), left=())
    failed, first = chunks.failed, explained(error, None)
    aside = [] if counted.bad is None else _set_aside(chunks)
    if failed:
        first = _of_chunk(steps, failed[0])
    elif aside:
        message = f"record {aside[0].get('record')}: {aside[0].get('message')}"
        first = explained(str(aside[0].get("error")), message)
    told = [*(fate.failure for fate in failed), *aside]
    names = Counter(str(one.get("error")) for one in told)
    return replace(first, too_many=replace(counted, errors=names))


def _counted(error: str | None, cause: str | None) -> TooMany | None:
    """How many chunks failed of how many; and records, where those were the reason."""
    try:
        counts = json.loads(cause or "")
        chunks = TooMany(failed=int(counts["failed"]), chunks=int(counts["chunks"]), errors={})
        if error == TOO_MANY_RECORDS_ERROR:
            bad, records = int(counts[BAD_OF_JOB_KEY]), int(counts[RECORDS_OF_JOB_KEY])
            return replace(chunks, bad=bad, records=records)
    except (ValueError, TypeError, KeyError):
        return None
    return chunks if error == TOO_MANY_ERROR else None


def _set_aside(chunks: Chunks) -> list[dict[str, Any]]:
    """What is told of the records that were set aside, as far as it is ours."""
    every = (one for fate in chunks.done for one in set_aside_in(fate.answer))
    return [one for one in every if isinstance(one, dict)]


def _of_chunk(steps: Steps, fate: Fate) -> Failure:
    """Why the chunk failed, as it was before the failure was caught and made part of the output."""
    error, item = fate.failure.get("error"), json.dumps(fate.item, separators=(",", ":"))
    # a long name is shortened in the output
    events = [event for event in _back(steps, fate.end) if _error_of(event).startswith(str(error))]
    if not events:
        told = explained(error, fate.failure.get("cause"))
        return replace(told, state=FAILED_STATE, chunk=fate.number - 1, input=item)
    # a chunk that was cut has failed before, and so may other parts of it
    event = next((event for event in events if _was_given(event.visit, fate)), events[0])
    told = explained(_error_of(event), event.details.get("cause"), event.visit)
    return replace(told, input=item)


def _back(steps: Steps, event: Event | None) -> Iterator[Event]:
    """The events of an iteration, from its end back to its start."""
    while event is not None and event.type != "MapIterationStarted":
        yield event
        event = steps.before(event)


def _error_of(event: Event) -> str:
    return event.details.get("error") or ""


def _was_given(visit: Visit | None, fate: Fate) -> bool:
    """Whether it is the very chunk that the state's function was started with."""
    payload = visit.payload if visit is not None else None
    chunk = payload.get(CARRY_ON_KEY, payload) if isinstance(payload, dict) else {}
    return (chunk.get(OFFSET_KEY), chunk.get(COUNT_KEY)) == (fate.offset, fate.count)
