"""The chunks that an execution input lists itself: checked, and answered as they are."""

from __future__ import annotations

from fan_out.runtime.chunk import Chunk
from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number
from fan_out.runtime.resumed import CHUNKS_KEY, DONE_KEY, EARLIER_KEY, OF_KEY, RESUME_KEY
from fan_out.runtime.whole_job import checked_earlier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = f"{RESUME_KEY}.{CHUNKS_KEY}"


def chosen_chunks(given: Any, most: int) -> list[dict[str, Any]]:
    """Answer the chunks of the input's ``fanOutResume`` if they are a plan of at most ``most``.

    Raises ValueError for a key that is not known or has a wrong value, and where the chunks are no
    list of chunks, not in order or not disjoint, or too many.
    """
    if not isinstance(given, dict) or CHUNKS_KEY not in given:
        raise ValueError(
            f"{RESUME_KEY} must be an object with {CHUNKS_KEY}, got {described(given)}"
        )
    if unknown := given.keys() - {CHUNKS_KEY, OF_KEY, DONE_KEY, EARLIER_KEY}:
        raise ValueError(
            f"{RESUME_KEY} may have {CHUNKS_KEY}, {OF_KEY}, {DONE_KEY} and {EARLIER_KEY}, "
            f"got {', '.join(sorted(map(str, unknown)))}"
        )
    if EARLIER_KEY in given:
        checked_earlier(given[EARLIER_KEY])
    whole_number(f"{RESUME_KEY}.{DONE_KEY}", given.get(DONE_KEY, 0), least=0, most=MOST_RECORDS)
    chunks = given[CHUNKS_KEY]
    if not isinstance(chunks, list):
        raise ValueError(f"{NAME} must be a list of chunks, got {described(chunks)}")
    if len(chunks) > most:
        raise ValueError(f"{NAME} must be at most {most}, got {len(chunks)}")
    _check_order(chunks)
    return chunks


def _check_order(chunks: list[Any]) -> None:
    end = 0
    for number, item in enumerate(chunks):
        try:
            chunk = Chunk.from_event(item)
        except ValueError as error:
            raise ValueError(f"{NAME}[{number}]: {error}") from None
        if chunk.offset < end:
            raise ValueError(
                f"{NAME} must be in order and disjoint, got offset {chunk.offset} in "
                f"number {number} where those before it end at {end}"
            )
        end = chunk.offset + chunk.count
