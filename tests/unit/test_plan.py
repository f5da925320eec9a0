"""A plan covers every record exactly once, whatever the numbers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk, plan
from fan_out.runtime.budget import (
    BYTES_PER_CHUNK,
    MOST_CHUNKS,
    PAYLOAD_BYTES,
    RESULT_OVERHEAD,
    refuse_what_the_map_cannot_carry,
)
from fan_out.runtime.numbers import MOST_RECORDS
from fan_out.runtime.plan import Plan


@given(total=st.integers(0, 5_000), size=st.integers(1, 6_000))
def test_a_plan_covers_every_record_once_and_in_order(total: int, size: int) -> None:
    assert [record for chunk in plan(total, size) for record in chunk] == list(range(total))


@given(total=st.integers(1, MOST_RECORDS), chunks=st.integers(1, 50))
def test_only_the_last_chunk_is_smaller_whatever_the_size_of_the_job(
    total: int, chunks: int
) -> None:
    size = -(-total // chunks)
    counts = [chunk.count for chunk in plan(total, size)]
    assert set(counts[:-1]) <= {size}
    assert 1 <= counts[-1] <= size
    assert sum(counts) == total


def test_the_plan_of_the_article_is_the_articles() -> None:
    chunks = [chunk.as_item() for chunk in plan(105, 10)]
    assert len(chunks) == 11
    assert chunks[0] == {"oneJobProcessingCount": 10, "offset": 0}
    assert chunks[-1] == {"oneJobProcessingCount": 5, "offset": 100}


def test_no_records_are_no_chunks() -> None:
    assert list(plan(0, 10)) == []


def test_a_plan_is_made_one_chunk_at_a_time() -> None:
    chunks = plan(MOST_RECORDS, 1)
    assert next(chunks) == Chunk(offset=0, count=1)
    assert next(chunks) == Chunk(offset=1, count=1)


@pytest.mark.parametrize("total", [-1, MOST_RECORDS + 1, True, 1.0, "105", None, float("nan")])
def test_a_total_that_is_no_count_is_refused_at_once(total: object) -> None:
    with pytest.raises(ValueError, match="total must be a whole number from 0 to 1000000000000000"):
        plan(total, 10)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, -1, MOST_RECORDS + 1, True, 1.5, "10", None])
def test_a_size_that_is_no_count_is_refused_at_once(size: object) -> None:
    with pytest.raises(ValueError, match="size must be a whole number from 1 to 1000000000000000"):
        plan(105, size)  # type: ignore[arg-type]


@given(total=st.integers(1, MOST_RECORDS), size=st.integers(1, MOST_RECORDS))
def test_a_refused_plan_names_the_smallest_size_that_fits(total: int, size: int) -> None:
    try:
        refuse_what_the_map_cannot_carry(total, Plan.at_most(total, size))
    except ValueError as error:
        smallest = int(str(error).rsplit(" ", 1)[1])
        refuse_what_the_map_cannot_carry(total, Plan.at_most(total, smallest))
        with pytest.raises(ValueError, match="smallest chunk size"):
            refuse_what_the_map_cannot_carry(total, Plan.at_most(total, smallest - 1))
    else:
        assert -(-total // size) <= MOST_CHUNKS


@pytest.mark.parametrize("total", [MOST_CHUNKS, 10**6, 10**9, MOST_RECORDS])
def test_the_longest_plan_that_is_allowed_fits_the_payload(total: int) -> None:
    items = [chunk.as_item() for chunk in plan(total, -(-total // MOST_CHUNKS))]
    text = json.dumps(items)
    assert len(items) <= MOST_CHUNKS
    assert len(text) <= PAYLOAD_BYTES - RESULT_OVERHEAD
    assert all(len(json.dumps(item)) + len(", ") <= BYTES_PER_CHUNK for item in items)
