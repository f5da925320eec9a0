"""Every way to size the chunks covers every record, keeps its promise, and is checked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime.budget import MOST_CHUNKS
from fan_out.runtime.plan import Plan
from fan_out.runtime.sizing import records_within, sizing

TOTALS = st.integers(0, 10**9)


FIT = {"secondsPerRecord": 1, "overheadSeconds": 0, "withinSeconds": 10, "maxConcurrency": 4}


def sizes(plan: Plan) -> list[int]:
    return [chunk.count for chunk in plan]


def assert_covers(plan: Plan, total: int) -> None:
    end = 0
    for chunk in plan:
        assert chunk.offset == end
        end += chunk.count
    assert end == total


@given(total=TOTALS, jobs=st.integers(1, 500))
def test_even_chunks_differ_by_at_most_one_and_cover_every_record(total: int, jobs: int) -> None:
    plan = Plan.even(total, jobs)
    assert_covers(plan, total)
    assert plan.length == min(jobs, total)
    assert max(sizes(plan), default=0) - min(sizes(plan), default=0) <= 1


@given(
    total=TOTALS,
    seconds=st.floats(0.001, 10),
    overhead=st.floats(0, 60),
    within=st.floats(75, 900),
    concurrency=st.integers(1, 40),
)
def test_chunks_to_fit_never_exceed_the_budget_nor_take_more_waves(
    total: int, seconds: float, overhead: float, within: float, concurrency: int
) -> None:
    most = records_within(seconds, overhead, within)
    total %= most * 400  # as many chunks as a test can go through
    plan = Plan.in_waves(total, most, concurrency, MOST_CHUNKS)
    assert_covers(plan, total)
    assert overhead + plan.largest * seconds <= within + 1e-6 * within
    fewest = Plan.at_most(total, most)
    waves, fewest_waves = (-(-p.length // concurrency) for p in (plan, fewest))
    assert waves == fewest_waves
    assert plan.largest <= fewest.largest
    assert max(sizes(plan), default=0) - min(sizes(plan), default=0) <= 1


@given(total=st.integers(1, 5_000), most=st.integers(1, 300), concurrency=st.integers(1, 40))
def test_no_fewer_chunks_end_as_soon_as_those_that_fit(
    total: int, most: int, concurrency: int
) -> None:
    """One chunk fewer would make the largest, and so every wave, longer, or overrun the budget."""
    plan = Plan.in_waves(total, most, concurrency, total)
    if plan.length > 1:
        assert Plan.even(total, plan.length - 1).largest > plan.largest


def test_a_hundred_and_five_records_four_at_a_time_are_twelve_even_chunks() -> None:
    assert sizes(sizing({}, FIT)(105)) == [9] * 9 + [8] * 3


def test_ragged_chunks_in_three_waves_become_eight_in_two_where_they_may_be_larger() -> None:
    roomy = {"secondsPerRecord": 1, "overheadSeconds": 0, "withinSeconds": 14, "maxConcurrency": 4}
    assert sizes(sizing({}, roomy)(105)) == [14] + [13] * 7


def test_filling_the_last_wave_makes_no_plan_too_long_for_the_machine() -> None:
    plan = Plan.in_waves(3_569_000, 1_000, 40, MOST_CHUNKS)
    assert plan.length == MOST_CHUNKS
    assert plan.largest == 1_000


def test_a_concurrency_above_what_a_map_runs_counts_as_that() -> None:
    wide = {
        "secondsPerRecord": 1,
        "overheadSeconds": 0,
        "withinSeconds": 100,
        "maxConcurrency": 500,
    }
    assert sizing({}, wide)(20_000).length == 200


def test_a_time_is_not_missed_by_a_rounding_of_floats() -> None:
    assert records_within(0.1, 0, 0.3) == 3
    assert records_within(0.05, 0, 3) == 60
    assert records_within(1, 10, 10) == 0


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, [10] * 10 + [5]),
        ({"oneJobProcessMaxCount": 60}, [60, 45]),
        ({"jobCount": 2}, [53, 52]),
        ({"secondsPerRecord": 20}, [35, 35, 35]),
        ([], [10] * 10 + [5]),
    ],
)
def test_the_input_overrides_the_construct(event: Any, expected: list[int]) -> None:
    told = {"atMost": 10, "withinSeconds": 720, "maxConcurrency": 3}
    assert sizes(sizing(event, told)(105)) == expected


def test_without_a_concurrency_of_its_own_waves_are_those_of_an_inline_map() -> None:
    told = {"secondsPerRecord": 1, "overheadSeconds": 0, "withinSeconds": 10, "maxConcurrency": 0}
    assert sizing({}, told)(1_000).length == 112  # 3 waves of 40 hold 120, of at most 9 each


@pytest.mark.parametrize("key", ["oneJobProcessMaxCount", "jobCount"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "3", None, 10**16])
def test_a_number_of_the_input_that_is_none_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{key} must be a whole number from 1 to "):
        sizing({key: value}, FIT)


@pytest.mark.parametrize("value", [0, -1, True, "3", None, float("nan"), float("inf"), 901])
def test_seconds_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="secondsPerRecord must be a number from 1e-09 to 900"):
        sizing({"secondsPerRecord": value}, FIT)


def test_a_record_that_cannot_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="secondsPerRecord must be at most 10, the 10 seconds"):
        sizing({"secondsPerRecord": 10.5}, FIT)


def test_seconds_without_a_time_to_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="secondsPerRecord needs a time to fit"):
        sizing({"secondsPerRecord": 1}, {"atMost": 10})


def test_keys_of_the_input_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="must have one of .*, got jobCount and secondsPerRecord"):
        sizing({"jobCount": 2, "secondsPerRecord": 1}, FIT)
