"""Handlers for the end-to-end tests, each a job that behaves in one way."""

import os
import time
from collections.abc import Iterator
from typing import Any

from fan_out.runtime import Chunk, collect, control, worker


@control
def count_a_hundred(event: Any, context: Any) -> int:
    """A job of a hundred records."""
    return 100


@control
def keys(event: Any, context: Any) -> Iterator[str]:
    """A job of items instead of a count."""
    yield from event["keys"]


@worker
def upper(chunk: Chunk, context: Any) -> list[str]:
    """Each item, and what the execution's input says of it."""
    return [f"{key.upper()}{chunk.input['mark']}" for key in chunk]


@collect
def total(answers: Iterator[Any], context: Any) -> dict[str, int]:
    """How many answers there were, and what their numbers come to."""
    rows = list(answers)
    return {"chunks": len(rows), "sum": sum(sum(row) for row in rows)}


@worker
def in_fours(chunk: Chunk, context: Any) -> list[int]:
    """Stops by itself after four records."""
    done = []
    for record in chunk:
        done.append(record)
        if len(done) == 4:
            chunk.stop()
    return done


@worker(merge=lambda before, answer: {"ids": before["ids"] + answer["ids"]})
def slowly(chunk: Chunk, context: Any) -> dict[str, list[Any]]:
    """A record takes so long that three seconds are not enough for all."""
    ids = []
    for record in chunk:
        time.sleep(0.3)
        ids.append([record, chunk.id, chunk.input])
    return {"ids": ids}


@worker
def numbers(chunk: Chunk, context: Any) -> list[int]:
    """The article's worker."""
    return list(chunk)


@worker
def fails_at_57(chunk: Chunk, context: Any) -> list[int]:
    """One bad record."""
    if 57 in chunk.records:
        raise ValueError("bad record 57")
    return list(chunk)


@worker
def sleeps(chunk: Chunk, context: Any) -> None:
    """Longer than any test waits."""
    time.sleep(600)


@worker
def process_ids(chunk: Chunk, context: Any) -> int:
    """Which process handled the chunk."""
    time.sleep(0.05)
    return os.getpid()


def not_a_number(event: Any, context: Any) -> Any:
    """An answer that Lambda sends, and that no JSON has."""
    return [float("nan")]


def not_json(event: Any, context: Any) -> Any:
    """An answer that Lambda cannot send."""
    return {1, 2, 3}
