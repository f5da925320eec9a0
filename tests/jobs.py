"""Handlers for the end-to-end tests, each a job that behaves in one way."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fan_out.runtime import Chunk, Results, collect, control, worker


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


@worker(merge=lambda before, answer: {"keys": before["keys"] + answer["keys"]})
def slowly(chunk: Chunk, context: Any) -> dict[str, list[Any]]:
    """A record takes so long that three seconds are not enough for all."""
    keys = []
    for record in chunk:
        time.sleep(0.3)
        keys.append([record, chunk.key(record), chunk.input, chunk.offset])
    return {"keys": keys}


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
def environments(chunk: Chunk, context: Any) -> str:
    """Which environment handled the chunk; the numbers of their processes are alike."""
    time.sleep(0.05)
    return str(context.log_stream_name)


def not_a_number(event: Any, context: Any) -> Any:
    """An answer that Lambda sends, and that no JSON has."""
    return [float("nan")]


def not_json(event: Any, context: Any) -> Any:
    """An answer that Lambda cannot send."""
    return {1, 2, 3}


BAD_CHUNKS = {3, 17, 42, 71, 96}
"""Of a hundred chunks of ten, those in which a record fails for good."""


@worker
def fails_in_five_chunks(chunk: Chunk, context: Any) -> list[int]:
    """Five in a hundred chunks fail."""
    if chunk.offset // 10 in BAD_CHUNKS:
        raise ValueError(f"bad chunk at {chunk.offset}")
    return list(chunk)


@worker
def always_fails(chunk: Chunk, context: Any) -> None:
    """A worker that is broken altogether."""
    raise RuntimeError("the database is gone, and what is said about that is long " * 20)


@worker
def wordy(chunk: Chunk, context: Any) -> str:
    """The second chunk's error goes on and on."""
    if chunk.offset == 1:
        raise ValueError("é" * 100_000)
    return "fine"


@worker(on_error="collect")
def sets_sevens_aside(record: int, context: Any) -> int:
    """Every record that ends in 7 is bad."""
    if record % 10 == 7:
        raise ValueError(f"bad record {record}")
    if record == 24:
        raise ValueError("\udc80 is no text")
    return record


@worker
def one_monster(chunk: Chunk, context: Any) -> list[int]:
    """Record 57 takes for ever."""
    if 57 in chunk.records:
        time.sleep(600)
    return list(chunk)


@worker
def monster_in_a_later_round(chunk: Chunk, context: Any) -> list[int]:
    """Five records a round; record 17 takes more memory than there is."""
    done = []
    for record in chunk:
        if record == 17:
            raise MemoryError
        done.append(record)
        if len(done) == 5:
            chunk.stop()
    return done


@worker
def never_enough(chunk: Chunk, context: Any) -> None:
    """Whatever it is given is too much, and it has a lot to say about it."""
    raise MemoryError("x" * 3_000)


@control
def items(event: Any, context: Any) -> list[Any]:
    """The items that the input has."""
    return list(event["items"])


@worker
def hungry(chunk: Chunk, context: Any) -> list[Any]:
    """A big item takes more memory than there is, and holds it."""
    done = []
    for item in chunk:
        if item == "big":
            done.append(bytearray(os.urandom(1)) * 400_000_000)
            time.sleep(5)
        done.append(item)
    return done


def answers_too_much(event: Any, context: Any) -> str:
    """A plain worker: the first chunk's answer is more than a state can carry."""
    return "x" * 300_000 if event["offset"] == 0 else "y"


@worker
def fails_in_its_second_round(chunk: Chunk, context: Any) -> list[int]:
    """Two rounds for each chunk, and the second one of the chunk at 10 fails."""
    if chunk.offset == 15:
        raise ValueError("bad record 15")
    done = []
    for record in chunk:
        done.append(record)
        if len(done) == 5:
            chunk.stop()
    return done


class ThrottledByVendor(Exception):  # noqa: N818 - as a vendor may call it
    """What a vendor's client raises."""


@worker
def throttled_at_first(chunk: Chunk, context: Any) -> list[int]:
    """The vendor refuses each environment's first call."""
    if not _greeted:
        _greeted.append(chunk.offset)
        raise ThrottledByVendor("slow down")
    return list(chunk)


_greeted: list[int] = []


@worker
def throttled_a_little(chunk: Chunk, context: Any) -> list[int]:
    """The vendor refuses the first call for three chunks; one in the middle takes two rounds."""
    if chunk.offset < 6 and _is_first_call(f"/{chunk.execution}/{chunk.offset}"):
        raise ThrottledByVendor("slow down")
    done = []
    for record in chunk:
        done.append(record)
        if record == 1_000:
            chunk.stop()
    return done


def _is_first_call(name: str) -> bool:
    """Whether nobody has asked for this name before, in whichever environment."""
    import boto3

    client = boto3.client("ssm")
    try:
        client.put_parameter(Name=name, Value="called", Type="String")
    except client.exceptions.ParameterAlreadyExists:
        return False
    return True


BIG = [2**53 + 1, -(10**20) - 1, 10**22 + 1]
"""Ints that a double cannot hold."""


@worker
def big_numbers(chunk: Chunk, context: Any) -> list[list[Any]]:
    """Big ints for each record, two records a round."""
    done: list[list[Any]] = []
    for record in chunk:
        done.append([record, BIG])
        if len(done) == 2:
            chunk.stop()
    return done


def huge_number(event: Any, context: Any) -> list[int]:
    """A plain worker whose first chunk answers more than a double can be."""
    return [10**400 if event["offset"] == 0 else 2**53 + 1]


@worker
def a_date_at_15(chunk: Chunk, context: Any) -> list[dict[str, Any]]:
    """One record's answer is not JSON."""
    return [{"when": datetime(2026, 1, 1) if record == 15 else None} for record in chunk]


@worker(on_error="collect")
def dates_aside(record: int, context: Any, *, key: str) -> Any:
    """One record's answer is not JSON, and the others are the records' keys."""
    return datetime(2026, 1, 1) if record == 15 else key


@collect
def survivors(results: Results, context: Any) -> dict[str, Any]:
    """What came through, and what did not."""
    return {
        "records": sorted(record for answer in results for record in answer),
        "failed": [failure["chunk"]["offset"] for failure in results.failures],
        "counts": results.counts,
    }


def adds(answers: list[list[int]], context: Any) -> int:
    """A collect that is not made by ``@collect``."""
    return sum(map(sum, answers))
