"""Ending early without leaving anything behind: Ctrl-C, SIGTERM, a closed terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """A signal that asks to end, raised where the program is, as Ctrl-C is."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def endings_raised() -> Iterator[None]:
    """Raise SIGTERM and SIGHUP as Terminated while the body runs, so that it cleans up.

    One that is ignored stays so: ``nohup`` means that a closed terminal ends nothing. Python treats
    SIGINT likewise, which shells let their background jobs ignore.
    """
    heeded = [number for number in _ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _raise) for number in heeded}
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def cleaning_up_in_peace() -> Iterator[None]:
    """Ignore further signals once the body is left, until ``endings_raised`` is left too."""
    try:
        yield
    finally:
        for number in (signal.SIGINT, *_ENDINGS):
            signal.signal(number, signal.SIG_IGN)


def _raise(number: int, frame: FrameType | None) -> None:
    raise Terminated(number)
