"""The check of a function when it is decorated: Lambda calls it, and sends what it returns."""

from __future__ import annotations

import functools

from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200
"""The flags of a code object, as in ``inspect``, which is slow to import."""


def check_callable(name: str, function: Any, *, may_yield: bool = False) -> None:
    """Raise ValueError for what is not callable, is async, or is a generator that may not be."""
    if not callable(function):
        raise ValueError(f"{name} must be a function, got {described(function)}")
    flags = getattr(_code_of(function), "co_flags", 0)
    called = getattr(function, "__name__", type(function).__name__)
    if flags & (COROUTINE | ASYNC_GENERATOR):
        raise ValueError(f"{name} must not be async, since Lambda awaits nothing, got {called}")
    if flags & GENERATOR and not may_yield:
        raise ValueError(
            f"{name} must return its answer, a list for example, and must not yield it, "
            f"got the generator function {called}"
        )


def takes_keyword(function: Any, name: str) -> bool:
    """Whether the function has a keyword-only parameter of this name."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = _code_of(function)
    if code is None:
        return False
    first = code.co_argcount
    return name in code.co_varnames[first : first + code.co_kwonlyargcount]


def _code_of(function: Any) -> Any:
    """The code that a call runs; None of what is not written in Python."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__code__", getattr(type(function).__call__, "__code__", None))
