"""Handlers whose failures and whose log the command tells of.

What the environment variable BROKEN lists fails, until a test takes it off the list.
"""

import os
from collections.abc import Iterator
from typing import Any

from fan_out.runtime import Chunk, Results, collect, control, worker


@worker
def fails_at_57(chunk: Chunk, context: Any) -> list[int]:
    """Says where it is before it meets a bad record."""
    print("looking at", chunk.offset)
    if 57 in chunk.records:
        raise ValueError("bad record 57")
    return list(chunk)


@control
def letters(event: Any, context: Any) -> Iterator[str]:
    """Items instead of a count; or none, where that is broken."""
    if broken():
        raise OSError("no letters yet")
    yield from event["letters"]


def ignores_chunks(event: Any, context: Any) -> list[dict[str, int]]:
    """A plain control, which knows its plan by itself."""
    return [{"oneJobProcessingCount": 10, "offset": offset} for offset in (0, 10, 20)]


@worker
def doubles(chunk: Chunk, context: Any) -> list[Any]:
    """Each record, or item, twice. Says which records these are, and the chunk's key if any."""
    print(f"doubling {chunk.offset} {chunk.count} {chunk.execution and chunk.key(chunk.offset)}.")
    for record in broken() & set(chunk.records):
        raise KeyError(record) if record > 50 else ValueError(f"bad record {record}")
    return [value * 2 for value in chunk]


@worker
def doubles_if_there_is_room(chunk: Chunk, context: Any) -> list[Any]:
    """What is broken needs more memory than there is."""
    print(f"doubling {chunk.offset} {chunk.count} {chunk.execution and chunk.key(chunk.offset)}.")
    if broken() & set(chunk.records):
        raise MemoryError
    return [value * 2 for value in chunk]


@worker(on_error="collect")
def doubles_the_even(record: int, context: Any) -> int:
    """Records that end in 7 are set aside, and what is broken ends its chunk."""
    if record in broken():
        os._exit(1)
    if record % 10 == 7:
        raise ValueError(f"{record} is bad")
    return record * 2


@collect
def total(results: Results, context: Any) -> int:
    """The sum of all; or none, where it is broken."""
    if broken():
        raise OSError("cannot add")
    return sum(sum(answer) for answer in results)


def broken() -> set[int]:
    """The records that fail."""
    return {int(record) for record in os.environ.get("BROKEN", "").split()}


@worker
def much(chunk: Chunk, context: Any) -> str:
    """An answer that is fine by itself."""
    return "x" * 30_000
