"""The worker function: a chunk comes in, the answer for its records goes out."""

from __future__ import annotations

import functools
import os

from fan_out.runtime.carry_on import MARGIN_VARIABLE, answer_of, can_carry_on
from fan_out.runtime.chunk import Chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, overload

    Answer = TypeVar("Answer")

    @overload
    def worker(function: Callable[[Chunk, Any], Answer]) -> Callable[[Any, Any], Answer]: ...
    @overload
    def worker(
        *, merge: Callable[[Any, Any], Any]
    ) -> Callable[[Callable[[Chunk, Any], Answer]], Callable[[Any, Any], Answer]]: ...
    def worker(function: Any = None, *, merge: Any = None) -> Any:
        """Stand for what is below, where types are checked: ``typing`` costs a cold start 10 ms."""

else:

    def worker(function=None, *, merge=None):
        """Turn a function of a :class:`Chunk` into the worker handler.

        ``function(chunk, context)`` answers whatever Lambda can return as JSON; it is left as it
        is. The handler takes the event of the Map, or a ``Chunk``, so that a test can call it
        either way.

        With ``carry_on`` in the construct, iterating over the chunk ends before Lambda does, and
        the worker is started again with the rest. The answers of two rounds become one: lists are
        joined, numbers added, anything else is what ``merge(before, answer)`` makes of it.

        Raises ValueError where the event is not a chunk.
        """
        if function is None:
            return functools.partial(worker, merge=merge)

        @functools.wraps(function)
        def handler(event, context):
            margin = os.environ.get(MARGIN_VARIABLE)
            # the function may be the worker of a machine that does not carry on, too
            if margin is None or not can_carry_on(event):
                return function(Chunk.from_event(event), context)
            return answer_of(function, event, context, margin=float(margin), merge=merge)

        return handler
