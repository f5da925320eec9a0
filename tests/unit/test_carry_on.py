"""Carrying on: whatever the deadlines, each record is handed out once and the answer is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk, worker
from fan_out.runtime.carry_on import CARRY_ON_KEY, MARGIN_VARIABLE, merged

CHUNK = {"oneJobProcessingCount": 10, "offset": 20, "execution": "nightly"}


class Clock:
    """A Lambda context of which every look takes a second."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        self.seconds -= 1
        return 1000 * (self.seconds + 1)


@pytest.fixture(autouse=True)
def margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARGIN_VARIABLE, "2")


def run(handler: Any, event: dict[str, Any], clocks: Any) -> tuple[Any, int]:
    """What the machine does: the answer, and how many rounds it took."""
    for rounds, seconds in enumerate(clocks, start=1):
        event = handler(event, Clock(seconds))
        if not isinstance(event, dict) or CARRY_ON_KEY not in event:
            return event, rounds
    raise AssertionError("not finished")


@given(
    count=st.integers(1, 60),
    seconds=st.lists(st.integers(3, 30), min_size=60, max_size=60),
    with_items=st.booleans(),
)
def test_at_any_deadlines_the_answer_is_that_of_one_go_and_no_record_comes_twice(
    count: int, seconds: list[int], with_items: bool
) -> None:
    handed_out: list[Any] = []

    @worker
    def collecting(chunk: Chunk, context: Any) -> list[Any]:
        done = []
        for record in chunk:
            handed_out.append(record)
            done.append(record)
        return done

    event: dict[str, Any] = {
        "oneJobProcessingCount": count,
        "offset": 100,
        "execution": "nightly",
    }
    expected: list[Any] = list(range(100, 100 + count))
    if with_items:
        expected = [f"item {number}" for number in range(count)]
        event["items"] = expected
    answer, _ = run(collecting, event, seconds)
    assert answer == expected
    assert handed_out == expected


def test_numbers_are_added_and_none_stays_none() -> None:
    @worker
    def counting(chunk: Chunk, context: Any) -> int:
        return sum(1 for _ in chunk)

    @worker
    def silent(chunk: Chunk, context: Any) -> None:
        for _ in chunk:
            pass

    assert run(counting, CHUNK, [6] * 9) == (10, 3)
    assert run(silent, CHUNK, [6] * 9) == (None, 3)


def test_dicts_are_merged_by_the_users_function() -> None:
    def together(before: dict[str, int], answer: dict[str, int]) -> dict[str, int]:
        return {key: before[key] + answer[key] for key in before}

    @worker(merge=together)
    def tallying(chunk: Chunk, context: Any) -> dict[str, int]:
        return {"records": sum(1 for _ in chunk)}

    assert run(tallying, CHUNK, [6] * 9) == ({"records": 10}, 3)


@pytest.mark.parametrize("pair", [({}, {}), ("a", "b"), ([1], 1), (True, True), (None, [])])
def test_answers_that_are_no_pair_need_a_merge_function(pair: tuple[Any, Any]) -> None:
    with pytest.raises(TypeError, match="or @worker needs a merge function, got "):
        merged(*pair, None)


def test_a_round_that_finishes_no_record_fails_rather_than_going_round_for_ever() -> None:
    @worker
    def never(chunk: Chunk, context: Any) -> list[int]:
        return list(chunk)

    with pytest.raises(RuntimeError, match="must finish at least one record, got none of Chunk"):
        never(CHUNK, Clock(2))


def test_a_worker_may_stop_by_itself_and_asks_how_long_it_has() -> None:
    left = []

    @worker
    def in_threes(chunk: Chunk, context: Any) -> list[int]:
        done = []
        for record in chunk:
            left.append(chunk.time_left())
            done.append(record)
            if len(done) == 3:
                chunk.stop()
        return done

    assert run(in_threes, CHUNK, [100] * 9) == (list(range(20, 30)), 4)
    assert left[:2] == [97.0, 95.0]


def test_stopping_at_the_last_record_leaves_nothing() -> None:
    @worker
    def stopping(chunk: Chunk, context: Any) -> list[int]:
        done = []
        for record in chunk:
            done.append(record)
            if record == 29:
                chunk.stop()
                break
        return done

    assert run(stopping, CHUNK, [100]) == (list(range(20, 30)), 1)


def test_a_worker_that_does_not_iterate_is_left_alone() -> None:
    @worker
    def whole(chunk: Chunk, context: Any) -> int:
        return chunk.count

    assert whole(CHUNK, Clock(100)) == 10


def test_a_chunk_is_iterated_once() -> None:
    @worker
    def twice(chunk: Chunk, context: Any) -> list[int]:
        return [*chunk, *chunk]

    with pytest.raises(RuntimeError, match="a chunk can be iterated once"):
        twice(CHUNK, Clock(100))


def test_an_answer_that_would_be_taken_for_what_is_left_is_refused() -> None:
    @worker
    def confusing(chunk: Chunk, context: Any) -> dict[str, Any]:
        return {CARRY_ON_KEY: {}}

    with pytest.raises(ValueError, match="an answer must not have the key carryOn"):
        confusing(CHUNK, Clock(100))


def test_the_id_of_a_chunk_is_the_same_when_a_round_is_tried_again() -> None:
    ids = []

    @worker
    def noting(chunk: Chunk, context: Any) -> list[int]:
        ids.append(chunk.id)
        return list(chunk)

    second = noting(CHUNK, Clock(6))
    noting(second, Clock(6))
    noting(second, Clock(6))
    assert ids == ["nightly:20", "nightly:24", "nightly:24"]
    with pytest.raises(RuntimeError, match="a chunk's id needs a FanOut with carry_on"):
        _ = Chunk(offset=0, count=1).id


def test_in_a_machine_that_does_not_carry_on_the_same_function_does_the_whole_chunk() -> None:
    @worker
    def whole(chunk: Chunk, context: Any) -> list[int]:
        return list(chunk)

    plain = {"oneJobProcessingCount": 3, "offset": 0}
    assert whole(plain, Clock(1)) == [0, 1, 2]


def test_without_carry_on_a_chunk_is_handed_out_whole_and_cannot_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(MARGIN_VARIABLE)

    @worker
    def whole(chunk: Chunk, context: Any) -> list[int]:
        assert chunk.time_left() == float("inf")
        return list(chunk)

    assert whole(CHUNK, Clock(1)) == list(range(20, 30))
    with pytest.raises(RuntimeError, match="stop\\(\\) needs a FanOut with carry_on"):
        Chunk(offset=0, count=1).stop()
