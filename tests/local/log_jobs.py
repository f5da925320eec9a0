"""Workers whose logs are hard to tell apart, or that end in other ways than by answering."""

import os
import sys
import time
from typing import Any

from fan_out.runtime import Chunk, worker


@worker
def forges(chunk: Chunk, context: Any) -> list[int]:
    """Prints lines such as Lambda's own, of others and of itself, and fails at 57."""
    other = "00000000-1111-2222-3333-444444444444"
    print(f"first line of {chunk.offset}.")
    for request in ("", other, context.aws_request_id):
        print(f"END RequestId: {request}")
        print(f"REPORT RequestId: {request}\tDuration: 1.00 ms")
    print(f"START RequestId: {other} Version: $LATEST")
    print("END of page, REPORT of it, START over")
    print(f"last line of {chunk.offset}.")
    if 57 in chunk.records:
        raise ValueError("bad record 57")
    return list(chunk)


class Flaky(Exception):  # noqa: N818 - as a vendor may call it
    """What is worth another try."""


@worker
def flaky(chunk: Chunk, context: Any) -> list[int]:
    """Fails for good, again and again."""
    print(f"trying {chunk.offset}.")
    if chunk.offset == 50:
        raise Flaky("come again")
    return list(chunk)


@worker
def in_rounds(chunk: Chunk, context: Any) -> list[int]:
    """Four records a round, and the third round of the chunk at 50 fails."""
    print(f"round from {chunk.offset} on.")
    done = []
    for record in chunk:
        if record == 58:
            raise ValueError(f"bad record {record}")
        done.append(record)
        if len(done) == 4:
            chunk.stop()
    return done


@worker
def in_halves(chunk: Chunk, context: Any) -> list[int]:
    """Too much, until record 57 is alone."""
    print(f"doing {chunk.offset} to {chunk.offset + chunk.count - 1}.")
    if 57 in chunk.records:
        raise MemoryError(f"no room for {chunk.count}")
    return list(chunk)


def plain(event: Any, context: Any) -> int:
    """A worker that knows nothing of chunks."""
    print(f"plainly {event['offset']}.")
    return 1 // (57 - int(event["offset"]))


@worker
def exits(chunk: Chunk, context: Any) -> list[int]:
    """Ends its process, in as many ways as there are chunks."""
    print(f"leaving at {chunk.offset}.")
    if chunk.offset == 0:
        sys.exit(3)
    if chunk.offset == 10:
        os._exit(0)
    os.abort()


@worker
def hangs(chunk: Chunk, context: Any) -> list[int]:
    """Takes longer than there is; but for the first chunk."""
    print(f"hanging at {chunk.offset}.")
    if chunk.offset:
        time.sleep(600)
    return list(chunk)


def talks(event: dict[str, int], context: Any) -> str:
    """A plain worker, whose answer nobody checks: the second chunk's is more than a state takes."""
    print(f"talking of {event['offset']}.")
    return "x" * (300_000 if event["offset"] == 10 else 3)
