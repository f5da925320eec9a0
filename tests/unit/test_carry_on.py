"""Carrying on: whatever the deadlines, each record is handed out once and the answer is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk, worker
from fan_out.runtime.carry_on import CARRY_ON_KEY, MARGIN_VARIABLE, merged

CHUNK = {"oneJobProcessingCount": 10, "offset": 20, "execution": "nightly", "round": 1}


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
        "round": 1,
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


@pytest.mark.parametrize("answer", [{"a": 1}, "text", True, {}])
def test_an_answer_that_no_further_round_could_add_to_fails_in_the_first_one(answer: Any) -> None:
    @worker
    def answering(chunk: Chunk, context: Any) -> Any:
        list(chunk)
        return answer

    with pytest.raises(
        TypeError, match="must be a list, a number or None, or @worker needs a merge"
    ):
        answering(CHUNK, Clock(6))
    assert answering(CHUNK, Clock(100)) == answer  # of a single round, any answer will do


def test_tuples_are_joined_as_the_lists_that_they_are_sent_as() -> None:
    @worker
    def pairs(chunk: Chunk, context: Any) -> tuple[int, ...]:
        return tuple(chunk)

    assert run(pairs, CHUNK, [6] * 9) == (list(range(20, 30)), 3)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([1e308], "the answer of all rounds must be JSON, got inf"),
        ([["x" * 150_000]], "the answer of all rounds must take at most 260096 bytes, got 300"),
    ],
)
def test_what_the_rounds_make_together_is_checked_too(answers: list[Any], message: str) -> None:
    @worker
    def adding(chunk: Chunk, context: Any) -> Any:
        list(chunk)
        return answers[0]

    with pytest.raises(ValueError, match=message):
        run(adding, CHUNK, [6] * 9)


def test_what_a_merge_function_makes_is_checked_too() -> None:
    @worker(merge=lambda before, answer: {*before, *answer})
    def gathering(chunk: Chunk, context: Any) -> list[int]:
        return list(chunk)

    with pytest.raises(ValueError, match="the answer of all rounds must be JSON, got .* list"):
        run(gathering, CHUNK, [6] * 9)


def test_what_is_left_and_the_answer_so_far_must_fit_together() -> None:
    @worker
    def filling(chunk: Chunk, context: Any) -> list[str]:
        list(chunk)
        return ["x" * 200_000]

    with pytest.raises(ValueError, match="what is left, with the answer so far, must take at most"):
        filling({**CHUNK, "input": "y" * 100_000}, Clock(6))


def test_with_items_the_number_of_a_record_and_its_item_come_together() -> None:
    keys = []

    @worker
    def noting(chunk: Chunk, context: Any) -> list[str]:
        done = []
        for record, item in zip(chunk.records, chunk, strict=False):
            keys.append(chunk.key(record))
            done.append(item)
        return done

    items = [f"item {number}" for number in range(10)]
    assert run(noting, {**CHUNK, "items": items}, [6] * 9) == (items, 3)
    assert keys == [f"nightly:{record}" for record in range(20, 30)]


def test_a_worker_of_a_machine_that_does_not_carry_on_is_given_keys_and_does_the_whole_chunk() -> (
    None
):
    @worker
    def noting(chunk: Chunk, context: Any) -> list[str]:
        return [chunk.key(record) for record in chunk]

    passed_on = {**CHUNK, "input": {}}
    del passed_on["round"]
    assert noting(passed_on, Clock(1)) == [f"nightly:{record}" for record in range(20, 30)]


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
