"""How large the chunks of a run are: what the construct chose, unless the input says otherwise.

The construct hands its choice over as JSON in an environment variable:
``{"atMost": 10}``, ``{"jobs": 8}`` or ``{"secondsPerRecord": 0.05, "overheadSeconds": 1}``, always
with ``maxConcurrency`` (how many run at a time, 0 for as many as the Map does), where it is known
``withinSeconds`` (what a chunk may take), and where the machine is not the default one, how many
chunks it carries, ``mostChunks``, and what it takes of the history, ``eventsPerChunk`` and
``eventsAround`` them.
"""

from __future__ import annotations

import json

from fan_out.runtime.budget import (
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    INLINE_CONCURRENCY,
    LAMBDA_SECONDS,
    MOST_CHUNKS,
)
from fan_out.runtime.numbers import MOST_RECORDS, described, number, whole_number
from fan_out.runtime.plan import Plan
from fan_out.runtime.resumed import RESUME_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

PLAN_VARIABLE = "FAN_OUT_PLAN"
"""The environment variable in which the construct tells the control function how to cut."""

SIZE_KEY = "oneJobProcessMaxCount"
JOBS_KEY = "jobCount"
SECONDS_KEY = "secondsPerRecord"

CHOICES = {"atMost": SIZE_KEY, "jobs": JOBS_KEY, SECONDS_KEY: SECONDS_KEY}
"""What the construct may choose, and the key of the input that overrides it."""

NANOSECONDS = 10**9
"""Times are compared in whole nanoseconds: 0.3 is not three times 0.1 as floats."""


def sizing(event: Any, chosen: Mapping[str, Any]) -> Callable[[int], Plan]:
    """Answer what makes the plan for a number of records: of the input, or the construct's choice.

    ``chosen`` are the construct's instructions.

    Raises ValueError where a number is out of range, two keys of the input contradict each other,
    there is neither a key nor a choice, or one record takes longer than a chunk may.
    """
    said = chosen_key(event)
    if said is not None:
        return _planner(said, said, event[said], chosen)
    for name, key in CHOICES.items():
        if name in chosen:
            return _planner(key, f"{name} of {PLAN_VARIABLE}", chosen[name], chosen)
    raise ValueError(
        f"no chunk size: give FanOut a chunk_size, or the execution input {SIZE_KEY}, "
        f"{JOBS_KEY} or {SECONDS_KEY}"
    )


def events_per_chunk(chosen: Mapping[str, Any]) -> int:
    """The events of the history that a chunk takes in this machine."""
    return int(chosen.get("eventsPerChunk", EVENTS_PER_CHUNK))


def events_around(chosen: Mapping[str, Any]) -> int:
    """The events that this machine takes besides its chunks."""
    return int(chosen.get("eventsAround", EVENTS_AROUND))


def longest_plan(chosen: Mapping[str, Any]) -> int:
    """The chunks that a plan for this machine may have."""
    return int(chosen.get("mostChunks", MOST_CHUNKS))


def records_within(seconds_per_record: float, overhead_seconds: float, within: float) -> int:
    """Answer how many records a chunk can hold that may take ``within`` seconds; 0 for none."""
    spare = _nanoseconds(within) - _nanoseconds(overhead_seconds)
    return max(0, spare // max(1, _nanoseconds(seconds_per_record)))


def _planner(key: str, name: str, value: Any, chosen: Mapping[str, Any]) -> Callable[[int], Plan]:
    """The plan that ``key`` asks for with ``value``, which errors call ``name``."""
    if key == SIZE_KEY:
        size = whole_number(name, value, least=1, most=MOST_RECORDS)
        return lambda total: Plan.at_most(total, size)
    if key == JOBS_KEY:
        jobs = whole_number(name, value, least=1, most=MOST_RECORDS)
        return lambda total: Plan.even(total, jobs)
    return _to_fit(name, value, chosen)


def _to_fit(name: str, value: Any, chosen: Mapping[str, Any]) -> Callable[[int], Plan]:
    if "withinSeconds" not in chosen:
        raise ValueError(f"{name} needs a time to fit: give FanOut ChunkSize.to_fit(within=…)")
    within, overhead = chosen["withinSeconds"], chosen.get("overheadSeconds", 0)
    seconds = number(name, value, least=1 / NANOSECONDS, most=LAMBDA_SECONDS)
    most = records_within(seconds, overhead, within)
    if most == 0:
        raise ValueError(
            f"{name} must be at most {within - overhead:g}, the {within:g} seconds that a chunk "
            f"may take less {overhead:g} of overhead, got {value}"
        )
    concurrency = min(chosen.get("maxConcurrency", 0) or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
    longest = longest_plan(chosen)
    return lambda total: Plan.in_waves(total, most, concurrency, longest)


def chosen_key(event: Any) -> str | None:
    """Answer the one key of the input that says which chunks this run has; None for none.

    Raises ValueError where there are two.
    """
    known = [*CHOICES.values(), RESUME_KEY]
    keys = [key for key in known if isinstance(event, dict) and key in event]
    if len(keys) > 1:
        raise ValueError(
            f"the execution input must have one of {', '.join(known)}, got {' and '.join(keys)}"
        )
    return keys[0] if keys else None


def instructions(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read what the construct told. Raises ValueError where that is no JSON object."""
    text = environ.get(PLAN_VARIABLE, "{}")
    try:
        chosen = json.loads(text)
    except ValueError:
        chosen = None
    if not isinstance(chosen, dict):
        raise ValueError(f"{PLAN_VARIABLE} must be a JSON object, got {described(text)}")
    return chosen


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
