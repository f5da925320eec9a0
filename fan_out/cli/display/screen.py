"""Where the commands write: what was asked for on stdout, everything about it on stderr."""

from __future__ import annotations

from contextlib import suppress

from rich.console import Console

WIDTH = 100
"""Columns of what is shortened where there is no terminal to measure."""


class Screen:
    """Standard output and standard error, each a terminal or not."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, markup=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, markup=False, emoji=False)

    def say(self, line: str, style: str | None = None) -> None:
        """Write a line about what happens to stderr."""
        self.err.print(printable(line), style=style, soft_wrap=True)

    def show(self, line: str, style: str | None = None) -> None:
        """Write a line of what was asked for to stdout."""
        self.out.print(printable(line), style=style, soft_wrap=True)

    def copy(self, line: str) -> None:
        """Write somebody else's line to stdout as it is, tabs and all."""
        print(printable(line), file=self.out.file, flush=True)

    def error(self, line: str) -> None:
        """Write the one line that a command ends with when it fails."""
        with suppress(BrokenPipeError):
            self.err.print(f"error: {printable(line)}", style="bold red", soft_wrap=True)


def printable(text: str) -> str:
    """Escape what a terminal would take for a command: the text may come from anyone's data."""
    kept = "\n\t\xa0"  # the last is what Lambda indents a traceback with
    return "".join(
        letter if letter.isprintable() or letter in kept else ascii(letter)[1:-1] for letter in text
    )


def clipped(text: str, width: int) -> str:
    """Shorten a text to a width, the end being an ellipsis where something is left out."""
    return text if len(text) <= width else text[: width - 1] + "…"


def duration(seconds: float) -> str:
    """Say how long something took: ``1.2 s``, ``3 min 05 s``, ``2 h 00 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
