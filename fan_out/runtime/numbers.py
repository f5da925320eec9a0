"""The checks for every number that a user gives: of the right type, within its bounds."""

from __future__ import annotations

import reprlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_RECORDS = 10**15
"""More records than any job has: a larger number is a mistake, and is refused as one."""


def whole_number(name: str, value: Any, *, least: int, most: int) -> int:
    """Answer ``value`` if it is an int from ``least`` to ``most``; a bool, float or str is not.

    Raises ValueError in one line: the name, the bounds, and what was given.
    """
    if type(value) is int and least <= value <= most:
        return value
    raise ValueError(
        f"{name} must be a whole number from {least} to {most}, got {described(value)}"
    )


def number(name: str, value: Any, *, least: float, most: float) -> float:
    """Answer ``value`` if it is an int or float from ``least`` to ``most``; NaN and bools are not.

    Raises ValueError as ``whole_number`` does.
    """
    if (type(value) is int or type(value) is float) and least <= value <= most:
        return value
    raise ValueError(f"{name} must be a number from {least:g} to {most:g}, got {described(value)}")


def described(value: Any) -> str:
    """Name a value of any size and type in a few words, for the end of an error message."""
    if type(value) is int and abs(value) >= 10**30:
        # repr() of an int of more than 4,300 digits is itself an error
        return f"an int of {value.bit_length()} bits"
    text = reprlib.repr(value)
    return text if value is None or type(value) in (int, dict, list) else f"{text} ({_type(value)})"


def _type(value: Any) -> str:
    return f"a {type(value).__name__}"
