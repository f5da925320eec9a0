"""A bad record is set aside, and the rest of its chunk is done."""

import functools
import logging
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk, worker
from fan_out.runtime.carry_on import CARRY_ON_KEY, MARGIN_VARIABLE


@worker(on_error="collect")
def halved(record: int, context: Any) -> float:
    """Fail for each odd record."""
    if record % 2:
        raise ValueError(f"{record} is odd")
    return record / 2


def test_a_record_that_raises_is_set_aside_with_number_error_and_message() -> None:
    assert halved({"oneJobProcessingCount": 4, "offset": 10}, None) == {
        "answers": [5, 6],
        "badRecords": [
            {"record": 11, "error": "ValueError", "message": "11 is odd"},
            {"record": 13, "error": "ValueError", "message": "13 is odd"},
        ],
    }


@given(bad=st.sets(st.integers(0, 49)))
def test_every_record_is_answered_or_set_aside_and_none_is_both(bad: set[int]) -> None:
    @worker(on_error="collect")
    def failing(record: int, context: Any) -> int:
        if record in bad:
            raise KeyError(record)
        return record

    answer = failing(Chunk(offset=0, count=50), None)
    assert answer["answers"] == [number for number in range(50) if number not in bad]
    assert [one["record"] for one in answer["badRecords"]] == sorted(bad)


def test_of_items_the_number_of_the_record_is_told() -> None:
    @worker(on_error="collect")
    def reading(item: str, context: Any) -> int:
        return int(item)

    event = {"oneJobProcessingCount": 3, "offset": 7, "items": ["1", "x", "3"]}
    answer = reading(event, None)
    assert answer["answers"] == [1, 3]
    assert [one["record"] for one in answer["badRecords"]] == [8]


def test_a_record_whose_answer_is_not_json_is_set_aside() -> None:
    answers = [float("nan"), datetime(2026, 11, 25), Decimal("1.5"), {1}, b"x", "\ud800", 10**400]

    @worker(on_error="collect")
    def answering(record: int, context: Any) -> Any:
        return {"value": answers[record]} if record < len(answers) else record

    answer = answering(Chunk(offset=0, count=9), None)
    assert answer["answers"] == [7, 8]
    assert [one["record"] for one in answer["badRecords"]] == list(range(7))
    assert {one["error"] for one in answer["badRecords"]} == {"ValueError"}
    assert all(one["message"].startswith('answer["value"] ') for one in answer["badRecords"])
    assert "x.isoformat()" in answer["badRecords"][1]["message"]


def test_answers_that_are_too_much_together_fail_their_chunk_and_say_how_much() -> None:
    @worker(on_error="collect")
    def wordy(record: int, context: Any) -> str:
        return "x" * 100_000

    assert len(wordy(Chunk(offset=0, count=2), None)["answers"]) == 2
    with pytest.raises(ValueError, match="answer must take at most 260096 bytes, got 3000"):
        wordy(Chunk(offset=0, count=3), None)


