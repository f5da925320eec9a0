"""A chunk is what the Map hands to a worker: checked, immutable, iterable."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime import Chunk


@given(offset=st.integers(0, 10**12), count=st.integers(1, 10**3))
def test_a_chunk_goes_through_its_item_unchanged(offset: int, count: int) -> None:
    chunk = Chunk(offset=offset, count=count)
    assert Chunk.from_event(chunk.as_item()) == chunk
    assert list(chunk) == list(range(offset, offset + count))
    assert len(chunk) == count


def test_a_chunk_is_read_from_an_event_with_other_keys_in_it() -> None:
    event = {"oneJobProcessingCount": 5, "offset": 100, "somebody": "else's"}
    assert Chunk.from_event(event) == Chunk(offset=100, count=5)


def test_a_chunk_with_items_yields_them_and_keeps_the_input() -> None:
    event = {
        "oneJobProcessingCount": 2,
        "offset": 7,
        "items": ["a", {"b": 1}],
        "input": {"table": "orders"},
    }
    chunk = Chunk.from_event(event)
    assert list(chunk) == ["a", {"b": 1}]
    assert chunk.records == range(7, 9)
    assert chunk.input == {"table": "orders"}
    assert chunk.as_item() == event
    assert repr(chunk) == (
        "Chunk(offset=7, count=2, items=['a', {'b': 1}], input={'table': 'orders'})"
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "a chunk must be a JSON object, got None"),
        ([], "a chunk must be a JSON object, got []"),
        ("x", "a chunk must be a JSON object, got 'x' (a str)"),
        ({}, "a chunk must have oneJobProcessingCount, got {}"),
        ({"oneJobProcessingCount": 1}, "a chunk must have offset, got "),
        ({"oneJobProcessingCount": 0, "offset": 0}, "oneJobProcessingCount must be a whole number"),
        ({"oneJobProcessingCount": 2, "offset": 0, "items": ["a"]}, "items must be a list of 2"),
        ({"oneJobProcessingCount": 1, "offset": 0, "items": "a"}, "items must be a list of 1"),
        ({"oneJobProcessingCount": 1, "offset": -1}, "offset must be a whole number from 0 to"),
        ({"oneJobProcessingCount": "1", "offset": 0}, "got '1' (a str)"),
        ({"oneJobProcessingCount": True, "offset": 0}, "got True (a bool)"),
        ({"oneJobProcessingCount": 1.0, "offset": 0}, "got 1.0 (a float)"),
        ({"oneJobProcessingCount": 10**5000, "offset": 0}, "got an int of 16610 bits"),
    ],
)
def test_an_event_that_is_no_chunk_is_refused_in_one_line(event: object, message: str) -> None:
    with pytest.raises(ValueError) as error:
        Chunk.from_event(event)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_chunk_cannot_be_changed() -> None:
    chunk = Chunk(offset=0, count=1)
    with pytest.raises(AttributeError, match="immutable"):
        chunk.offset = 5
    with pytest.raises(AttributeError, match="immutable"):
        del chunk.count


def test_equal_chunks_are_one_in_a_set_and_survive_a_pickle() -> None:
    chunk = Chunk(offset=20, count=10)
    assert {chunk, Chunk(offset=20, count=10)} == {chunk}
    assert chunk != Chunk(offset=20, count=9)
    assert chunk != (20, 10)
    assert pickle.loads(pickle.dumps(chunk)) == chunk
    assert repr(chunk) == "Chunk(offset=20, count=10)"


@pytest.mark.parametrize("record", [19, 30, -1, True, 20.0, "20", None])
def test_a_key_is_that_of_a_record_of_the_chunk(record: object) -> None:
    chunk = Chunk(offset=20, count=10, execution="nightly")
    assert [chunk.key(20), chunk.key(29)] == ["nightly:20", "nightly:29"]
    with pytest.raises(ValueError, match="record must be a whole number from 20 to 29, got "):
        chunk.key(record)  # type: ignore[arg-type]


def test_without_an_execution_there_is_no_key_and_the_error_names_both_ways_to_one() -> None:
    with pytest.raises(RuntimeError, match="needs a FanOut with carry_on or pass_input, or Chunk"):
        Chunk(offset=0, count=1).key(0)


def test_that_a_chunk_is_resumed_survives_every_way_it_takes() -> None:
    chunk = Chunk(offset=0, count=2, execution="nightly--re2", resumed=True)
    assert chunk.as_item()["resumed"] is True
    assert repr(chunk) == "Chunk(offset=0, count=2, execution='nightly--re2', resumed=True)"
    for same in (Chunk.from_event(chunk.as_item()), pickle.loads(pickle.dumps(chunk))):
        assert same == chunk
        assert same.key(1) == "nightly:1"
    assert chunk.rest(1).key(1) == "nightly:1"
