"""An execution input may list its chunks: they are the plan, or one clear line says why not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk, control
from fan_out.runtime.budget import MOST_CHUNKS
from fan_out.runtime.control import count_from_input
from fan_out.runtime.resumed import first_execution


@control
def never(event: Any, context: Any) -> int:
    """The control function of a run whose chunks are listed is not asked."""
    raise AssertionError("asked")


def resuming(chunks: Any, **more: Any) -> dict[str, Any]:
    return {"fanOutResume": {"chunks": chunks, **more}}


def chunk(offset: Any, count: Any = 10, **more: Any) -> dict[str, Any]:
    return {"oneJobProcessingCount": count, "offset": offset, **more}


@given(st.sets(st.integers(0, 500)))
def test_listed_chunks_are_the_plan_with_all_their_keys(numbers: set[int]) -> None:
    listed = [chunk(10 * number, mark=number) for number in sorted(numbers)]
    assert never({**resuming(listed), "table": "orders"}, None) == listed


def test_the_built_in_control_takes_them_too() -> None:
    assert count_from_input(resuming([chunk(50)]), None) == [chunk(50)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "fanOutResume.chunks must be a list of chunks, got None"),
        ({}, "fanOutResume.chunks must be a list of chunks, got {}"),
        ("[]", "fanOutResume.chunks must be a list of chunks, got '[]' (a str)"),
        ([5], "fanOutResume.chunks[0]: a chunk must be a JSON object, got 5"),
        ([{}], "fanOutResume.chunks[0]: a chunk must have oneJobProcessingCount, got {}"),
        (
            [chunk(0), {"oneJobProcessingCount": 1}],
            "fanOutResume.chunks[1]: a chunk must have offset",
        ),
        ([chunk(-1)], "fanOutResume.chunks[0]: offset must be a whole number from 0"),
        (
            [chunk(0, 0)],
            "fanOutResume.chunks[0]: oneJobProcessingCount must be a whole number from 1",
        ),
        ([chunk(0.0)], "got 0.0 (a float)"),
        (
            [chunk(0, 2, items=["a"])],
            "fanOutResume.chunks[0]: items must be a list of 2, got ['a']",
        ),
        ([chunk(10), chunk(0)], "in order and disjoint, got offset 0 in number 1 where those"),
        ([chunk(0), chunk(9)], "got offset 9 in number 1 where those before it end at 10"),
        (
            [chunk(n, 1) for n in range(3_570)],
            f"fanOutResume.chunks must be at most {MOST_CHUNKS}, got 3570",
        ),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(given: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        never(resuming(given), None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "fanOutResume must be an object with chunks, got None"),
        ([], "fanOutResume must be an object with chunks, got []"),
        ({"of": "arn"}, "fanOutResume must be an object with chunks, got {'of': 'arn'}"),
        ({"chunks": [], "chunk": 1}, "may have chunks, of, done and earlier, got chunk"),
        ({"chunks": [], "done": -1}, "fanOutResume.done must be a whole number from 0"),
        ({"chunks": [], "done": "5"}, "got '5' (a str)"),
    ],
)
def test_what_is_no_resume_is_refused_in_one_line(given: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        never({"fanOutResume": given}, None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_worker_is_given_the_input_without_our_key() -> None:
    given = {"mode": "full", **resuming([chunk(0)], done=5)}
    assert Chunk.from_event({**chunk(0), "input": given}).input == {"mode": "full"}
    assert Chunk.from_event({**chunk(0), "input": [1]}).input == [1]


@pytest.mark.parametrize("key", ["oneJobProcessMaxCount", "jobCount", "secondsPerRecord"])
def test_chunks_and_a_size_contradict_each_other(key: str) -> None:
    with pytest.raises(ValueError, match=f"must have one of .*, got {key} and fanOutResume"):
        never({**resuming([chunk(0)]), key: 1}, None)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("nightly", "nightly"),
        ("nightly--re2", "nightly"),
        ("nightly--re17", "nightly"),
        ("nightly--retry", "nightly--retry"),
        ("nightly--r2", "nightly--r2"),
        ("nightly--re2026", "nightly--re2026"),
        ("nightly--re", "nightly--re"),
        ("--re2", "--re2"),
    ],
)
def test_an_execution_that_resumes_another_keeps_the_ids_of_its_chunks(
    name: str, first: str
) -> None:
    assert first_execution(name) == first
    assert Chunk(offset=30, count=1, execution=name).id == f"{first}:30"
