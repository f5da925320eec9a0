"""What the functions are told by the construct, in one environment variable each.

The control function: how to cut. The worker function: how long before its deadline to stop.
"""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from fan_out.chunk_size import ChunkSize
from fan_out.functions import is_function, timeout_of
from fan_out.map_options import MapOptions
from fan_out.quotas import is_token
from fan_out.runtime.budget import EVENTS_AROUND, EVENTS_PER_CHUNK
from fan_out.runtime.carry_on import MARGIN_VARIABLE
from fan_out.runtime.sizing import PLAN_VARIABLE

PART_OF_THE_TIMEOUT = 0.1
MOST_SECONDS = 60
"""The default margin: the smaller of the two. It has room for one record, and for what comes after
the last: writing out, closing."""


def check_that_control_can_be_told(control: Any) -> None:
    """Raise ValueError for an existing control function that a chunk size cannot reach."""
    if is_function(control) and not isinstance(control, lambda_.Function):
        raise ValueError(
            f"chunk_size cannot reach a control function that is imported, an alias or a version; "
            f"set {PLAN_VARIABLE} where it is defined instead"
        )


def check_that_worker_can_be_told(worker: Any) -> None:
    """Raise ValueError for an existing worker function that a margin cannot reach."""
    if is_function(worker) and not isinstance(worker, lambda_.Function):
        raise ValueError(
            "carry_on cannot reach a worker function that is imported, an alias or a version; "
            "give FanOut the function of this app"
        )


def plan_instructions(
    scope: Construct, size: ChunkSize | None, worker: lambda_.IFunction, options: MapOptions
) -> dict[str, str]:
    """What the control function is told; tokens in it are CloudFormation's to fill in.

    Raises ValueError where a chunk may take longer than the worker, or not even one record fits.
    """
    told: dict[str, Any] = {"maxConcurrency": options.max_concurrency}
    history = {"eventsPerChunk": options.events_per_chunk, "eventsAround": options.events_around}
    if history != {"eventsPerChunk": EVENTS_PER_CHUNK, "eventsAround": EVENTS_AROUND}:
        told |= {**history, "mostChunks": options.most_chunks}
    within = (size or ChunkSize({})).seconds_within(timeout_of(worker))
    if within is not None:
        told["withinSeconds"] = within
    if size is not None:
        told |= size.choice
    if any(is_token(value) for value in told.values()):
        return {PLAN_VARIABLE: cdk.Stack.of(scope).to_json_string(told)}
    return {PLAN_VARIABLE: json.dumps(told)}


def margin_instructions(carry_on: bool | cdk.Duration, worker: lambda_.IFunction) -> dict[str, str]:
    """What the worker function is told: the seconds before its deadline at which to stop.

    Raises ValueError where they are not less than its timeout, or that is not known.
    """
    timeout = timeout_of(worker)
    if timeout is None:
        raise ValueError("carry_on needs a worker whose timeout is known at synth, got a token")
    most = timeout.to_seconds(integral=False)
    if isinstance(carry_on, cdk.Duration):
        margin = carry_on.to_seconds(integral=False)
    else:
        margin = min(most * PART_OF_THE_TIMEOUT, MOST_SECONDS)
    if not 0 < margin < most:
        raise ValueError(
            f"carry_on must be more than 0 and less than the worker's timeout, "
            f"{most:g} seconds, got {margin:g} seconds"
        )
    return {MARGIN_VARIABLE: f"{margin:g}"}


def tell(function: Any, told: dict[str, str]) -> None:
    """Set the variables on a function, which keeps them for every fan-out that it is part of.

    Raises ValueError where another fan-out has told it something else.
    """
    for name, value in told.items():
        before = [entry.data for entry in function.node.metadata if entry.type == name]
        if before and before[0] != value:
            raise ValueError(
                f"{function.node.path} is part of another FanOut already, which told it "
                f"{name}={before[0]}, and this one {value}: give each a function of its own"
            )
        function.node.add_metadata(name, value)
        function.add_environment(name, value)
