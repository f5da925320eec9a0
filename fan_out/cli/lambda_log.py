"""The log of a Lambda environment, taken apart into its invocations.

An environment runs one invocation after the other, and writes to one stream. Lambda's own lines say
where one begins and ends; a handler may print such lines, too, of other requests or of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fan_out.runtime.chunk_line import BEGINNING, chunk_in

START, END, REPORT = "START", "END", "REPORT"

_TEXT = re.compile(
    r"(?:(START) RequestId: ([0-9a-f-]{36}) Version: \S+|(END|REPORT) RequestId: ([0-9a-f-]{36}))\s"
)
_JSON = {"platform.start": START, "platform.runtimeDone": END, "platform.report": REPORT}
"""The same in a log of the format JSON. "Configuring advanced logging controls", AWS Lambda
Developer Guide."""

_LOADS = re.compile(r'INIT_START |\{[^{]*"platform\.initStart"')
"""How Lambda tells that it loads a function."""

STARTS = '?"START RequestId" ?"platform.start"'
"""The filter pattern that finds where invocations begin."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What one invocation has logged.

    ``lines`` are its own, with those of the loading of its module where it was the first of its
    environment; ``report`` is Lambda's line on it, None where that has not come (yet). ``records``
    is what ``chunk_line`` wrote, None where that did not.
    """

    request_id: str
    lines: tuple[str, ...]
    report: str | None = None
    records: dict[str, Any] | None = None


class Stream:
    """What one environment has logged: its events' messages, in their order."""

    def __init__(self, messages: Sequence[str]) -> None:
        self._messages = messages
        self._marks = [mark(message) for message in messages]

    def invocation(self, request_id: str) -> Invocation:
        """Find an invocation in there."""
        if (START, request_id) not in self._marks:  # Lambda can be told to log no such lines
            return _made(request_id, [text for text in self._messages if request_id in text])
        begins = self._marks.index((START, request_id))
        # the last ones are Lambda's; those before them the handler has printed
        reported = self._last((REPORT, request_id), begins, len(self._messages))
        ended = self._last((END, request_id), begins, reported or len(self._messages))
        # an environment that has not ended it runs nothing else: whatever follows is its own
        until = next((at for at in (reported, ended) if at is not None), len(self._messages))
        own = (at for at in range(begins + 1, until) if at != ended)
        late = self._messages[until + 1 : self._next_start(until)]
        texts = [
            *self._loading(begins),
            *(self._messages[at] for at in own),
            *(text for text in late if request_id in text),
        ]
        report = None if reported is None else self._messages[reported].rstrip()
        return _made(request_id, texts, report)

    def _loading(self, begins: int) -> Iterator[str]:
        """What was printed before the start: by the module while it was loaded, or why it was not
        to be loaded."""
        before = next((at for at in reversed(range(begins)) if self._marks[at]), -1)
        kind, request = (self._marks[before] if before >= 0 else None) or ("", "")
        for text in self._messages[before + 1 : begins]:
            # of the invocation before, Lambda may tell after its end that it timed out
            is_of_that = kind == START or (request and request in text)
            if not is_of_that and not _LOADS.match(text):
                yield text

    def _next_start(self, after: int) -> int:
        later = range(after + 1, len(self._marks))
        return next((at for at in later if _is_start(self._marks[at])), len(self._marks))

    def _last(self, wanted: tuple[str, str], after: int, before: int) -> int | None:
        found = (at for at in reversed(range(after + 1, before)) if self._marks[at] == wanted)
        return next(found, None)


def mark(message: str) -> tuple[str, str] | None:
    """Read a line of Lambda's own: what of an invocation it says, and which request it is."""
    if found := _TEXT.match(f"{message} "):
        return found[1] or found[3], found[2] or found[4]
    if not message.startswith("{") or '"platform.' not in message:
        return None
    event = _object(message)
    kind, record = _JSON.get(str(event.get("type"))), event.get("record")
    request = record.get("requestId") if isinstance(record, dict) else None
    return (kind, str(request)) if kind and request else None


def _is_start(found: tuple[str, str] | None) -> bool:
    return found is not None and found[0] == START


def _made(request_id: str, texts: list[str], report: str | None = None) -> Invocation:
    told = next((at for at, text in enumerate(texts) if _records_in(text)), None)
    records = None if told is None else _records_in(texts.pop(told))
    lines = [line for text in texts for line in _readable(text)]
    return Invocation(request_id=request_id, lines=tuple(lines), report=report, records=records)


def _records_in(text: str) -> dict[str, Any] | None:
    """What ``chunk_line`` wrote, where it wrote this."""
    return chunk_in(_object(text.removeprefix(BEGINNING))) if text.startswith(BEGINNING) else None


def _readable(message: str) -> list[str]:
    """The lines of a message; in the format JSON, a traceback is a list within."""
    event = _object(message) if message.startswith("{") and '"stackTrace"' in message else {}
    trace = event.pop("stackTrace", None)
    if not isinstance(trace, list) or not trace:
        return message.rstrip("\n").splitlines() or [""]
    rest = json.dumps(event, ensure_ascii=False)
    return [rest, *(line for part in trace for line in str(part).splitlines())]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
