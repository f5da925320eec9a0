"""The chunks that an execution input lists itself: checked, and answered as they are."""

from __future__ import annotations

from fan_out.runtime.chunk import Chunk
from fan_out.runtime.numbers import described
from fan_out.runtime.resumed import CHUNKS_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def checked_chunks(given: Any, most: int) -> list[dict[str, Any]]:
    """Answer the chunks unchanged if they are a plan of at most ``most``.

    Raises ValueError where they are no list of chunks, not in order or not disjoint, or too many.
    """
    if not isinstance(given, list):
        raise ValueError(f"{CHUNKS_KEY} must be a list of chunks, got {described(given)}")
    if len(given) > most:
        raise ValueError(f"{CHUNKS_KEY} must be at most {most}, got {len(given)}")
    end = 0
    for number, item in enumerate(given):
        try:
            chunk = Chunk.from_event(item)
        except ValueError as error:
            raise ValueError(f"{CHUNKS_KEY}[{number}]: {error}") from None
        if chunk.offset < end:
            raise ValueError(
                f"{CHUNKS_KEY} must be in order and disjoint, got offset {chunk.offset} in "
                f"{CHUNKS_KEY}[{number}] where those before it end at {end}"
            )
        end = chunk.offset + chunk.count
    return given
