"""A bad record costs itself and not its chunk: it is set aside, and the others are done."""

from __future__ import annotations

import json
import logging
import traceback

from fan_out.runtime.answers import MOST_BYTES, checked
from fan_out.runtime.callables import takes_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fan_out.runtime.chunk import Chunk

ANSWERS_KEY, BAD_RECORDS_KEY = "answers", "badRecords"

MOST_CHARACTERS = 200
"""Of an error's message in the answer; all of it, and the traceback, is in the log."""


def record_by_record(function: Callable[..., Any]) -> Callable[[Chunk, Any], Any]:
    """Turn a function of one record (or item) and its answer into one of a chunk.

    That one answers ``{"answers": [<of each good record, in order>], "badRecords": [{"record":
    <its number>, "error": <the exception's name>, "message": …}]}``. A record whose answer is not
    JSON is a bad one.

    Raises ValueError where the bad records' list is more than a state can carry, and RuntimeError
    where the function takes a key and there is none.
    """
    takes_key = takes_named(function, "key")

    def all_of(chunk: Chunk, context: Any) -> dict[str, list[Any]]:
        answers: list[Any] = []
        bad: list[dict[str, Any]] = []
        size = 0
        for number, record in enumerate(chunk, start=chunk.offset):
            keyed = {"key": chunk.key(number)} if takes_key else {}
            try:
                answers.append(checked(function(record, context, **keyed)))
            except Exception as error:
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
    trace = _writable("".join(traceback.format_exception(error)))
    logging.getLogger(__name__).error("record %d is set aside\n%s", number, trace)
    try:
        message = _writable(str(error))
    except Exception:
        message = ""  # it cannot even say what it is
    return {"record": number, "error": type(error).__name__, "message": message[:MOST_CHARACTERS]}


def _writable(text: str) -> str:
    """A lone surrogate is no UTF-8: neither the answer nor Lambda's log could take it."""
    return text.encode(errors="backslashreplace").decode()
