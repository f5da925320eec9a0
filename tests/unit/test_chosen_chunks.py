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


def chunk(offset: Any, count: Any = 10, **more: Any) -> dict[str, Any]:
    return {"oneJobProcessingCount": count, "offset": offset, **more}


@given(st.sets(st.integers(0, 500)))
def test_listed_chunks_are_the_plan_with_all_their_keys(numbers: set[int]) -> None:
    listed = [chunk(10 * number, mark=number) for number in sorted(numbers)]
    assert never({"chunks": listed, "table": "orders"}, None) == listed


def test_the_built_in_control_takes_them_too() -> None:
    assert count_from_input({"chunks": [chunk(50)]}, None) == [chunk(50)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "chunks must be a list of chunks, got None"),
        ({}, "chunks must be a list of chunks, got {}"),
        ("[]", "chunks must be a list of chunks, got '[]' (a str)"),
        ([5], "chunks[0]: a chunk must be a JSON object, got 5"),
        ([{}], "chunks[0]: a chunk must have oneJobProcessingCount, got {}"),
        ([chunk(0), {"oneJobProcessingCount": 1}], "chunks[1]: a chunk must have offset"),
        ([chunk(-1)], "chunks[0]: offset must be a whole number from 0"),
        ([chunk(0, 0)], "chunks[0]: oneJobProcessingCount must be a whole number from 1"),
        ([chunk(0.0)], "got 0.0 (a float)"),
        ([chunk(0, 2, items=["a"])], "chunks[0]: items must be a list of 2, got ['a']"),
        ([chunk(10), chunk(0)], "in order and disjoint, got offset 0 in chunks[1] where those"),
        ([chunk(0), chunk(9)], "got offset 9 in chunks[1] where those before it end at 10"),
        ([chunk(n, 1) for n in range(3_570)], f"chunks must be at most {MOST_CHUNKS}, got 3570"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(given: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        never({"chunks": given}, None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["oneJobProcessMaxCount", "jobCount", "secondsPerRecord"])
def test_chunks_and_a_size_contradict_each_other(key: str) -> None:
    with pytest.raises(ValueError, match=f"must have one of .*, got {key} and chunks"):
        never({"chunks": [chunk(0)], key: 1}, None)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("nightly", "nightly"),
        ("nightly--r2", "nightly"),
        ("nightly--r17", "nightly"),
        ("nightly--retry", "nightly--retry"),
        ("nightly--r", "nightly--r"),
        ("--r2", "--r2"),
    ],
)
def test_an_execution_that_resumes_another_keeps_the_ids_of_its_chunks(
    name: str, first: str
) -> None:
    assert first_execution(name) == first
    assert Chunk(offset=30, count=1, execution=name).id == f"{first}:30"
