"""How many records are done, and which were set aside, read from histories."""

import json
from typing import Any

import pytest
from executions import chunks_of, items, partly, tolerant
from recorded import History, failure

from fan_out.cli.records import Records

BAD = {"record": 17, "error": "ValueError", "message": "bad"}


def aside(*bad: Any) -> dict[str, Any]:
    return {"answers": [1], "badRecords": list(bad)}


def halved() -> History:
    """The first half of the only chunk has set one aside, of the second the last one failed."""
    history = History()
    started = history.map(items(0), history.passing("Plan", 0, "[]"))
    lost = failure({"oneJobProcessingCount": 1, "offset": 9}, "MemoryError", "")
    parts = [{"result": aside(BAD)}, {"result": [8]}, json.loads(lost)]
    left = history.add(
        "SucceedStateExited", history.iteration(started, 0), name="Done", output=json.dumps(parts)
    )
    history.add("MapIterationSucceeded", left, name="Map", index=0)
    return history


@pytest.mark.parametrize(
    ("history", "records"),
    [
        (partly(items(0, 1, 2), {0: [1], 1: None, 2: 3}), Records(30, 30)),
        (partly(items(0, 1, 2), {0: [1]}, failed=1), Records(30, 10)),
        (partly(items(0, 1), {0: aside(BAD), 1: aside(BAD, BAD)}), Records(20, 17, (BAD,) * 3)),
        (partly(items(0, 1), {1: aside()}, failed=0), Records(20, 10)),
        (partly([], {}), Records(0, 0)),
        (tolerant({1}, {0: aside(BAD), 2: [1]}), Records(30, 19, (BAD,))),
        (halved(), Records(10, 8, (BAD,))),
        (partly(items(0), {0: {"badRecords": [BAD]}}), Records(10, 10)),
        (partly(items(0), {0: {"answers": 3, "badRecords": [BAD]}}), Records(10, 10)),
    ],
)
def test_records_are_those_of_the_chunks_but_for_what_was_set_aside(
    history: History, records: Records
) -> None:
    chunks = chunks_of(history)
    assert Records.of(chunks.done, chunks.left) == records
