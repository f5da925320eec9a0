"""A handler whose failure and whose log the command tells of."""

from typing import Any

from fan_out.runtime import Chunk, worker


@worker
def fails_at_57(chunk: Chunk, context: Any) -> list[int]:
    """Says where it is before it meets a bad record."""
    print("looking at", chunk.offset)
    if 57 in chunk.records:
        raise ValueError("bad record 57")
    return list(chunk)