def passing_on(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("wrap", [lambda function: function, passing_on, functools.partial])
def test_a_function_that_takes_a_key_is_given_the_records(wrap: Any) -> None:
    def keyed(item: str, context: Any, *, key: str) -> list[str]:
        return [item, key]

    event = {"oneJobProcessingCount": 2, "offset": 7, "items": ["a", "b"], "execution": "nightly"}
    handler = worker(on_error="collect")(wrap(keyed))
    assert handler(event, None)["answers"] == [["a", "nightly:7"], ["b", "nightly:8"]]
    with pytest.raises(RuntimeError, match="needs a FanOut with carry_on or pass_input"):
        handler({"oneJobProcessingCount": 1, "offset": 0}, None)


def third(record: int, context: Any, key: str = "none") -> str:
    return key


def required(record: int, context: Any, key: str) -> str:
    return key


class Job:
    def __call__(self, record: int, context: Any, key: str) -> str:
        return key

    def method(self, record: int, context: Any, *, key: str) -> str:
        return key


@pytest.mark.parametrize("function", [third, required, Job(), Job().method])
def test_a_key_is_given_however_the_parameter_is_written(function: Any) -> None:
    chunk = Chunk(offset=7, count=1, execution="nightly")
    assert worker(on_error="collect")(function)(chunk, None)["answers"] == ["nightly:7"]


def supplying(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: int, context: Any) -> Any:
        return function(record, context, key="own")

    return wrapper


@pytest.mark.parametrize("wrap", [supplying, functools.partial(functools.partial, key="own")])
def test_a_key_that_is_supplied_already_is_left_alone(wrap: Any) -> None:
    wrapped = wrap(required)
    chunk = Chunk(offset=7, count=1, execution="nightly")
    assert worker(on_error="collect")(wrapped)(chunk, None)["answers"] == ["own"]


def test_a_record_may_be_called_key() -> None:
    def of_a_key(key: int, context: Any) -> int:
        return key

    assert worker(on_error="collect")(of_a_key)(Chunk(offset=7, count=1), None)["answers"] == [7]


def test_a_function_that_is_not_written_in_python_takes_no_key() -> None:
    assert worker(on_error="collect")(pow)(Chunk(offset=3, count=2), 2)["answers"] == [9, 16]


def test_the_log_has_the_whole_message_and_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    @worker(on_error="collect")
    def wordy(record: int, context: Any) -> None:
        raise ValueError("long " * 1_000)

    with caplog.at_level(logging.ERROR):
        (bad,) = wordy(Chunk(offset=5, count=1), None)["badRecords"]
    assert len(bad["message"]) == 200
    assert "record 5 is set aside" in caplog.text
    assert "long " * 1_000 in caplog.text
    assert "in wordy" in caplog.text


def test_a_message_that_is_no_text_is_made_one(caplog: pytest.LogCaptureFixture) -> None:
    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError("no words")

    @worker(on_error="collect")
    def broken(record: int, context: Any) -> None:
        raise ValueError("a \ud800 b") if record == 0 else Mute

    bad = broken(Chunk(offset=0, count=2), None)["badRecords"]
    assert [one["message"] for one in bad] == ["a \\ud800 b", ""]
    assert [one["error"] for one in bad] == ["ValueError", "Mute"]
    caplog.text.encode()


def test_more_bad_records_than_an_answer_holds_end_the_chunk_in_one_line() -> None:
    @worker(on_error="collect")
    def never(record: int, context: Any) -> None:
        raise ValueError("x" * 500)

    with pytest.raises(ValueError, match="the list of bad records must take at most") as error:
        never(Chunk(offset=0, count=10_000), None)
    assert "\n" not in str(error.value)
    assert isinstance(error.value.__cause__, ValueError)


def test_what_is_no_error_of_the_record_is_not_set_aside() -> None:
    @worker(on_error="collect")
    def leaving(record: int, context: Any) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        leaving(Chunk(offset=0, count=1), None)


class Clock:
    """Lambda's context: there is time for three records."""

    def __init__(self) -> None:
        self.looks = 3

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 10_000 if self.looks >= 0 else 0


def test_carrying_on_joins_answers_and_bad_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARGIN_VARIABLE, "1")
    event: Any = {"oneJobProcessingCount": 8, "offset": 0, "round": 1}
    rounds = 0
    while rounds == 0 or CARRY_ON_KEY in event:
        event, rounds = halved(event, Clock()), rounds + 1
    assert rounds == 3
    assert event["answers"] == [0, 1, 2, 3]
    assert [one["record"] for one in event["badRecords"]] == [1, 3, 5, 7]


def test_the_default_is_to_raise() -> None:
    @worker(on_error="raise")
    def failing(chunk: Chunk, context: Any) -> None:
        raise ValueError("bad record 57")

    with pytest.raises(ValueError, match="bad record 57"):
        failing(Chunk(offset=0, count=1), None)


@pytest.mark.parametrize("given", ["ignore", "", None, True, []])
def test_an_option_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match='on_error must be "raise" or "collect", got '):
        worker(on_error=given)


def test_a_merge_function_has_nothing_to_do_there() -> None:
    with pytest.raises(ValueError, match="merges by itself and takes no merge function"):
        worker(on_error="collect", merge=max)  # type: ignore[call-overload]


def test_a_merge_that_is_no_function_is_refused() -> None:
    with pytest.raises(ValueError, match="merge must be a function, got 3"):
        worker(merge=3)  # type: ignore[call-overload]
