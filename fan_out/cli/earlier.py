"""What earlier executions have answered, for the collect of the one that resumes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from fan_out.cli.asked import Asked
from fan_out.cli.definition import Definition
from fan_out.cli.errors import CommandError
from fan_out.cli.fate import Fate
from fan_out.cli.joined import counts_of
from fan_out.cli.past import Past, read_back
from fan_out.runtime.whole_job import (
    EARLIER_ANSWERS_KEY,
    EARLIER_COUNTS_KEY,
    OFFSETS_KEY,
    counted_together,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def with_earlier(
    client: SFNClient, past: Past, input: str, definition: Definition, *, joins: bool
) -> str:
    """Answer the input of the execution that does what ``past`` has left, with the answers of those
    before it, where its machine has a collect and there are any.

    ``joins`` says whether ``past`` has done a part of the job. Raises CommandError where the
    collect could not be told of it.
    """
    asked = Asked.read(input)
    if not definition.collects or asked.chunks is None or asked.of is None:
        return input
    earlier = asked.earlier or _read(client, past, joins=joins)
    if not earlier[EARLIER_ANSWERS_KEY]:
        return input
    if not definition.joins:
        raise CommandError(
            f"the collect function of {past.machine.name} would see the answers of the resumed "
            "chunks alone: make it with @collect, and deploy it with this version of fan-out"
            f"{past.or_redrive('gives it all of them')}"
        )
    return replace(asked, earlier=earlier).within(json.loads(input))


def _read(client: SFNClient, past: Past, *, joins: bool) -> dict[str, Any]:
    """What the executions up to ``past`` have done; of itself where it ``joins``."""
    done: list[Fate] = []
    before: dict[str, Any] | None = None
    try:
        for one in chain([past], read_back(client, past)):
            if one.chunks is not None and (joins or one is not past):
                done += one.chunks.done
            if (before := one.asked.earlier) is not None:
                break
    except CommandError as error:
        raise CommandError(
            f"the collect function must see the answers of the executions before {past.name}, and "
            f"one of these is not to be had: {error}"
        ) from None
    return _joined(done, before)


def _joined(done: Sequence[Fate], before: dict[str, Any] | None) -> dict[str, Any]:
    """Of these chunks, and of those that were done before."""
    placed = [(fate.offset, fate.answer) for fate in done]
    counts = counts_of(done, [answer for _, answer in placed], ())
    if before is not None:
        placed += zip(before[OFFSETS_KEY], before[EARLIER_ANSWERS_KEY], strict=True)
        counts = counted_together(before, counts)
    placed.sort(key=lambda pair: pair[0])
    return {
        EARLIER_ANSWERS_KEY: [answer for _, answer in placed],
        OFFSETS_KEY: [offset for offset, _ in placed],
        EARLIER_COUNTS_KEY: counts,
    }
