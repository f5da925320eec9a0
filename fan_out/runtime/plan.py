"""Cut a number of records into chunks."""

from __future__ import annotations

from fan_out.runtime.chunk import Chunk
from fan_out.runtime.whole_number import MOST_RECORDS, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def plan(total: int, size: int) -> Iterator[Chunk]:
    """Cut ``total`` records into chunks of ``size``, the last one with what is left.

    The chunks come in order, are disjoint, and cover every record exactly once; a total of 0 is
    no chunk at all. They are made one by one, so that a plan of any length takes no memory.

    Raises ValueError where ``total`` is not an int from 0, or ``size`` not one from 1, to 10^15.
    """
    whole_number("total", total, least=0, most=MOST_RECORDS)
    whole_number("size", size, least=1, most=MOST_RECORDS)
    return _chunks(total, size)


def _chunks(total: int, size: int) -> Iterator[Chunk]:
    whole, rest = divmod(total, size)
    for offset in range(0, whole * size, size):
        yield Chunk.unchecked(offset, size)
    if rest > 0:
        yield Chunk.unchecked(whole * size, rest)
