"""How large a chunk is: a choice, checked when it is made, handed to the control function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from fan_out.quotas import check_whole, is_token
from fan_out.runtime.budget import LAMBDA_SECONDS
from fan_out.runtime.numbers import MOST_RECORDS, described, number
from fan_out.runtime.sizing import NANOSECONDS, records_within

SAFE_PART = 0.8
"""The part of the worker's timeout that a chunk is planned for: records differ, and so do machines.
12 of 15 minutes."""


@dataclass(frozen=True)
class ChunkSize:
    """How large a chunk is; made by ``at_most``, ``even`` or ``to_fit``.

    ``choice`` is what the control function is told, ``within`` the seconds that a chunk may take
    (None: 80 % of the worker's timeout).
    """

    choice: Mapping[str, Any]
    within: float | None = None

    @classmethod
    def at_most(cls, n: int) -> ChunkSize:
        """Chunks of ``n`` records, the last one with what is left.

        Raises ValueError where ``n`` is no whole number from 1; CDK tokens are let through.
        """
        check_whole("chunk_size", n, least=1, most=MOST_RECORDS)
        return cls({"atMost": n})

    @classmethod
    def even(cls, *, jobs: int) -> ChunkSize:
        """``jobs`` chunks whose sizes differ by at most one; fewer where there are fewer records.

        Raises ValueError where ``jobs`` is no whole number from 1; CDK tokens are let through.
        """
        check_whole("jobs", jobs, least=1, most=MOST_RECORDS)
        return cls({"jobs": jobs})

    @classmethod
    def to_fit(
        cls,
        *,
        seconds_per_record: float,
        overhead_seconds: float = 0,
        within: cdk.Duration | None = None,
    ) -> ChunkSize:
        """As few even chunks as stay ``within`` a time and end soonest.

        A chunk of n records takes ``overhead_seconds + n * seconds_per_record``. Default for
        ``within``: 80 % of the worker's timeout, 12 of 15 minutes.

        Raises ValueError where a number is out of range, or not even one record fits.
        """
        _known_number("seconds_per_record", seconds_per_record, least=1 / NANOSECONDS)
        _known_number("overhead_seconds", overhead_seconds, least=0)
        seconds = None
        if within is not None:
            if not isinstance(within, cdk.Duration) or within.is_unresolved():
                raise ValueError(f"within must be a Duration, no token, got {described(within)}")
            seconds = within.to_seconds(integral=False)
            _known_number("within (seconds)", seconds, least=1 / NANOSECONDS)
        choice = {"secondsPerRecord": seconds_per_record, "overheadSeconds": overhead_seconds}
        return cls(choice, seconds)

    def seconds_within(self, worker_timeout: cdk.Duration | None) -> float | None:
        """The seconds that a chunk may take; None where the worker's timeout is not known.

        Raises ValueError where that is longer than the worker's timeout, or not even one record
        fits, or it must be known and is not.
        """
        if worker_timeout is None:
            within = self.within
            if within is None and "secondsPerRecord" in self.choice:
                raise ValueError("within is needed where the worker's timeout is not known")
        else:
            most = worker_timeout.to_seconds(integral=False)
            within = most * SAFE_PART if self.within is None else self.within
            if within > most:
                raise ValueError(
                    f"within must be at most the worker's timeout, {most:g} seconds, "
                    f"got {within:g} seconds"
                )
        if within is not None and "secondsPerRecord" in self.choice:
            self._check_that_a_record_fits(within)
        return within

    def _check_that_a_record_fits(self, within: float) -> None:
        record, overhead = self.choice["secondsPerRecord"], self.choice["overheadSeconds"]
        if records_within(record, overhead, within) == 0:
            raise ValueError(
                f"a record must fit into {within:g} seconds, got {record:g} seconds and "
                f"{overhead:g} of overhead"
            )


def _known_number(name: str, value: Any, *, least: float) -> None:
    if is_token(value):
        raise ValueError(f"{name} must be known at synth, got a token")
    number(name, value, least=least, most=LAMBDA_SECONDS)


def chunk_size_given(given: Any) -> ChunkSize | None:
    """Read the parameter: a ChunkSize, an int (at most so many), or None.

    Raises ValueError for anything else.
    """
    if given is None or isinstance(given, ChunkSize):
        return given
    if isinstance(given, int | float | str):
        return ChunkSize.at_most(given)  # type: ignore[arg-type]
    raise ValueError(f"chunk_size must be a ChunkSize or a whole number, got {described(given)}")
