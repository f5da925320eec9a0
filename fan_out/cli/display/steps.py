"""The steps of a command as they go, each with the time that it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fan_out.cli.display.screen import Screen, duration


@contextmanager
def step(screen: Screen, what: str) -> Iterator[None]:
    """Show that a step is going on while the body runs, and then how long it took."""
    began = time.monotonic()
    with ExitStack() as spinning:
        if screen.err.is_terminal:
            spinning.enter_context(screen.err.status(f"{what} …"))
        try:
            yield
        except BaseException:
            spinning.close()
            screen.say(f"✗ {what}, {duration(time.monotonic() - began)}", style="red")
            raise
    screen.say(f"✓ {what}, {duration(time.monotonic() - began)}")
