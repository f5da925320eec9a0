"""How many records of a job are done, and which were set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fan_out.cli.fate import Fate
from fan_out.runtime.bad_records import ANSWERS_KEY, BAD_RECORDS_KEY


@dataclass(frozen=True)
class Records:
    """``done`` of ``total``. ``set_aside`` are those of finished chunks that are not done, with
    their errors, as the workers answered them."""

    total: int
    done: int
    set_aside: tuple[Any, ...] = ()

    @classmethod
    def of(cls, done: Iterable[Fate], left: Iterable[Fate]) -> Records:
        """Count those of the chunks that are done, and of the others."""
        finished, bad = 0, []
        for fate in done:
            finished += fate.count
            bad += set_aside_in(fate.answer)
        total = finished + sum(fate.count for fate in left)
        return cls(total=total, done=finished - len(bad), set_aside=tuple(bad))


def set_aside_in(answer: Any) -> list[Any]:
    """The bad records of a worker's answer; none of one that sets no records aside."""
    keys = (ANSWERS_KEY, BAD_RECORDS_KEY)
    if not isinstance(answer, Mapping) or not all(
        isinstance(answer.get(key), list) for key in keys
    ):
        return []
    return list(answer[BAD_RECORDS_KEY])
