"""How the chunks of a run are gone through: the choices of a FanOut, checked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from fan_out.failure_policy import FailurePolicy
from fan_out.quotas import check_max_concurrency
from fan_out.retry import Retry, check_error_names
from fan_out.runtime.budget import (
    BYTES_PER_CHUNK,
    BYTES_PER_FAILURE,
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    EVENTS_PER_FAILURE,
    EVENTS_PER_RETRY,
    EVENTS_PER_ROUND,
    EVENTS_TO_COLLECT,
    EVENTS_TO_COUNT,
    EVENTS_TO_FINISH,
    EVENTS_TO_HALVE,
    most_chunks,
)
from fan_out.runtime.numbers import described


@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """How many workers at a time, what each is given, and what becomes of one that does not end.

    The parameters of the same names of ``FanOut``, and whether it ``collects``. Raises ValueError
    for one that is wrong.
    """

    max_concurrency: int
    pass_input: bool
    carry_on: bool | cdk.Duration
    on_failure: FailurePolicy
    retry: Retry
    retry_on: Sequence[str]
    collects: bool = False

    def __post_init__(self) -> None:
        check_max_concurrency(self.max_concurrency)
        check_types(bool, pass_input=self.pass_input)
        check_types(FailurePolicy, on_failure=self.on_failure)
        check_types(Retry, retry=self.retry)
        check_error_names(self.retry_on)
        if not isinstance(self.carry_on, bool | cdk.Duration):
            raise ValueError(
                f"carry_on must be a bool or a Duration, got {described(self.carry_on)}"
            )
        if isinstance(self.carry_on, cdk.Duration) and self.carry_on.is_unresolved():
            raise ValueError("carry_on must be known at synth, got a token")

    @property
    def carries_on(self) -> bool:
        """Whether a worker that has not finished is started again."""
        return self.carry_on is not False

    @property
    def events_per_chunk(self) -> int:
        """The events of the history that a chunk takes, done in one round or failed."""
        if self.on_failure.halve:
            return EVENTS_PER_CHUNK + EVENTS_TO_HALVE
        done = EVENTS_PER_CHUNK + (EVENTS_TO_FINISH if self.carries_on else 0)
        return max(done, EVENTS_PER_FAILURE) if self.on_failure.tolerates else done

    @property
    def events_around(self) -> int:
        """The events of the history that the states take around the chunks."""
        counted = EVENTS_TO_COUNT if self.on_failure.tolerates else 0
        return EVENTS_AROUND + counted + (EVENTS_TO_COLLECT if self.collects else 0)

    @property
    def most_chunks(self) -> int:
        """The longest plan that the machine carries."""
        again = EVENTS_PER_RETRY + (EVENTS_PER_ROUND if self.carries_on else 0)
        size = BYTES_PER_FAILURE if self.on_failure.tolerates else BYTES_PER_CHUNK
        return most_chunks(
            self.events_per_chunk, size, events_around=self.events_around, events_per_try=again
        )


def check_types(kind: type, **given: Any) -> None:
    """Raise ValueError for the first parameter that is not of the kind."""
    for name, value in given.items():
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be a {kind.__name__}, got {described(value)}")
