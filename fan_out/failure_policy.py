"""How many chunks of a run, and how many of its records, may fail: a choice, checked when made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fan_out.quotas import is_token
from fan_out.runtime.budget import MOST_CHUNKS
from fan_out.runtime.numbers import MOST_RECORDS, described, number, whole_number


@dataclass(frozen=True)
class FailurePolicy:
    """What a failed chunk does to its run; made by ``stop`` or ``tolerate``.

    ``chunks`` or ``percent`` (0 to 100, of the chunks) may fail, and ``records`` or
    ``records_percent`` may be bad; none of these: the first failed chunk ends the run. ``halve``:
    one that is too much for a worker is cut in two first.
    """

    chunks: int | None = None
    percent: float | None = None
    halve: bool = False
    records: int | None = None
    records_percent: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.halve, bool):
            raise ValueError(f"halve must be a bool, got {described(self.halve)}")
        if self.halve and not self.tolerates:
            raise ValueError("halve needs a policy that tolerates failures, got none")
        _check("chunks", self.chunks, MOST_CHUNKS, "percent", self.percent)
        _check("records", self.records, MOST_RECORDS, "records_percent", self.records_percent)

    @classmethod
    def stop(cls) -> FailurePolicy:
        """The first failed chunk ends the run; its siblings are aborted."""
        return cls()

    @classmethod
    def tolerate(
        cls,
        *,
        chunks: int | None = None,
        percent: float | None = None,
        records: int | None = None,
        records_percent: float | None = None,
        halve: bool = False,
    ) -> FailurePolicy:
        """Every chunk runs to its end; the run fails where more than these have failed.

        Give ``chunks`` from 0 or ``percent`` of the chunks from 0 to 100, and ``records`` or
        ``records_percent`` likewise, or those alone. A bad record is one that was set aside, or
        that a failed chunk has. With ``halve``, a chunk that ran out of time or memory, and only
        that, is cut in two and tried again, down to one record; halves then count as chunks.

        Raises ValueError where none of them or both of a pair are given, or one is out of range or
        a token.
        """
        limits = (chunks, percent, records, records_percent)
        if all(limit is None for limit in limits):
            raise ValueError("tolerate needs chunks, percent, records or records_percent, got none")
        return cls(chunks, percent, halve, records, records_percent)

    @property
    def tolerates(self) -> bool:
        """Whether a failed chunk leaves its siblings running."""
        return self.limits_chunks or self.limits_records

    @property
    def limits_chunks(self) -> bool:
        """Whether there is a limit on failed chunks."""
        return self.chunks is not None or self.percent is not None

    @property
    def limits_records(self) -> bool:
        """Whether there is a limit on bad records."""
        return self.records is not None or self.records_percent is not None


def _check(name: str, count: Any, most: int, percent_name: str, percent: Any) -> None:
    """Check a limit, a whole number or a percentage."""
    if count is not None and percent is not None:
        raise ValueError(
            f"a FailurePolicy tolerates {name} or {percent_name}, got both: {described(count)} "
            f"and {described(percent)}"
        )
    for given_name, value in ((name, count), (percent_name, percent)):
        if value is not None and is_token(value):
            raise ValueError(f"{given_name} must be known at synth, got a token")
    if count is not None:
        whole_number(name, count, least=0, most=most)
    if percent is not None:
        number(percent_name, percent, least=0, most=100)
