"""What is known of a run that resumes another before it is started: whether it fits, and what its
collect will see."""

from __future__ import annotations

from collections.abc import Iterator

from fan_out.cli.asked import Asked
from fan_out.cli.aws import Aws, is_aws_error, said_plainly
from fan_out.cli.compact import compact
from fan_out.cli.definition import Definition
from fan_out.cli.errors import CommandError
from fan_out.cli.past import Past
from fan_out.runtime.budget import PAYLOAD_BYTES

WRAPPING_BYTES = 256
"""What a Map that passes the input on wraps round it and the chunk: names of keys, and that of the
execution."""


def foreseen(aws: Aws, past: Past, input: str) -> Iterator[str]:
    """Tell in a line each what is to be known of the run with this input that resumes ``past``.

    Raises CommandError, before the first line, where a state could not carry the input.
    """
    asked = Asked.read(input)
    if asked.chunks is None or asked.of is None:
        return
    _refuse_an_input_that_is_too_large(past, input)
    try:
        definition = Definition.read(aws.stepfunctions, past.machine.arn)
    except Exception as error:
        if not is_aws_error(error):
            raise
        yield f"whether it has a collect function is not known: {said_plainly(error)}"
        return
    if definition.passes_input:
        _refuse_an_input_that_is_too_large_with_a_chunk(past, input, asked.chunks)
    if definition.collects:
        other = "; --redrive (in AWS) gives it all of them" if past.redrivable else ""
        yield f"the collect function will see the answers of the resumed chunks alone{other}"


def _refuse_an_input_that_is_too_large(past: Past, input: str) -> None:
    size = len(input.encode())
    if size > PAYLOAD_BYTES:
        raise CommandError(
            f"the input with the chunks that are left must be at most {PAYLOAD_BYTES} bytes, "
            f"got {size}{_other_way(past)}"
        )


def _refuse_an_input_that_is_too_large_with_a_chunk(
    past: Past, input: str, chunks: list[dict[str, object]]
) -> None:
    size = len(input.encode())
    largest = max((len(compact(chunk).encode()) for chunk in chunks), default=0)
    most = PAYLOAD_BYTES - WRAPPING_BYTES
    if size + largest > most:
        raise CommandError(
            "every chunk gets the input: that with the chunks that are left, and the largest "
            f"chunk, must together be at most {most} bytes, got {size} and {largest}"
            f"{_other_way(past)}"
        )


def _other_way(past: Past) -> str:
    return "; --redrive (in AWS) goes on without listing them" if past.redrivable else ""
