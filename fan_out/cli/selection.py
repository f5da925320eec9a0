"""Which calls of an execution ``fan-out logs`` shows."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fan_out.cli.attempts import Attempt
from fan_out.cli.chunks import plan_of
from fan_out.cli.errors import CommandError
from fan_out.cli.steps import ABORTED, FAILED, RUNNING, TOLERATED, Steps
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY


@dataclass(frozen=True)
class Selection:
    """The calls, in chunk order, and in a line what they are of."""

    line: str
    attempts: Sequence[Attempt]


def of_chunk(steps: Steps, attempts: Sequence[Attempt], number: int) -> Selection:
    """All calls of one chunk, counted from 1. Raises CommandError where there is none such."""
    chunks = steps.map.length if steps.map is not None else None
    if not chunks:
        raise CommandError("--chunk needs chunks, and none were started: leave it out")
    if number > chunks:
        raise CommandError(f"--chunk must be 1 to {chunks}, got {number}")
    own = [attempt for attempt in attempts if attempt.chunk == number - 1]
    line = f"chunk {number} of {chunks}"
    return Selection(line if own else f"{line} was never started", own)


def number_of(steps: Steps, record: int, resumed: Any) -> int:
    """The chunk that a record is in, counted from 1.

    ``resumed`` is the ARN of the execution that this one resumed, if it did. Raises CommandError
    where no chunk has the record.
    """
    plan = plan_of(steps.map.input) if steps.map is not None else None
    if not plan:
        raise CommandError("--record needs a plan of chunks, and there is none: leave it out")
    for number, item in enumerate(plan, 1):
        if item[OFFSET_KEY] <= record < item[OFFSET_KEY] + item[COUNT_KEY]:
            return number
    first, last = plan[0][OFFSET_KEY], plan[-1][OFFSET_KEY] + plan[-1][COUNT_KEY] - 1
    other = ""
    if isinstance(resumed, str):
        command = shlex.join(["fan-out", "logs", resumed, "--record", str(record)])
        other = f"; the execution that it resumed may: {command}"
    raise CommandError(f"no chunk has record {record}: they have {first} to {last}{other}")


def of_interest(steps: Steps, attempts: Sequence[Attempt]) -> Selection:
    """What has failed; or else what was running at the end, or is still; or else everything."""
    chosen = _of_states(steps, attempts, {FAILED, TOLERATED}) + _failed_alone(attempts)
    if chosen:
        return _told("failed", chosen)
    chosen = _of_states(steps, attempts, {RUNNING, ABORTED})
    chosen += [attempt for attempt in attempts if attempt.chunk is None and not attempt.ended]
    if chosen:
        return _told("had not ended", chosen)
    return Selection("nothing has failed; all of it", _in_order(attempts))


def _of_states(steps: Steps, attempts: Sequence[Attempt], states: Collection[str]) -> list[Attempt]:
    iterations = steps.map.iterations if steps.map is not None else {}
    return [
        attempt
        for attempt in attempts
        if attempt.chunk is not None and iterations.get(attempt.chunk) in states
    ]


def _failed_alone(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The calls outside of the Map of which the last one failed: the control's, the collect's."""
    alone = [attempt for attempt in attempts if attempt.chunk is None]
    last = {attempt.state: attempt for attempt in alone}
    return [attempt for attempt in alone if last[attempt.state].error is not None]


def _told(what: str, attempts: list[Attempt]) -> Selection:
    chunks = len({attempt.chunk for attempt in attempts} - {None})
    states = dict.fromkeys(attempt.state for attempt in attempts if attempt.chunk is None)
    parts = [*states, *([f"{chunks} chunk{'s' * (chunks != 1)}"] if chunks else [])]
    return Selection(f"what {what}: {', '.join(parts)}", _in_order(attempts))


def _in_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The control's, the chunks' in their order, and what came after them, each in time."""
    first = min((one.began for one in attempts if one.chunk is not None), default=None)

    def place(attempt: Attempt) -> tuple[int, int]:
        if attempt.chunk is not None:
            return 1, attempt.chunk
        return (0 if first is None or attempt.began <= first else 2), 0

    return sorted(attempts, key=place)
