"""Cut a number of records into chunks."""

from __future__ import annotations

from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY, Chunk
from fan_out.runtime.numbers import MOST_RECORDS, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Plan:
    """Chunks in order, disjoint, that cover every record exactly once.

    A plan is at most two stretches of chunks of one size each, whatever its length: going through
    it takes no memory. Iterating yields each as a ``Chunk``.
    """

    __slots__ = ("_stretches",)

    def __init__(self, *stretches: tuple[int, int]) -> None:
        """Take (number of chunks, records in each) for each stretch; empty ones are left out."""
        self._stretches = [(chunks, size) for chunks, size in stretches if chunks and size]

    @classmethod
    def at_most(cls, total: int, size: int) -> Plan:
        """Chunks of ``size``, the last one with what is left."""
        whole, rest = divmod(total, size)
        return cls((whole, size), (1, rest))

    @classmethod
    def even(cls, total: int, jobs: int) -> Plan:
        """``jobs`` chunks whose sizes differ by at most one; fewer if there are fewer records."""
        chunks = min(total, jobs)
        if chunks == 0:
            return cls()
        size, larger = divmod(total, chunks)
        return cls((larger, size + 1), (chunks - larger, size))

    @classmethod
    def in_waves(cls, total: int, most: int, concurrency: int, longest: int) -> Plan:
        """As few even chunks of at most ``most`` records as end soonest, ``concurrency`` at a time.

        The fewest chunks that there can be run in so many waves. Filling the last wave makes the
        largest chunk, and so every wave, shorter; no more chunks are made than that takes, nor
        more than ``longest`` where the fewest are no more than that.
        """
        fewest = -(-total // most)
        waves = -(-fewest // concurrency)
        if waves == 0:
            return cls()
        room = waves * concurrency if fewest > longest else min(waves * concurrency, longest)
        largest = -(-total // room)
        return cls.even(total, -(-total // largest))

    @property
    def largest(self) -> int:
        """The records of the largest chunk; 0 where there is none."""
        return max((size for _, size in self._stretches), default=0)

    def items(self) -> Iterator[dict[str, int]]:
        """The chunks as the state machine carries them."""
        offset = 0
        for chunks, size in self._stretches:
            for start in range(offset, offset + chunks * size, size):
                yield {COUNT_KEY: size, OFFSET_KEY: start}
            offset += chunks * size

    def __iter__(self) -> Iterator[Chunk]:
        return (Chunk(offset=item[OFFSET_KEY], count=item[COUNT_KEY]) for item in self.items())

    @property
    def length(self) -> int:
        """How many chunks there are; ``len()`` would stop at what the machine can index."""
        return sum(chunks for chunks, _ in self._stretches)


def plan(total: int, size: int) -> Iterator[Chunk]:
    """Cut ``total`` records into chunks of ``size``, the last one with what is left.

    The chunks come in order, are disjoint, and cover every record exactly once; a total of 0 is
    no chunk at all. They are made one by one, so that a plan of any length takes no memory.

    Raises ValueError where ``total`` is not an int from 0, or ``size`` not one from 1, to 10^15.
    """
    whole_number("total", total, least=0, most=MOST_RECORDS)
    whole_number("size", size, least=1, most=MOST_RECORDS)
    return iter(Plan.at_most(total, size))
