"""A bad record costs itself and not its chunk: it is set aside, and the others are done."""

from __future__ import annotations

import json
import logging

from fan_out.runtime.budget import PAYLOAD_BYTES, RESULT_OVERHEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fan_out.runtime.chunk import Chunk

ANSWERS_KEY, BAD_RECORDS_KEY = "answers", "badRecords"

MOST_BYTES = PAYLOAD_BYTES - RESULT_OVERHEAD

MOST_CHARACTERS = 200
"""Of an error's message in the answer; all of it, and the traceback, is in the log."""


def record_by_record(function: Callable[[Any, Any], Any]) -> Callable[[Chunk, Any], Any]:
    """Turn a function of one record (or item) and its answer into one of a chunk.

    That one answers ``{"answers": [<of each good record, in order>], "badRecords": [{"record":
    <its number>, "error": <the exception's name>, "message": …}]}``.

    Raises ValueError where the bad records' list is more than a state can carry.
    """

    def all_of(chunk: Chunk, context: Any) -> dict[str, list[Any]]:
        answers: list[Any] = []
        bad: list[dict[str, Any]] = []
        size = 0
        for number, record in enumerate(chunk, start=chunk.offset):
            try:
                answers.append(function(record, context))
            except Exception as error:
                logging.getLogger(__name__).exception("record %d is set aside", number)
                bad.append(_set_aside(number, error))
                size += len(json.dumps(bad[-1], ensure_ascii=False).encode()) + len(", ")
                if size > MOST_BYTES:
                    raise ValueError(
                        f"the list of bad records must take at most {MOST_BYTES} bytes, got more "
                        f"with record {number}, the {len(bad)}th of {len(answers) + len(bad)}"
                    ) from error
        return {ANSWERS_KEY: answers, BAD_RECORDS_KEY: bad}

    return all_of


def merged_answers(before: dict[str, list[Any]], answer: dict[str, list[Any]]) -> dict[str, Any]:
    """Make one of the answers of two rounds."""
    return {key: before[key] + answer[key] for key in (ANSWERS_KEY, BAD_RECORDS_KEY)}


def _set_aside(number: int, error: Exception) -> dict[str, Any]:
    message = str(error).encode(errors="replace").decode()  # a lone surrogate is no JSON
    return {"record": number, "error": type(error).__name__, "message": message[:MOST_CHARACTERS]}
