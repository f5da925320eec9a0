"""The check of a function when it is decorated: Lambda calls it, and sends what it returns."""

from __future__ import annotations

import functools

from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200
TAKES_ANY_NAME = 0x08
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


def takes_named(function: Any, name: str) -> bool:
    """Whether the function, called with two arguments, has a third parameter of this name.

    A partial that has bound the name keeps what it has bound. What a decorator has made of a
    function has the parameter if it says so itself, or if it passes any name on to that function.
    """
    given = 2
    while True:
        if isinstance(function, functools.partial):
            if name in function.keywords:
                return False
            given += len(function.args)
            function = function.func
            continue
        code = _code_of(function)
        if code is not None:
            is_plain = hasattr(function, "__code__") and not hasattr(function, "__self__")
            first = max(given if is_plain else given + 1, code.co_posonlyargcount)
            if name in code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]:
                return True
            if not code.co_flags & TAKES_ANY_NAME:
                return False
        if not hasattr(function, "__wrapped__"):
            return False
        function = function.__wrapped__


def _code_of(function: Any) -> Any:
    """The code that a call runs; None of what is not written in Python."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__code__", getattr(type(function).__call__, "__code__", None))
