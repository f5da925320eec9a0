"""What an environment prints, as log events."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fan_out.local.lambda_service.configuration import LogEvent

MOST_BYTES = 262_144
"""The longest event, "CloudWatch Logs quotas"; a longer line is several events."""

FRAME = b"\xa5\x5a\x00"
"""What a frame of awslambdaric's FramedTelemetryLogSink begins with; never part of UTF-8 text."""

FRAME_HEAD = 16
"""4 bytes of type, 4 of length, 8 of microseconds since 1970, big-endian."""


class Log:
    """The pipe that the environment's processes print to, and the events that came out of it.

    Standard output, standard error and the runtime's framed log are one pipe, so that the order in
    which a function prints and logs is kept. A line is an event, and so is a frame, with all of its
    lines: a traceback stays in one piece.
    """

    def __init__(self) -> None:
        self._pipe, self._writing_end = os.pipe()
        os.set_blocking(self._pipe, False)
        self._unread = bytearray()
        self._events: list[LogEvent] = []
        self._latest = 0
        self._ended = False

    def fileno(self) -> int:
        """The reading end."""
        return self._pipe

    def read(self) -> bool:
        """Take in what was printed so far. Does not wait. False where nobody can print any more."""
        while not self._ended:
            try:
                printed = os.read(self._pipe, 1 << 16)
            except BlockingIOError:
                break
            self._ended = not printed
            self._unread += printed
            for moment, message in _events(self._unread, _now()):
                self._note(moment, message)
        return not self._ended

    def write(self, *messages: str) -> None:
        """Add messages of Lambda's own after everything that was printed before."""
        self.read()
        if self._unread:  # a line without an end, or a frame that its writer did not live to end
            head = FRAME_HEAD if self._unread.startswith(FRAME) else 0
            self._note(_now(), _text(self._unread[head:]))
            self._unread.clear()
        for message in messages:
            self._note(_now(), message)

    def take(self) -> list[LogEvent]:
        """Answer the events since the last time, in order; what was printed is read first."""
        self.read()
        events, self._events = self._events, []
        return events

    @contextmanager
    def writing_end(self) -> Iterator[int]:
        """The descriptor to pass on, once; then it is theirs alone, and the pipe ends with them."""
        try:
            yield self._writing_end
        finally:
            os.close(self._writing_end)

    def close(self) -> None:
        """Close the reading end."""
        os.close(self._pipe)

    def _note(self, moment: int, message: str) -> None:
        # a line is of the moment when it is read, which a frame may be older than
        self._latest = max(self._latest, moment)
        self._events.append((self._latest, message))


def _events(unread: bytearray, now: int) -> Iterator[LogEvent]:
    """Take the lines and frames that are complete off the front of ``unread``."""
    start = 0
    frame = unread.find(FRAME)
    while start < len(unread):
        if frame == start:
            length = FRAME_HEAD + int.from_bytes(unread[start + 4 : start + 8], "big")
            if len(unread) < start + FRAME_HEAD or len(unread) < start + length:
                break
            moment = int.from_bytes(unread[start + 8 : start + FRAME_HEAD], "big") // 1000
            yield moment, _text(unread[start + FRAME_HEAD : start + length])
            start += length
            frame = unread.find(FRAME, start)
            continue
        limit = frame if frame >= 0 else len(unread)
        end = unread.find(b"\n", start, limit) + 1
        if not end:
            if frame < 0 and limit - start < MOST_BYTES:
                break
            end = limit
        yield now, _text(unread[start:end])
        start = end
    del unread[:start]


def _text(printed: bytearray) -> str:
    return printed.decode(errors="replace")


def _now() -> int:
    return time.time_ns() // 1_000_000
