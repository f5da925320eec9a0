"""The line of a worker's log by which the chunk is known."""

import json
from typing import Any

import pytest

from fan_out.runtime import Chunk, worker
from fan_out.runtime.chunk_line import BEGINNING, chunk_in

CHUNK = {"oneJobProcessingCount": 2, "offset": 4}


@worker
def handler(chunk: Chunk, context: Any) -> list[int]:
    """The article's worker."""
    return list(chunk)


def test_in_lambda_a_worker_says_which_chunk_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "localhost:1")
    assert handler({**CHUNK, "execution": "run", "input": {"much": 1}}, None) == [4, 5]
    line = capsys.readouterr().out
    assert line.startswith(BEGINNING)
    assert json.loads(line.removeprefix(BEGINNING)) == {**CHUNK, "execution": "run"}


def test_elsewhere_it_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    handler(CHUNK, None)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "event", [None, [], {"offset": 4}, {"carryOn": 3}, Chunk(offset=4, count=2)]
)
def test_of_what_is_no_chunk_it_says_nothing(event: Any) -> None:
    assert chunk_in(event) is None


def test_a_later_round_is_known_by_the_records_that_are_left() -> None:
    rest = {**CHUNK, "execution": "run", "answer": [1, 2], "round": 2}
    assert chunk_in({"carryOn": rest}) == {**CHUNK, "execution": "run"}
