"""Handlers whose failures and whose log the command tells of.

What the environment variable BROKEN lists fails, until a test takes it off the list.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from fan_out.runtime import Chunk, Results, collect, control, worker
from fan_out.runtime.resumed import first_execution


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
    print(f"doubling {chunk.offset} {chunk.count} {chunk.execution and chunk.id}.")
    for record in broken() & set(chunk.records):
        raise KeyError(record) if record > 50 else ValueError(f"bad record {record}")
    return [value * 2 for value in chunk]


@worker
def doubles_if_there_is_room(chunk: Chunk, context: Any) -> list[Any]:
    """What is broken needs more memory than there is."""
    print(f"doubling {chunk.offset} {chunk.count} {chunk.execution and chunk.id}.")
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


@worker
def doubles_by_threes(chunk: Chunk, context: Any) -> list[Any]:
    """Needs more memory than there is for what is broken, and carries on after three records.

    A number from 1,000 breaks the chunk of so many records less, as a whole."""
    if chunk.offset + 1000 in broken():
        raise ValueError("not a matter of room")
    done = []
    for value in chunk:
        if value in broken():
            raise MemoryError
        done.append(value * 2)
        if len(done) == 3:
            chunk.stop()
    return done


@worker
def writes_once(chunk: Chunk, context: Any) -> list[Any]:
    """Writes each record to a table, by three in a round, unless it is there already."""
    import boto3

    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    done = []
    for record in chunk:
        if record in broken():
            raise ValueError(f"bad record {record}")
        key = f"{first_execution(chunk.execution or '')}:{record}"
        with contextlib.suppress(table.meta.client.exceptions.ConditionalCheckFailedException):
            table.put_item(
                Item={"id": key, "record": record},
                ConditionExpression="attribute_not_exists(id)",
            )
        done.append(record * 2)
        if len(done) == 3:
            chunk.stop()
    return done


@collect
def whole(results: Results, context: Any) -> dict[str, Any]:
    """All that it is told, in order; or nothing, where it is broken."""
    if broken():
        raise OSError("cannot add")
    answers = list(results)
    return {"answers": answers, "failures": results.failures, "counts": results.counts}


@collect
def too_much(results: Results, context: Any) -> Any:
    """More than a state can carry, while it is broken."""
    return "x" * 300_000 if broken() else len(list(results))


def plain_total(answers: list[list[int]], context: Any) -> int:
    """A collect that is not made by @collect."""
    return sum(sum(answer) for answer in answers)


def broken() -> set[int]:
    """The records that fail."""
    return {int(record) for record in os.environ.get("BROKEN", "").split()}


@worker
def much(chunk: Chunk, context: Any) -> str:
    """An answer that is fine by itself."""
    for record in broken() & set(chunk.records):
        raise ValueError(f"bad record {record}")
    return "x" * 30_000
