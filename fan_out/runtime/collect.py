"""The collect function: the workers' answers come in, the run's answer goes out."""

from __future__ import annotations

import functools

from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")


def collect(
    function: Callable[[Iterator[Any], Any], Answer],
) -> Callable[[Any, Any], Answer]:
    """Turn a function of the workers' answers into the collect handler.

    ``function(answers, context)`` gets an iterator over the answers, in chunk order; what it
    answers is the output of the run.

    Raises ValueError where the event is not a list.
    """

    @functools.wraps(function)
    def handler(event: Any, context: Any) -> Answer:
        if not isinstance(event, list):
            raise ValueError(f"the workers' answers must be a list, got {described(event)}")
        return function(iter(event), context)

    return handler
