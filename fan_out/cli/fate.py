"""What has become of one chunk of an execution, or of each part of one that was cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fan_out.cli.events import Event
from fan_out.cli.steps import DONE, TOLERATED
from fan_out.cli.tolerated import parts_of
from fan_out.runtime.chunk import COUNT_KEY, ITEMS_KEY, OFFSET_KEY
from fan_out.runtime.tolerated import FAILURE_KEY, RESULT_KEY


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What has become of one chunk.

    ``item`` is the chunk as it stands in the plan, ``number`` its place in there, from 1. ``state``
    is None where it was never started. ``end`` is the event that its iteration ended with, and
    ``output`` what the iteration then had, as JSON text: where it is ``wrapped``, a result or a
    failure, or a list of them if the chunk was cut.
    """

    item: dict[str, Any]
    number: int
    state: str | None
    end: Event | None = None
    output: str | None = None
    wrapped: bool = False

    @property
    def offset(self) -> int:
        """Its first record."""
        return int(self.item[OFFSET_KEY])

    @property
    def count(self) -> int:
        """Its records."""
        return int(self.item[COUNT_KEY])

    @property
    def answer(self) -> Any:
        """What its worker answered, of a chunk that is done."""
        output = self._output
        wrapped = self.wrapped and isinstance(output, dict) and RESULT_KEY in output
        return output[RESULT_KEY] if wrapped else output

    @property
    def failure(self) -> dict[str, Any]:
        """The ``error`` and ``cause`` of a chunk whose failure was tolerated."""
        found: dict[str, Any] = self._output[FAILURE_KEY]
        return found

    @property
    def parts(self) -> list[Fate]:
        """Those of the chunks that this one was cut into; itself alone where it was not."""
        if not self.wrapped or self.state not in (DONE, TOLERATED):
            return [self]
        return list(self._cut(parts_of(self.output))) or [self]

    @property
    def _output(self) -> Any:
        return json.loads(self.output or "null")

    def _cut(self, parts: list[dict[str, Any]]) -> Iterator[Fate]:
        """The parts come in the order of their records, and only failures say which these are:
        what lies between two of them is counted as the first result's there, and has the last of
        these records for the others' place."""
        start, end = self.offset, self.offset + self.count
        for number, part in enumerate(parts):
            if FAILURE_KEY in part:
                start, until = _records(part)
                yield self._part(TOLERATED, part, start, until)
            else:
                later = (other for other in parts[number:] if FAILURE_KEY in other)
                until = next((_records(other)[0] for other in later), end)
                yield self._part(DONE, part, start, until)
            start = until

    def _part(self, state: str, part: dict[str, Any], start: int, until: int) -> Fate:
        item = {**self.item, COUNT_KEY: until - start, OFFSET_KEY: min(start, until - 1)}
        if ITEMS_KEY in item:
            item[ITEMS_KEY] = item[ITEMS_KEY][start - self.offset : until - self.offset]
        return replace(self, item=item, state=state, output=json.dumps(part))


def _records(failed: dict[str, Any]) -> tuple[int, int]:
    chunk = failed[FAILURE_KEY]["chunk"]
    return chunk[OFFSET_KEY], chunk[OFFSET_KEY] + chunk[COUNT_KEY]
