"""What a function answers is JSON that a state can carry, or one line says where it is not."""

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fan_out.runtime.answers import MOST_LEVELS, checked
from fan_out.runtime.budget import PAYLOAD_BYTES

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**1023), 2**1023),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text("ab"), inner)
    ),
)


@given(JSON)
def test_json_is_answered_as_it_is(answer: Any) -> None:
    assert checked(answer) is answer


class Number(enum.IntEnum):
    ONE = 1


class Rate(float):
    """As numpy's float64 is one."""


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "answer",
    [
        Number.ONE,
        Rate(0.5),
        Point(1, 2),
        collections.OrderedDict(a=1),
        2**53 + 1,
        10**308,
        "9" * 400,
        {"text": ["[{" * 200, '"\\[[' * 200]},
        "é" * 130_000,
    ],
)
def test_what_json_writes_with_the_same_meaning_is_answered(answer: Any) -> None:
    assert checked(answer) is answer


class Array:
    """As numpy's: its text has more than one line."""

    def tolist(self) -> list[int]:
        return []

    def __index__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "array(\n  1)"


@dataclasses.dataclass
class Row:
    number: int = 1


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


async def nothing() -> None: ...


FAULTS = [
    (float("nan"), "must be JSON, got nan: answer None in its place"),
    (-math.inf, "must be JSON, got -inf: answer None in its place"),
    (datetime.datetime(2026, 11, 25), "(a datetime): answer x.isoformat()"),
    (datetime.date(2026, 11, 25), "(a date): answer x.isoformat()"),
    (datetime.timedelta(1), "(a timedelta): answer str(x)"),
    (decimal.Decimal("1.5"), "got Decimal('1.5') (a Decimal): answer float(x), or str(x) for all"),
    ({1, 2}, "got {1, 2} (a set): answer list(x)"),
    (range(3), "got range(0, 3) (a range): answer list(x)"),
    ((one for one in "ab"), "(a generator): answer list(x)"),
    ({}.keys(), "(a dict_keys): answer list(x)"),
    (b"bytes", "got b'bytes' (a bytes): answer x.decode()"),
    (Array(), "got array( 1) (a Array): answer x.tolist()"),
    (Row(), "got Row(number=1) (a Row): answer dataclasses.asdict(x)"),
    (uuid.UUID(int=1), "(a UUID): answer str(x)"),
    (1j, "got 1j (a complex): answer str(x)"),
    (Mute(), "(a Mute): answer str(x)"),
    ("a \udc80", "must be UTF-8, got a lone surrogate: 'a \\udc80'"),
    ({"\ud800": 1}, "must have keys in UTF-8, got a lone surrogate: '\\ud800'"),
    ({1: 2}, "must have strings as keys, got 1: answer str(x)"),
    ({None: 2}, "must have strings as keys, got None: answer str(x)"),
    ({True: 2}, "must have strings as keys, got True (a bool): answer str(x)"),
    ({(1, 2): 3}, "must have strings as keys, got (1, 2) (a tuple): answer str(x)"),
    (10**400, "must be at most 1.8e308, as far as numbers go, got an int of 1329 bits"),
    (-(10**5000), "must be at most 1.8e308, as far as numbers go, got an int of 16610 bits"),
]


@pytest.mark.parametrize(("value", "message"), FAULTS, ids=range(len(FAULTS)))
def test_what_json_cannot_say_is_named_by_its_place_and_what_to_do(
    value: Any, message: str
) -> None:
    for answer, place in (
        (value, "answer"),
        ([0, 1, 2, {"when": (value,)}], 'answer[3]["when"][0]'),
        ({"a": 1, 'q"': [value, value]}, 'answer["q\\""][0]'),
    ):
        with pytest.raises(ValueError) as error:
            checked(answer)
        assert str(error.value).startswith(f"{place} must ")
        assert message in str(error.value)
        assert "\n" not in str(error.value)
        str(error.value).encode()


def test_what_is_awaited_elsewhere_is_named() -> None:
    coroutine = nothing()
    with pytest.raises(ValueError, match=r"\(a coroutine\): answer what it returns, since Lambda"):
        checked([coroutine])
    coroutine.close()


def nested(levels: int) -> Any:
    answer: Any = 1
    for level in range(levels):
        answer = [answer] if level % 2 else {"a": answer}
    return answer


def test_what_is_nested_deeper_than_parsers_take_is_refused() -> None:
    checked(nested(MOST_LEVELS))
    for levels in (MOST_LEVELS + 1, 500, 100_000):
        with pytest.raises(ValueError, match="must be at most 100 lists and objects deep") as error:
            checked(nested(levels))
        assert len(str(error.value)) < 200


def test_what_is_part_of_itself_is_refused() -> None:
    answer: list[Any] = [1]
    answer.append({"again": answer})
    with pytest.raises(ValueError, match=r'answer\[1\]\["again"\] must be JSON, got what it is it'):
        checked(answer)
    shared = [1]
    checked([shared, shared])


@pytest.mark.parametrize("letter", ["x", "é", '"'])
def test_an_answer_is_at_most_what_a_state_carries(letter: str) -> None:
    most = PAYLOAD_BYTES - 2_048
    each = len(json.dumps(letter, ensure_ascii=False).encode()) - 2
    checked(letter * ((most - 2) // each))
    size = (most - 2) // each * each + each + 2
    with pytest.raises(ValueError, match=f"answer must take at most {most} bytes, got {size}: put"):
        checked(letter * ((most - 2) // each + 1))


def test_an_object_that_breaks_when_it_is_read_is_refused_all_the_same() -> None:
    class Shy(dict[str, int]):
        asked = 0

        def items(self) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise TypeError("not now")
            return super().items()

    with pytest.raises(ValueError, match="answer must be JSON"):
        checked(Shy(a=1))


@pytest.mark.parametrize("name", ["the answer of all rounds", "item 3"])
def test_the_answer_is_called_what_it_is(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(name)}\\[0\\] must be JSON"):
        checked([math.nan], name)
