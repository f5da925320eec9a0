"""What is known of a run that resumes another before it is started: whether it fits, and what its
collect will see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fan_out.cli.asked import Asked
from fan_out.cli.compact import compact
from fan_out.cli.definition import Definition
from fan_out.cli.errors import CommandError
from fan_out.cli.past import Past
from fan_out.runtime.budget import PAYLOAD_BYTES
from fan_out.runtime.resumed import without_resume
from fan_out.runtime.whole_job import EARLIER_ANSWERS_KEY

WRAPPING_BYTES = 256
"""What a Map that passes the input on wraps round it and the chunk: names of keys, and that of the
execution."""


def foreseen(past: Past, input: str, definition: Definition) -> Iterator[str]:
    """Tell in a line each what is to be known of the run with this input that resumes ``past``.

    Raises CommandError, before the first line, where a state could not carry the input.
    """
    asked = Asked.read(input)
    if asked.chunks is None or asked.of is None:
        return
    _refuse_an_input_that_is_too_large(past, input, asked.earlier)
    if definition.passes_input:
        _refuse_an_input_that_is_too_large_with_a_chunk(past, input, asked.chunks, definition)
    if definition.unknown is not None:
        yield f"whether it has a collect function is not known: {definition.unknown}"
    elif asked.earlier is not None and asked.earlier[EARLIER_ANSWERS_KEY]:
        yield _of_the_collect(asked.earlier, len(asked.chunks))


def _refuse_an_input_that_is_too_large(
    past: Past, input: str, earlier: dict[str, Any] | None
) -> None:
    size = len(input.encode())
    if size <= PAYLOAD_BYTES:
        return
    if earlier is None:
        raise CommandError(
            f"the input with the chunks that are left must be at most {PAYLOAD_BYTES} bytes, "
            f"got {size}{past.or_redrive('goes on without listing them')}"
        )
    answers = earlier[EARLIER_ANSWERS_KEY]
    raise CommandError(
        "the input with the chunks that are left and, for the collect function, the answers of "
        f"those that are done must be at most {PAYLOAD_BYTES} bytes, got {size}, {_size(answers)} "
        f"of them answers: a worker that puts large answers into S3 and answers "
        f"their keys can be resumed{past.or_redrive('goes on without sending them')}"
    )


def _refuse_an_input_that_is_too_large_with_a_chunk(
    past: Past, input: str, chunks: list[dict[str, object]], definition: Definition
) -> None:
    what, passed = "that with the chunks that are left", input
    if definition.without_resume:
        what, passed = "that", compact(without_resume(json.loads(input)))
    size = len(passed.encode())
    largest = max(map(_size, chunks), default=0)
    most = PAYLOAD_BYTES - WRAPPING_BYTES
    if size + largest > most:
        raise CommandError(
            f"every chunk gets the input: {what}, and the largest chunk, must together be at most "
            f"{most} bytes, got {size} and {largest}"
            f"{past.or_redrive('goes on without listing them')}"
        )


def _of_the_collect(earlier: dict[str, Any], left: int) -> str:
    """What it will see, and whether there will be room for the rest of it."""
    answers = earlier[EARLIER_ANSWERS_KEY]
    count = len(answers)
    chunks = f"{count} earlier chunk{'s' * (count != 1)}"
    line = f"the collect function is given the answers of {chunks}, too"
    room, each = PAYLOAD_BYTES - _size(earlier), _size(answers) // count
    if left * each <= room:
        return line
    return (
        f"{line}: they leave {room} of {PAYLOAD_BYTES} bytes to the {left} that are left, too few "
        f"if these answer {each} bytes each, as those did on average"
    )


def _size(value: Any) -> int:
    return len(compact(value).encode())
