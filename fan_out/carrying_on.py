"""Whether and when a worker stops before its timeout: checked, and handed to the function."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from fan_out.functions import is_function
from fan_out.quotas import LAMBDA_SECONDS
from fan_out.runtime.carry_on import MARGIN_VARIABLE
from fan_out.runtime.numbers import described

PART_OF_THE_TIMEOUT = 0.1
MOST_SECONDS = 60
"""The default margin: the smaller of the two. It has room for one record, and for what comes after
the last: writing out, closing."""


def check_carry_on(carry_on: Any, worker: Any) -> None:
    """Raise ValueError for what is no bool or Duration, and a worker that cannot be told."""
    if not isinstance(carry_on, bool | cdk.Duration):
        raise ValueError(f"carry_on must be a bool or a Duration, got {described(carry_on)}")
    if carry_on is not False and is_function(worker) and not isinstance(worker, lambda_.Function):
        raise ValueError(
            f"carry_on cannot reach an imported worker function; give FanOut a function of this "
            f"app, or set {MARGIN_VARIABLE} on it and loop yourself"
        )


def tell_margin(carry_on: bool | cdk.Duration, worker: Any) -> None:
    """Tell the worker function how many seconds before its deadline to stop.

    Raises ValueError where that is not less than its timeout.
    """
    assert isinstance(worker, lambda_.Function)
    timeout = worker.timeout
    most = LAMBDA_SECONDS if timeout is None else timeout.to_seconds(integral=False)
    if isinstance(carry_on, cdk.Duration):
        margin = carry_on.to_seconds(integral=False)
    else:
        margin = min(most * PART_OF_THE_TIMEOUT, MOST_SECONDS)
    if not 0 < margin < most:
        raise ValueError(
            f"carry_on must be more than 0 and less than the worker's timeout, "
            f"{most:g} seconds, got {margin:g} seconds"
        )
    worker.add_environment(MARGIN_VARIABLE, f"{margin:g}")
