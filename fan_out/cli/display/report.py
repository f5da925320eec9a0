"""How an execution ended: its summary, its result shortened, its failure with where to look."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from fan_out.cli.display.bar import retries
from fan_out.cli.display.screen import WIDTH, Screen, clipped, duration
from fan_out.cli.failure import Failure
from fan_out.cli.outcome import Summary
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY

LINES = 20
"""Lines of a result that is not shown whole."""


def summary_line(summary: Summary) -> str:
    """Say how an execution ended, in one line."""
    progress = summary.progress
    status = summary.status.lower().replace("_", " ")
    parts = [f"{status} after {duration(summary.seconds)}"]
    if progress.chunks is not None:
        parts.append(f"{progress.done} of {progress.chunks} chunks done")
        if progress.failed:
            parts.append(f"{progress.failed} failed")
        if progress.unfinished:
            parts.append(f"{progress.unfinished} not finished")
    if progress.retries:
        parts.append(retries(progress))
    if progress.further_rounds:
        rounds = f"{progress.further_rounds} further round{'s' * (progress.further_rounds != 1)}"
        parts.append(f"{rounds} (smaller chunks need fewer)")
    return ", ".join(parts)


def show_result(screen: Screen, output: str, chunks: int | None) -> None:
    """Show a machine's output in at most some 20 lines, one for each answer of ``chunks``."""
    value = json.loads(output)
    answers = isinstance(value, list) and len(value) == chunks
    rows = list(_answers(value) if answers else _lines(value))
    width = screen.out.width if screen.out.is_terminal else WIDTH
    kept = _middle_out(rows)
    number = f" {chunks} answer{'s' * (chunks != 1)}, in chunk order" if answers else ""
    screen.show(f"result:{number}")
    for row in kept:
        screen.show(clipped(row, width))
    if len(kept) < len(rows) or any(len(row) > width for row in kept):
        screen.show("  (shortened; --json prints all of it)")


def headline(failure: Failure, chunks: int | None) -> str:
    """Say in one line what failed, where, and why."""
    what = f"{failure.error}: {failure.message}" if failure.message else failure.error
    what = " ".join(what.split())
    if failure.state is None:
        return what
    if failure.chunk is None:
        return f"{failure.state} failed: {what}"
    return f"chunk {failure.chunk + 1} of {chunks} failed{_place(failure.input)}: {what}"


def details(failure: Failure) -> Iterator[tuple[str, str]]:
    """Answer where a failure was: pairs of a label and a text."""
    if failure.state is not None:
        yield "state", failure.state
    if failure.input is not None:
        yield "input", failure.input
    if failure.function is not None:
        yield "function", failure.function
    if failure.request_id is not None:
        yield "request", failure.request_id


def log_command(group: str, region: str, since: datetime, request_id: str | None) -> str:
    """Answer the command that shows a function's log, of one invocation where it is known."""
    start = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    command = ["aws", "logs", "tail", group, "--region", region, "--since", start]
    if request_id is not None:
        command += ["--filter-pattern", f'"{request_id}"']
    return shlex.join(command)


def show_details(screen: Screen, rows: Iterator[tuple[str, str]]) -> None:
    """Write labelled texts to stderr, their lines below each other."""
    width = screen.err.width if screen.err.is_terminal else 1_000
    for label, text in rows:
        first, *rest = text.splitlines() or [""]
        screen.say(f"  {label:<9}{clipped(first, width - 11) if label == 'input' else first}")
        for line in rest:
            screen.say(f"  {'':<9}{line}")


def _place(text: str | None) -> str:
    try:
        chunk = json.loads(text or "")
        return f" (offset {chunk[OFFSET_KEY]}, count {chunk[COUNT_KEY]})"
    except (ValueError, TypeError, KeyError):
        return ""


def _answers(values: Sequence[Any]) -> Iterator[str]:
    digits = len(str(len(values)))
    for number, answer in enumerate(values, 1):
        yield f"  {number:>{digits}}  {json.dumps(answer, ensure_ascii=False)}"


def _lines(value: Any) -> Iterator[str]:
    for line in json.dumps(value, indent=2, ensure_ascii=False).splitlines():
        yield f"  {line}"


def _middle_out(rows: Sequence[str]) -> list[str]:
    if len(rows) <= LINES + 1:  # leaving out one line would take one
        return list(rows)
    head, tail = rows[: LINES * 3 // 4], rows[-LINES // 4 :]
    return [*head, f"  … {len(rows) - len(head) - len(tail)} more …", *tail]
