"""A control may answer items: the plan carries them, and what it cannot carry is named."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from fan_out.runtime import Chunk, control
from fan_out.runtime.budget import PAYLOAD_BYTES


def planned(items: Any, **event: Any) -> list[dict[str, Any]]:
    @control
    def answering(event: Any, context: Any) -> Any:
        return items

    return answering({"oneJobProcessMaxCount": 2, **event}, None)


def test_the_items_of_a_generator_are_cut_into_chunks() -> None:
    def keys() -> Iterator[str]:
        yield from ("a", "b", "c")

    plan = planned(keys())
    assert plan == [
        {"oneJobProcessingCount": 2, "offset": 0, "items": ["a", "b"]},
        {"oneJobProcessingCount": 1, "offset": 2, "items": ["c"]},
    ]
    assert [item for chunk in plan for item in Chunk.from_event(chunk)] == ["a", "b", "c"]


def test_no_items_are_no_chunks() -> None:
    assert planned([]) == []


def test_items_are_spread_evenly_where_the_input_says_so() -> None:
    @control
    def answering(event: Any, context: Any) -> list[int]:
        return list(range(10))

    plan = answering({"jobCount": 4}, None)
    assert [chunk["items"] for chunk in plan] == [[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({1}, "item 1 must be JSON, got {1} (a set): answer list(x)"),
        (object(), "item 1 must be JSON, got "),
        (float("nan"), "item 1 must be JSON, got nan"),
        (b"bytes", "item 1 must be JSON, got b'bytes' (a bytes)"),
        ({"key": [0, {2}]}, 'item 1["key"][1] must be JSON, got {2} (a set)'),
        ({1: 2}, "item 1 must have strings as keys, got 1"),
        ((1, 2), "item 1 must be JSON, which has no tuples, got (1, 2) (a tuple)"),
        ("\udc80", "item 1 must be UTF-8, got a lone surrogate"),
        (10**400, "item 1 must be at most 1.8e308"),
        ([10**5000], "item 1[0] must be at most 1.8e308"),
    ],
)
def test_an_item_that_is_not_json_is_named(item: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as error:
        planned(["fine", item])
    assert "\n" not in str(error.value)


def test_the_item_that_is_too_much_is_named_before_the_rest_is_asked_for() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "x" * 1_000

    with pytest.raises(ValueError, match="got more with item 25[0-9]: answer keys or a count"):
        planned(endless())


def test_a_plan_with_items_that_is_allowed_fits_the_payload() -> None:
    plan = planned(["é" * 60] * 1_500)
    size = len(json.dumps(plan, ensure_ascii=False).encode())
    assert 0.8 * PAYLOAD_BYTES < size <= PAYLOAD_BYTES


def test_chunks_that_make_the_plan_too_large_are_refused_with_the_item() -> None:
    with pytest.raises(ValueError, match="the plan must take at most .* got more with item "):
        planned(["x" * 100] * 2_400, oneJobProcessMaxCount=1)
