"""How the chunks of a run are gone through: the choices of a FanOut, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from fan_out.failure_policy import FailurePolicy
from fan_out.quotas import check_max_concurrency
from fan_out.retry import Retry, error_names
from fan_out.runtime.budget import (
    EVENTS_PER_CHUNK,
    EVENTS_PER_FAILURE,
    EVENTS_TO_FINISH,
    EVENTS_TO_HALVE,
)
from fan_out.runtime.numbers import described


@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """How many workers at a time, what each is given, and what becomes of one that does not end.

    The parameters of the same names of ``FanOut``. Raises ValueError for one that is wrong.
    """

    max_concurrency: int
    pass_input: bool
    carry_on: bool | cdk.Duration
    on_failure: FailurePolicy
    retry: Retry
    retry_on: tuple[str, ...]

    @classmethod
    def checked(
        cls,
        *,
        max_concurrency: Any,
        pass_input: Any,
        carry_on: Any,
        on_failure: Any,
        retry: Any,
        retry_on: Any,
    ) -> MapOptions:
        """Read the parameters as they were given; None for a policy or retry is the default."""
        check_max_concurrency(max_concurrency)
        on_failure = FailurePolicy.stop() if on_failure is None else on_failure
        retry = Retry() if retry is None else retry
        check_types(bool, pass_input=pass_input)
        check_types(FailurePolicy, on_failure=on_failure)
        check_types(Retry, retry=retry)
        if not isinstance(carry_on, bool | cdk.Duration):
            raise ValueError(f"carry_on must be a bool or a Duration, got {described(carry_on)}")
        if isinstance(carry_on, cdk.Duration) and carry_on.is_unresolved():
            raise ValueError("carry_on must be known at synth, got a token")
        return cls(
            max_concurrency=max_concurrency,
            pass_input=pass_input,
            carry_on=carry_on,
            on_failure=on_failure,
            retry=retry,
            retry_on=tuple(error_names(retry_on)),
        )

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


def check_types(kind: type, **given: Any) -> None:
    """Raise ValueError for the first parameter that is not of the kind."""
    for name, value in given.items():
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be a {kind.__name__}, got {described(value)}")
