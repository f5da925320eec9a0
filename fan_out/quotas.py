"""AWS limits as named constants with their source, and the checks against them.

The limits that a plan meets at run time stand in :mod:`fan_out.runtime.budget`.
"""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from fan_out.runtime.budget import INLINE_CONCURRENCY
from fan_out.runtime.numbers import whole_number

LAMBDA_SECONDS = 900
"""The longest timeout of a function. AWS Lambda Developer Guide, "Lambda quotas"."""

LAMBDA_MEMORY_MB = (128, 10_240)
"""The least and the most memory of a function. "Lambda quotas"."""

LAMBDA_ENVIRONMENT_BYTES = 4_096
"""All environment variables of a function, names and values. "Lambda quotas"."""

LAMBDA_UNPACKED_BYTES = 250 * 1024 * 1024
"""A function's zip and layers, unpacked. "Lambda quotas"."""


def check_whole(name: str, value: Any, *, least: int, most: int) -> None:
    """Raise ValueError unless ``value`` is an int from ``least`` to ``most``, or a CDK token."""
    if not cdk.Token.is_unresolved(value):
        whole_number(name, value, least=least, most=most)


def check_max_concurrency(value: Any) -> None:
    """Raise ValueError unless ``value`` is an int from 0 (no limit of its own) to 40, or a token.

    Above 40 Step Functions would silently run 40.
    """
    check_whole("max_concurrency", value, least=0, most=INLINE_CONCURRENCY)


def check_timeout(name: str, value: cdk.Duration) -> None:
    """Raise ValueError unless ``value`` is from 1 to 900 seconds, or a token."""
    if value.is_unresolved():
        return
    seconds = value.to_seconds(integral=False)
    if not 1 <= seconds <= LAMBDA_SECONDS:
        raise ValueError(
            f"{name} must be from 1 to {LAMBDA_SECONDS} seconds, got {seconds:g} seconds"
        )


def check_memory(name: str, value: Any) -> None:
    """Raise ValueError unless ``value`` is an int from 128 to 10,240 (MB), or a token."""
    if not cdk.Token.is_unresolved(value):
        least, most = LAMBDA_MEMORY_MB
        whole_number(name, int(value) if value == int(value) else value, least=least, most=most)


def check_environment(name: str, variables: Mapping[str, str]) -> None:
    """Raise ValueError where the variables take more than 4,096 bytes; tokens are not counted."""
    size = sum(
        len(text.encode())
        for pair in variables.items()
        for text in pair
        if not cdk.Token.is_unresolved(text)
    )
    if size > LAMBDA_ENVIRONMENT_BYTES:
        raise ValueError(
            f"{name} must take at most {LAMBDA_ENVIRONMENT_BYTES} bytes, got {size} bytes"
        )


def check_unpacked_size(name: str, size: int) -> None:
    """Raise ValueError where a function's files take more than 250 MB."""
    if size > LAMBDA_UNPACKED_BYTES:
        raise ValueError(
            f"the zip of {name} must unpack to at most {LAMBDA_UNPACKED_BYTES} bytes, got {size}"
        )
