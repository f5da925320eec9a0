"""The progress of an execution: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from fan_out.cli.display.screen import Screen, duration
from fan_out.cli.outcome import Progress

SECONDS_BETWEEN_LINES = 5
"""Without a terminal: often enough to see that it lives, seldom enough for a log."""


class Shown(Protocol):
    """Shows the progress that it is given."""

    def update(self, progress: Progress) -> None:
        """Show it, where it is worth showing."""


@contextmanager
def progress_bar(screen: Screen) -> Iterator[Shown]:
    """Show progress while the body runs."""
    if not screen.err.is_terminal:
        yield _Lines(screen)
        return
    columns = (
        BarColumn(bar_width=30),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=screen.err, redirect_stdout=False, redirect_stderr=False) as bar:
        yield _Live(bar)


def described(progress: Progress) -> str:
    """Say how far an execution is, in half a line."""
    parts = ["planning"]
    if progress.chunks is not None:
        parts = [f"{progress.done} of {progress.chunks} chunks", f"{progress.running} running"]
        parts.append(f"{progress.failed} failed")
    if progress.retries:
        parts.append(retries(progress))
    return ", ".join(parts)


def retries(progress: Progress) -> str:
    """Say how many attempts were made again."""
    return f"{progress.retries} {'retry' if progress.retries == 1 else 'retries'}"


class _Live:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("planning", total=None)

    def update(self, progress: Progress) -> None:
        self._bar.update(
            self._task,
            description=described(progress),
            # an empty plan is a finished bar, not an endless one
            total=None if progress.chunks is None else max(progress.chunks, 1),
            completed=1 if progress.chunks == 0 else progress.done,
        )


class _Lines:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._began = time.monotonic()
        self._said: Progress | None = None
        self._when = 0.0

    def update(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._is_news(progress, now - self._when):
            self._said, self._when = progress, now
            self._screen.say(f"{described(progress)}, {duration(now - self._began)}")

    def _is_news(self, progress: Progress, since: float) -> bool:
        said = self._said
        if said is None or progress == said:
            return said is None
        planned = progress.chunks != said.chunks
        return planned or progress.unfinished == 0 or since >= SECONDS_BETWEEN_LINES
