"""The table of how it went: a line for each row, which ``make faults`` prints."""

from dataclasses import dataclass

import pytest

HEADINGS = ("records", "done", "lost", "doubled", "misreported", "seconds", "verdict")


@dataclass(frozen=True, kw_only=True)
class Line:
    """How one row went; ``done`` are the records that are done in the end."""

    name: str
    records: int
    done: int
    lost: int
    doubled: int
    misreported: int
    seconds: float
    verdict: str

    def shown(self, width: int) -> str:
        """The line, its name being so wide."""
        cells = [
            f"{self.seconds:.1f}" if head == "seconds" else getattr(self, head) for head in HEADINGS
        ]
        columns = (f"{cell:>{len(head)}}" for cell, head in zip(cells, HEADINGS, strict=True))
        return f"{self.name:<{width}}  {'  '.join(columns)}"


LINES = pytest.StashKey[list[Line]]()


def table(lines: list[Line]) -> list[str]:
    """All of it, with its headings."""
    width = max(len(line.name) for line in lines)
    return [f"{'fault':<{width}}  {'  '.join(HEADINGS)}", *(line.shown(width) for line in lines)]
