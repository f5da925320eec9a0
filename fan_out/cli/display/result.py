"""What came out of an execution, shortened: its answers, and what failed all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from fan_out.cli.display.screen import WIDTH, Screen, clipped
from fan_out.cli.errors import one_line
from fan_out.cli.failure import explained
from fan_out.cli.fate import Fate
from fan_out.cli.output import Output
from fan_out.cli.tolerated import Tolerated

LINES = 20
"""Lines of a list that is not shown whole."""

ALL_OF_IT = "  (shortened; --json prints all of it)"


def show_result(screen: Screen, output: Output) -> None:
    """Show a machine's output in at most some 20 lines, one for each answer that it is made of."""
    if output.answers is None:
        _show(screen, "result:", list(_lines(json.loads(output.text))))
        return
    count = len(output.answers)
    heading = f"result: {count} answer{'s' * (count != 1)}, in chunk order"
    _show(screen, heading, list(_answers(output.answers)))


def show_failures(
    screen: Screen, failed: Sequence[Fate], tolerated: Tolerated | None, *, in_output: bool
) -> None:
    """Show which chunks failed and why, and how many records were set aside, where any were.

    ``in_output`` says whether the machine's output has them too.
    """
    if failed:
        count = len(failed)
        heading = f"failures: {count} chunk{'s' * (count != 1)}"
        hint = ALL_OF_IT if in_output else "  (shortened)"
        _show(screen, heading, list(_failures(failed)), hint)
    if tolerated is not None and tolerated.set_aside > 0:
        parts = [f"{tolerated.succeeded} of {tolerated.records} succeeded"]
        if tolerated.in_failed_chunks:
            parts.append(f"{tolerated.in_failed_chunks} in failed chunks")
        screen.show(f"records: {', '.join(parts)}, {tolerated.set_aside} set aside")


def _show(screen: Screen, heading: str, rows: list[str], hint: str = ALL_OF_IT) -> None:
    width = screen.out.width if screen.out.is_terminal else WIDTH
    kept = _middle_out(rows)
    screen.show(heading)
    for row in kept:
        screen.show(clipped(row, width))
    if len(kept) < len(rows) or any(len(row) > width for row in kept):
        screen.show(hint)


def _failures(failed: Sequence[Fate]) -> Iterator[str]:
    digits = len(str(max(fate.number for fate in failed)))
    for fate in failed:
        why = explained(fate.failure.get("error"), fate.failure.get("cause"))
        what = f"{why.error}: {why.message}" if why.message else why.error
        place = f"offset {fate.offset}, count {fate.count}"
        yield f"  {fate.number:>{digits}}  {place}: {one_line(what)}"


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
