"""What an execution that resumes another is called, and that records keep their keys in it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fan_out.cli.successor import name_after
from fan_out.runtime import Chunk
from fan_out.runtime.resumed import first_execution, shortened

NAMES = st.text(st.characters(codec="ascii", exclude_characters=":"), min_size=1, max_size=80)


def key(name: str, *, resumed: bool) -> str:
    return Chunk(offset=7, count=1, execution=name, resumed=resumed).key(7)


@given(name=NAMES)
@example(name="nightly--re2")
@example(name="--re2")
@example(name="x" * 73)
@example(name="x" * 80)
@example(name="x" * 74 + "--re2")
@example(name="x" * 73 + "--re2")
def test_however_often_it_is_resumed_a_record_keeps_its_key(name: str) -> None:
    first, keys, names = key(name, resumed=False), [], [name]
    for turn in range(120):
        names.append(name_after(names[-1], resumed=turn > 0))
        keys.append(key(names[-1], resumed=True))
    assert set(keys) == {first}
    assert len(set(names)) == 121
    assert max(map(len, names)) <= 80


@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True))
@example(names=["nightly", "nightly--re2"])
@example(names=["x" * 79 + "1", "x" * 79 + "2"])
@example(names=["x" * 75 + "--re2", "x" * 75 + "--re3"])
def test_two_executions_that_resume_nothing_never_share_a_key(names: list[str]) -> None:
    assert key(names[0], resumed=False) != key(names[1], resumed=False)
    assert name_after(names[0], resumed=False) != name_after(names[1], resumed=False)


@pytest.mark.parametrize(
    ("name", "first", "after"),
    [
        ("nightly", "nightly", "nightly--re2"),
        ("nightly--re2", "nightly", "nightly--re3"),
        ("nightly--re9", "nightly", "nightly--re10"),
        ("nightly--re100", "nightly", "nightly--re101"),
        ("nightly--re2--re2", "nightly--re2", "nightly--re2--re3"),
        ("nightly--retry", "nightly--retry", "nightly--retry--re2"),
        ("--re2", "--re2", "--re2--re2"),
    ],
)
def test_the_number_goes_on_from_the_one_that_is_resumed(name: str, first: str, after: str) -> None:
    assert first_execution(name, resumed=True) == first
    assert name_after(name, resumed=True) == after


@pytest.mark.parametrize("name", ["nightly--re2", "nightly--re100", "--re2"])
def test_a_name_of_the_users_own_may_end_like_that(name: str) -> None:
    assert first_execution(name, resumed=False) == name
    assert name_after(name, resumed=False) == f"{name}--re2"


def test_a_name_without_room_for_the_number_is_shortened_the_same_way_everywhere() -> None:
    long = "x" * 80
    assert len(shortened(long)) == 73
    assert shortened(long).startswith("x" * 56 + "-")
    assert shortened(shortened(long)) == shortened(long)
    assert name_after(long, resumed=False) == f"{shortened(long)}--re2"
    assert shortened("x" * 73) == "x" * 73
    assert shortened("x" * 74) != shortened("x" * 75)
