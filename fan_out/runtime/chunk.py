"""A chunk: the share of the records that one worker handles.

Written by hand, not as a dataclass: ``dataclasses`` and ``typing`` would add some 20 ms to every
cold start of every function.
"""

from __future__ import annotations

from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number
from fan_out.runtime.resumed import RESUMED_KEY, first_execution, without_resume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from fan_out.runtime.carry_on import Turn

COUNT_KEY = "oneJobProcessingCount"
OFFSET_KEY = "offset"
ITEMS_KEY = "items"
INPUT_KEY = "input"
EXECUTION_KEY = "execution"

CHUNK_KEY, WITH_KEY = "chunk", "with"
"""Where the Map adds to each chunk, its iterations start with ``{"chunk": …, "with": …}``."""


class Chunk:
    """The records ``offset`` … ``offset + count - 1``, counted from 0.

    ``items`` are the items of these records, where the control answered items, or else None;
    ``input`` is the execution's input, where the construct passes it on, or else None;
    ``execution`` its name, where the construct carries on or passes the input on, or else None;
    ``resumed`` whether that resumes another. Iterating yields the items if there are any, or else
    the record numbers; ``len()`` answers ``count``. Immutable.

    Raises ValueError where ``offset`` is not a whole number ≥ 0, ``count`` not one ≥ 1, or
    ``items`` not a list of ``count``.
    """

    __slots__ = ("_turn", "count", "execution", "input", "items", "offset", "resumed")

    offset: int
    count: int
    items: list[Any] | None
    input: Any
    execution: str | None
    resumed: bool
    _turn: Turn | None

    def __init__(
        self,
        *,
        offset: int,
        count: int,
        items: list[Any] | None = None,
        input: Any = None,
        execution: str | None = None,
        resumed: bool = False,
        turn: Turn | None = None,
    ) -> None:
        whole_number(OFFSET_KEY, offset, least=0, most=MOST_RECORDS)
        whole_number(COUNT_KEY, count, least=1, most=MOST_RECORDS)
        if items is not None and (not isinstance(items, list) or len(items) != count):
            raise ValueError(f"{ITEMS_KEY} must be a list of {count}, got {described(items)}")
        put = object.__setattr__  # past our own, which refuses
        put(self, "offset", offset)
        put(self, "count", count)
        put(self, "items", items)
        put(self, "input", input)
        put(self, "execution", execution)
        put(self, "resumed", resumed)
        put(self, "_turn", turn)

    @classmethod
    def from_event(cls, event: Any, turn: Turn | None = None) -> Chunk:
        """Read the chunk that a worker was started with: a dict with at least the two keys.

        ``turn`` is what ends its iteration in time.

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
            input=without_resume(event.get(INPUT_KEY)),
            execution=event.get(EXECUTION_KEY),
            resumed=event.get(RESUMED_KEY) is True,
            turn=turn,
        )

    def as_item(self) -> dict[str, Any]:
        """Answer the chunk as the state machine carries it."""
        optional = {
            ITEMS_KEY: self.items,
            INPUT_KEY: self.input,
            EXECUTION_KEY: self.execution,
            RESUMED_KEY: self.resumed or None,
        }
        return {
            COUNT_KEY: self.count,
            OFFSET_KEY: self.offset,
            **{key: value for key, value in optional.items() if value is not None},
        }

    @property
    def records(self) -> range:
        """The numbers of its records: of items, their places in what the control answered."""
        return range(self.offset, self.offset + self.count)

    def key(self, record: int) -> str:
        """Answer the idempotency key of a record, ``"<first execution>:<record>"``.

        It is the same in every round and retry, whichever chunk the record is part of, and in the
        executions that resume the first one; executions of another machine may have the same name.
        ``record`` is its number, also where it is an item.

        Raises ValueError for a record of another chunk, and RuntimeError where the worker is not
        told of the execution: the construct neither carries on nor passes the input.
        """
        whole_number("record", record, least=self.offset, most=self.offset + self.count - 1)
        if self.execution is None:
            raise RuntimeError(
                "a record's key needs a FanOut with carry_on or pass_input, or Chunk(execution=…)"
            )
        return f"{first_execution(self.execution, resumed=self.resumed)}:{record}"

    def time_left(self) -> float:
        """Seconds until the worker should stop; infinite where it need not."""
        return float("inf") if self._turn is None else self._turn.time_left()

    def stop(self) -> None:
        """Stop after the record at hand: the machine starts the worker again with the rest.

        Raises RuntimeError where the construct does not carry on.
        """
        if self._turn is None:
            raise RuntimeError("stop() needs a FanOut with carry_on")
        self._turn.stop()

    def rest(self, done: int) -> Chunk:
        """The chunk without its first ``done`` records."""
        return Chunk(
            offset=self.offset + done,
            count=self.count - done,
            items=None if self.items is None else self.items[done:],
            input=self.input,
            execution=self.execution,
            resumed=self.resumed,
        )

    def __iter__(self) -> Iterator[Any]:
        values = self.records if self.items is None else self.items
        return iter(values) if self._turn is None else self._turn.hand_out(values)

    def __len__(self) -> int:
        return self.count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chunk):
            return NotImplemented
        return self.as_item() == other.as_item()

    def __hash__(self) -> int:
        return hash((self.offset, self.count))

    def __repr__(self) -> str:
        names = ("offset", "count", "items", "input", "execution")
        values = {name: getattr(self, name) for name in names} | {"resumed": self.resumed or None}
        given = (f"{name}={value!r}" for name, value in values.items() if value is not None)
        return f"Chunk({', '.join(given)})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a chunk is immutable, cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a chunk is immutable, cannot delete {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk.from_event, (self.as_item(),)
