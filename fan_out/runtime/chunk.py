"""A chunk: the share of the records that one worker handles.

Written by hand, not as a dataclass: ``dataclasses`` and ``typing`` would add some 20 ms to every
cold start of every function.
"""

from __future__ import annotations

from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

COUNT_KEY = "oneJobProcessingCount"
OFFSET_KEY = "offset"
ITEMS_KEY = "items"
INPUT_KEY = "input"


class Chunk:
    """The records ``offset`` … ``offset + count - 1``, counted from 0.

    ``items`` are the items of these records, where the control answered items, or else None;
    ``input`` is the execution's input, where the construct passes it on, or else None. Iterating
    yields the items if there are any, or else the record numbers; ``len()`` answers ``count``.
    Immutable.

    Raises ValueError where ``offset`` is not a whole number ≥ 0, ``count`` not one ≥ 1, or
    ``items`` not a list of ``count``.
    """

    __slots__ = ("count", "input", "items", "offset")

    offset: int
    count: int
    items: list[Any] | None
    input: Any

    def __init__(
        self, *, offset: int, count: int, items: list[Any] | None = None, input: Any = None
    ) -> None:
        whole_number(OFFSET_KEY, offset, least=0, most=MOST_RECORDS)
        whole_number(COUNT_KEY, count, least=1, most=MOST_RECORDS)
        if items is not None and (not isinstance(items, list) or len(items) != count):
            raise ValueError(f"{ITEMS_KEY} must be a list of {count}, got {described(items)}")
        for name, value in zip(self.__slots__, (count, input, items, offset), strict=True):
            object.__setattr__(self, name, value)

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
        return cls(
            offset=event[OFFSET_KEY],
            count=event[COUNT_KEY],
            items=event.get(ITEMS_KEY),
            input=event.get(INPUT_KEY),
        )

    def as_item(self) -> dict[str, Any]:
        """Answer the chunk as the state machine carries it."""
        optional = {ITEMS_KEY: self.items, INPUT_KEY: self.input}
        return {
            COUNT_KEY: self.count,
            OFFSET_KEY: self.offset,
            **{key: value for key, value in optional.items() if value is not None},
        }

    @property
    def records(self) -> range:
        """The record numbers of this chunk."""
        return range(self.offset, self.offset + self.count)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.records if self.items is None else self.items)

    def __len__(self) -> int:
        return self.count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chunk):
            return NotImplemented
        return self.as_item() == other.as_item()

    def __hash__(self) -> int:
        return hash((self.offset, self.count))

    def __repr__(self) -> str:
        given = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in ("offset", "count", "items", "input")
            if getattr(self, name) is not None
        )
        return f"Chunk({given})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a chunk is immutable, cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a chunk is immutable, cannot delete {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk.from_event, (self.as_item(),)
