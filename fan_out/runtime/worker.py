"""The worker function: a chunk comes in, the answer for its records goes out."""

from __future__ import annotations

import functools

from fan_out.runtime.chunk import Chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")


def worker(function: Callable[[Chunk, Any], Answer]) -> Callable[[Any, Any], Answer]:
    """Turn a function of a :class:`Chunk` into the worker handler.

    ``function(chunk, context)`` answers whatever Lambda can return as JSON; it is left as it is.
    The handler takes the event of the Map, or a ``Chunk``, so that a test can call it either way.

    Raises ValueError where the event is not a chunk.
    """

    @functools.wraps(function)
    def handler(event: Any, context: Any) -> Answer:
        return function(Chunk.from_event(event), context)

    return handler
