"""Why an execution failed of which more chunks did than are tolerated: the first of them, told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from fan_out.cli.chunks import Chunks
from fan_out.cli.events import Event, Visit
from fan_out.cli.failure import Failure, TooMany, explained
from fan_out.cli.fate import Fate
from fan_out.cli.steps import Steps
from fan_out.runtime.carry_on import CARRY_ON_KEY
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.tolerated import FAILED_STATE, TOO_MANY_ERROR


def find_too_many(steps: Steps, *, error: str | None, cause: str | None) -> Failure | None:
    """Find what an execution failed of, where it ended as DescribeExecution says with too many
    failed chunks; None where it ended otherwise."""
    counts = _counts(cause) if error == TOO_MANY_ERROR else None
    if counts is None:
        return None
    chunks = Chunks.of(steps)
    failed = chunks.failed if chunks is not None else ()
    names = Counter(str(fate.failure.get("error")) for fate in failed)
    first = _of_chunk(steps, failed[0]) if failed else explained(error, None)
    return replace(first, too_many=TooMany(failed=counts[0], chunks=counts[1], errors=names))


def _counts(cause: str | None) -> tuple[int, int] | None:
    """How many chunks failed, and how many there were."""
    try:
        counts = json.loads(cause or "")
        return int(counts["failed"]), int(counts["chunks"])
    except (ValueError, TypeError, KeyError):
        return None


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
