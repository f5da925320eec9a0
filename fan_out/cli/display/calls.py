"""The log of one call of a function, under a heading that says which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from fan_out.cli.attempts import Attempt
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import one_line
from fan_out.cli.matching import Sighting
from fan_out.runtime.carry_on import CARRY_ON_KEY, ROUND_KEY
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY


def show_call(
    screen: Screen, attempt: Attempt, sighting: Sighting | None, chunks: int | None
) -> None:
    """Show what a call has logged, or why that is nothing; ``chunks`` is how many there are."""
    screen.show(f"==> {', '.join(_heading(attempt, sighting, chunks))} <==", style="bold")
    if sighting is None:
        screen.show(f"({_why_nothing(attempt)})")
        return
    for line in sighting.invocation.lines:
        screen.copy(line)
    if sighting.invocation.report is not None:
        screen.copy(sighting.invocation.report)


def _heading(attempt: Attempt, sighting: Sighting | None, chunks: int | None) -> Iterator[str]:
    if attempt.chunk is None:
        yield attempt.state
    else:
        yield f"chunk {attempt.chunk + 1} of {chunks}{_place(attempt.records)}"
    if (number := _round(attempt.payload)) is not None:
        yield f"round {number}"
    if attempt.number > 1:
        yield f"try {attempt.number}"
    yield f"{attempt.began.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if sighting is not None:
        likely = f" (the likeliest of {sighting.of} at that time)" if sighting.of > 1 else ""
        yield f"request {sighting.invocation.request_id}{likely}"
    if attempt.error is not None:
        yield attempt.error


def _place(records: dict[str, Any] | None) -> str:
    if records is None:
        return ""
    return f" (offset {records[OFFSET_KEY]}, count {records[COUNT_KEY]})"


def _round(payload: Any) -> int | None:
    rest = payload.get(CARRY_ON_KEY) if isinstance(payload, dict) else None
    number = rest.get(ROUND_KEY) if isinstance(rest, dict) else None
    return number if isinstance(number, int) else None


def _why_nothing(attempt: Attempt) -> str:
    if attempt.was_refused:
        return f"not started: {one_line(attempt.cause or '')}"
    if attempt.ended is None:
        return "nothing in the log yet"
    return "nothing in the log: it has not come yet, or was kept no longer"
