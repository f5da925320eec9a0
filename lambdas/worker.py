"""What is done with one chunk of them."""

from typing import Any

from fan_out.runtime import Chunk, worker


@worker
def handler(chunk: Chunk, context: Any) -> list[int]:
    """Answer the numbers of the records that this worker was given."""
    return [record for record in chunk]
