"""Items instead of record numbers: JSON values that the plan itself carries to the workers."""

from __future__ import annotations

import json

from fan_out.runtime.answers import checked
from fan_out.runtime.budget import BYTES_PER_CHUNK, PAYLOAD_BYTES, RESULT_OVERHEAD
from fan_out.runtime.chunk import COUNT_KEY, ITEMS_KEY, OFFSET_KEY
from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from fan_out.runtime.plan import Plan

MOST_BYTES = PAYLOAD_BYTES - RESULT_OVERHEAD

BYTES_AROUND_ITEMS = BYTES_PER_CHUNK + len(', "items": []')


def checked_items(answer: Iterable[Any]) -> list[Any]:
    """Take all items of an answer, as long as they fit into a plan.

    Raises ValueError, naming the item by its number, for one that is not JSON, and for the one
    with which the items are more than a state can carry.
    """
    items = []
    size = 0
    for number, item in enumerate(answer):
        size += _bytes(_checked(item, f"item {number}")) + len(", ")
        if size > MOST_BYTES:
            raise ValueError(
                f"the items must take at most {MOST_BYTES} bytes in all, got more with item "
                f"{number}: answer keys or a count, and let the workers read the rest"
            )
        items.append(item)
    return items


def with_items(plan: Plan, items: list[Any]) -> list[dict[str, Any]]:
    """Answer the plan, each chunk with its own items.

    Raises ValueError where chunks and items together are more than a state can carry.
    """
    chunks = []
    size = 0
    for chunk in plan.items():
        end = chunk[OFFSET_KEY] + chunk[COUNT_KEY]
        own = items[chunk[OFFSET_KEY] : end]
        size += sum(_bytes(item) + len(", ") for item in own) + BYTES_AROUND_ITEMS
        if size > MOST_BYTES:
            raise ValueError(
                f"the plan must take at most {MOST_BYTES} bytes, got more with item {end - 1}: "
                f"answer smaller items, or make larger chunks"
            )
        chunks.append({**chunk, ITEMS_KEY: own})
    return chunks


def _checked(item: Any, name: str) -> Any:
    if json.loads(json.dumps(checked(item, name))) != item:
        raise ValueError(f"{name} must be JSON, which has no tuples, got {described(item)}")
    return item


def _bytes(item: Any) -> int:
    return len(json.dumps(item, ensure_ascii=False).encode())
