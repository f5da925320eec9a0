"""A chunk: the share of the records that one worker handles.

Written by hand, not as a dataclass: ``dataclasses`` and ``typing`` would add some 20 ms to every
cold start of every function.
"""

from __future__ import annotations

from fan_out.runtime.whole_number import MOST_RECORDS, described, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

COUNT_KEY = "oneJobProcessingCount"
OFFSET_KEY = "offset"


class Chunk:
    """The records ``offset`` … ``offset + count - 1``, counted from 0.

    Immutable and hashable. Iterating yields the record numbers, ``len()`` answers ``count``.

    Raises ValueError where ``offset`` is not a whole number ≥ 0 or ``count`` not one ≥ 1.
    """

    __slots__ = ("count", "offset")

    offset: int
    count: int

    def __init__(self, *, offset: int, count: int) -> None:
        whole_number(OFFSET_KEY, offset, least=0, most=MOST_RECORDS)
        whole_number(COUNT_KEY, count, least=1, most=MOST_RECORDS)
        object.__setattr__(self, "offset", offset)
        object.__setattr__(self, "count", count)

    @classmethod
    def unchecked(cls, offset: int, count: int) -> Chunk:
        """Make a chunk of numbers that are known to be right: three times as fast."""
        chunk = object.__new__(cls)
        object.__setattr__(chunk, "offset", offset)
        object.__setattr__(chunk, "count", count)
        return chunk

    @classmethod
    def from_event(cls, event: Any) -> Chunk:
        """Read the chunk that a worker was started with: a dict with at least the two keys.

        Raises ValueError where the event is no dict, a key is missing, or a value is out of range.
        """
        if isinstance(event, cls):
            return event
        if not isinstance(event, dict):
            raise ValueError(f"a chunk must be a JSON object, got {described(event)}")
        for key in (COUNT_KEY, OFFSET_KEY):
            if key not in event:
                raise ValueError(f"a chunk must have {key}, got {described(event)}")
        return cls(offset=event[OFFSET_KEY], count=event[COUNT_KEY])

    def as_item(self) -> dict[str, int]:
        """Answer the chunk as the state machine carries it."""
        return {COUNT_KEY: self.count, OFFSET_KEY: self.offset}

    @property
    def records(self) -> range:
        """The record numbers of this chunk."""
        return range(self.offset, self.offset + self.count)

    def __iter__(self) -> Iterator[int]:
        return iter(self.records)

    def __len__(self) -> int:
        return self.count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chunk):
            return NotImplemented
        return (self.offset, self.count) == (other.offset, other.count)

    def __hash__(self) -> int:
        return hash((self.offset, self.count))

    def __repr__(self) -> str:
        return f"Chunk(offset={self.offset}, count={self.count})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a chunk is immutable, cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a chunk is immutable, cannot delete {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk.from_event, (self.as_item(),)
