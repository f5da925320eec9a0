"""The chunks that an execution input lists itself: checked, and answered as they are."""

from __future__ import annotations

from fan_out.runtime.chunk import Chunk
from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number
from fan_out.runtime.resumed import (
    BAD_KEY,
    CHUNKS_KEY,
    DONE_KEY,
    EARLIER_KEY,
    OF_KEY,
    RECORDS_KEY,
    RESUME_KEY,
    RESUMED_KEY,
)
from fan_out.runtime.whole_job import checked_earlier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = f"{RESUME_KEY}.{CHUNKS_KEY}"

NUMBERS = (DONE_KEY, RECORDS_KEY, BAD_KEY)
KEYS = (CHUNKS_KEY, OF_KEY, *NUMBERS, EARLIER_KEY)


def chosen_chunks(given: Any, most: int) -> list[dict[str, Any]]:
    """Answer the chunks of the input's ``fanOutResume`` if they are a plan of at most ``most``;
    marked as resumed, where they are what another execution has left.

    Raises ValueError for a key that is not known or has a wrong value, and where the chunks are no
    list of chunks, not in order or not disjoint, or too many.
    """
    if not isinstance(given, dict) or CHUNKS_KEY not in given:
        raise ValueError(
            f"{RESUME_KEY} must be an object with {CHUNKS_KEY}, got {described(given)}"
        )
    if unknown := given.keys() - set(KEYS):
        raise ValueError(
            f"{RESUME_KEY} may have {', '.join(KEYS[:-1])} and {KEYS[-1]}, "
            f"got {', '.join(sorted(map(str, unknown)))}"
        )
    for key in NUMBERS:
        whole_number(f"{RESUME_KEY}.{key}", given.get(key, 0), least=0, most=MOST_RECORDS)
    if EARLIER_KEY in given:
        checked_earlier(given[EARLIER_KEY])
    chunks = given[CHUNKS_KEY]
    if not isinstance(chunks, list):
        raise ValueError(f"{NAME} must be a list of chunks, got {described(chunks)}")
    if len(chunks) > most:
        raise ValueError(f"{NAME} must be at most {most}, got {len(chunks)}")
    _check_order(chunks)
    if given.get(OF_KEY) is None:
        return chunks
    return [{**chunk, RESUMED_KEY: True} for chunk in chunks]


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
