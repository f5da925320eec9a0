"""What came out of an execution, shortened: its answers, and what failed all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fan_out.cli.advice import advice_on
from fan_out.cli.display.screen import WIDTH, Screen, clipped
from fan_out.cli.errors import one_line
from fan_out.cli.failure import Failure, explained
from fan_out.cli.fate import Fate
from fan_out.cli.output import Output
from fan_out.cli.records import Records

LINES = 20
"""Lines of a list that is not shown whole."""

ALL_OF_IT = "  (shortened; --json prints all of it)"
SHORTENED = "  (shortened)"


def show_result(screen: Screen, output: Output) -> None:
    """Show a machine's output in at most some 20 lines, one for each answer that it is made of."""
    if output.answers is None:
        _show(screen.show, screen, "result:", list(_lines(json.loads(output.text))))
        return
    count = len(output.answers)
    heading = f"result: {count} answer{'s' * (count != 1)}, in chunk order"
    _show(screen.show, screen, heading, list(_answers(output.answers)))


def show_failures(screen: Screen, failed: Sequence[Fate], *, in_output: bool) -> None:
    """Show which chunks failed and why, where any did.

    ``in_output`` says whether the machine's output has them too.
    """
    if not failed:
        return
    failures = [explained(fate.failure.get("error"), fate.failure.get("cause")) for fate in failed]
    heading = f"failures: {len(failed)} chunk{'s' * (len(failed) != 1)}"
    hint = ALL_OF_IT if in_output else SHORTENED
    _show(screen.show, screen, heading, list(_failures(failed, failures)), hint)
    for advice in dict.fromkeys(advice_on(failure.message) for failure in failures):
        if advice is not None:
            screen.show(f"  {advice}")


def show_set_aside(screen: Screen, records: Records, *, succeeded: bool) -> None:
    """Show which records were set aside and why, where any were: as a part of the result, or of
    what is told of a failure."""
    if not records.set_aside:
        return
    count = len(records.set_aside)
    heading = f"set aside: {count} record{'s' * (count != 1)}"
    write = screen.show if succeeded else screen.say
    _show(write, screen, heading, [_bad_record(bad) for bad in records.set_aside], SHORTENED)


def _show(
    write: Callable[[str], None],
    screen: Screen,
    heading: str,
    rows: list[str],
    hint: str = ALL_OF_IT,
) -> None:
    width = screen.out.width if screen.out.is_terminal else WIDTH
    kept = _middle_out(rows)
    write(heading)
    for row in kept:
        write(clipped(row, width))
    if len(kept) < len(rows) or any(len(row) > width for row in kept):
        write(hint)


def _failures(failed: Sequence[Fate], failures: Sequence[Failure]) -> Iterator[str]:
    digits = len(str(max(fate.number for fate in failed)))
    for fate, why in zip(failed, failures, strict=True):
        what = f"{why.error}: {why.message}" if why.message else why.error
        place = f"offset {fate.offset}, count {fate.count}"
        yield f"  {fate.number:>{digits}}  {place}: {one_line(what)}"


def _bad_record(bad: Any) -> str:
    """What ``set aside`` tells of one: its number, and the error; another shape as it is."""
    try:
        number, error, message = bad["record"], bad["error"], bad["message"]
    except (TypeError, KeyError):
        return f"  {one_line(json.dumps(bad, ensure_ascii=False))}"
    return f"  record {number}: {one_line(f'{error}: {message}' if message else error)}"


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
