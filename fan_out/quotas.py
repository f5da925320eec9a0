"""AWS limits as named constants with their source, and the checks against them.

The limits that a plan meets at run time stand in :mod:`fan_out.runtime.budget`.
"""

import math
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from fan_out.runtime.budget import INLINE_CONCURRENCY, LAMBDA_SECONDS
from fan_out.runtime.numbers import whole_number

DEFAULT_LAMBDA_SECONDS = 3
"""The timeout of a function that says none. "Configure Lambda function timeout"."""

LAMBDA_MEMORY_MB = (128, 10_240)
"""The least and the most memory of a function. "Lambda quotas"."""

LAMBDA_ENVIRONMENT_BYTES = 4_096
"""All environment variables of a function, names and values. "Lambda quotas"."""

LAMBDA_UNPACKED_BYTES = 250 * 1024 * 1024
"""A function's zip and layers, unpacked. "Lambda quotas"."""


def is_token(value: Any) -> bool:
    """Whether ``value`` is CDK's stand-in for what CloudFormation will know."""
    # CDK's kernel takes JSON, and breaks on NaN and infinity
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return bool(cdk.Token.is_unresolved(value))


def check_whole(name: str, value: Any, *, least: int, most: int) -> None:
    """Raise ValueError unless ``value`` is an int from ``least`` to ``most``, or a CDK token."""
    if not is_token(value):
        whole_number(name, value, least=least, most=most)


def check_max_concurrency(value: Any) -> None:
    """Raise ValueError unless ``value`` is an int from 0 (no limit of its own) to 40, or a token.

    Above 40 Step Functions would silently run 40.
    """
    check_whole("max_concurrency", value, least=0, most=INLINE_CONCURRENCY)


def check_timeout(name: str, value: cdk.Duration) -> None:
    """Raise ValueError unless ``value`` is a whole number of seconds from 1 to 900, or a token."""
    if value.is_unresolved():
        return
    seconds = value.to_seconds(integral=False)
    if not 1 <= seconds <= LAMBDA_SECONDS or seconds != int(seconds):
        raise ValueError(
            f"{name} must be from 1 to {LAMBDA_SECONDS} whole seconds, got {seconds:g} seconds"
        )


def check_memory(name: str, value: Any) -> None:
    """Raise ValueError unless ``value`` is a whole number from 128 to 10,240 (MB), or a token."""
    least, most = LAMBDA_MEMORY_MB
    # jsii hands numbers over as floats
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    check_whole(name, value if is_token(value) else whole, least=least, most=most)


def check_environment(name: str, variables: Mapping[str, str]) -> None:
    """Raise ValueError where the variables take more than 4,096 bytes; tokens are not counted."""
    size = sum(
        len(text.encode()) for pair in variables.items() for text in pair if not is_token(text)
    )
    if size > LAMBDA_ENVIRONMENT_BYTES:
        raise ValueError(
            f"{name} must take at most {LAMBDA_ENVIRONMENT_BYTES} bytes, got {size} bytes"
        )


def check_unpacked_size(name: str, size: int) -> None:
    """Raise ValueError where a function's files take more than 250 MB."""
    if size > LAMBDA_UNPACKED_BYTES:
        raise ValueError(
            f"the zip and the layers of {name} must unpack to at most "
            f"{LAMBDA_UNPACKED_BYTES} bytes, got {size}"
        )
