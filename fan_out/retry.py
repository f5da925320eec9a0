"""How often and when a task that failed is tried again: a choice, checked when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk

from fan_out.quotas import is_token
from fan_out.runtime.numbers import described, number, whole_number

MOST_ATTEMPTS = MOST_INTERVAL_SECONDS = 99_999_999
"""MaxAttempts and IntervalSeconds. "Retrier examples", AWS Step Functions Developer Guide."""

MOST_DELAY_SECONDS = 31_622_399
"""MaxDelaySeconds must be less than 31,622,400, a year. As above."""

NEVER_RETRIED = {"States.ALL", "States.DataLimitExceeded", "States.Runtime"}
"""States.ALL must stand alone in a retrier; the others Step Functions does not try again."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """``attempts`` more (0: none), the first after ``interval``, each later by ``backoff``.

    Never more than ``max_delay`` apart, and each at random before its time is up (full jitter), so
    that workers which were throttled together do not come back together.

    Raises ValueError where a value is out of the bounds of Step Functions, or a token.
    """

    attempts: int = 6
    interval: cdk.Duration = field(default_factory=lambda: cdk.Duration.seconds(2))
    backoff: float = 2
    max_delay: cdk.Duration = field(default_factory=lambda: cdk.Duration.seconds(60))

    def __post_init__(self) -> None:
        for name in ("attempts", "backoff"):
            if is_token(getattr(self, name)):
                raise ValueError(f"{name} must be known at synth, got a token")
        whole_number("attempts", self.attempts, least=0, most=MOST_ATTEMPTS)
        number("backoff", self.backoff, least=1, most=100)
        interval = _seconds("interval", self.interval, most=MOST_INTERVAL_SECONDS)
        longest = _seconds("max_delay", self.max_delay, most=MOST_DELAY_SECONDS)
        if longest <= interval:
            raise ValueError(
                f"max_delay must be more than interval, {interval} seconds, got {longest} seconds"
            )


def check_error_names(given: Any) -> None:
    """Raise ValueError where ``retry_on`` is no list of names, or one is not to be retried."""
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise ValueError(f"retry_on must be a list of error names, got {described(given)}")
    for name in given:
        if not isinstance(name, str) or not name.strip() or is_token(name):
            raise ValueError(
                f'retry_on must be names such as "ThrottledByVendor", got {described(name)}'
            )
        if name in NEVER_RETRIED:
            raise ValueError(f"retry_on must not have {name}: Step Functions would not retry it")


def _seconds(name: str, value: Any, *, most: int) -> int:
    if not isinstance(value, cdk.Duration) or value.is_unresolved():
        raise ValueError(f"{name} must be a Duration, no token, got {described(value)}")
    seconds = value.to_seconds(integral=False)
    whole = int(seconds) if seconds == int(seconds) else seconds
    return whole_number(f"{name} (seconds)", whole, least=1, most=most)
