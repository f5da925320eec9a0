"""The control function: how many records there are, or which items, becomes a list of chunks."""

from __future__ import annotations

import functools
import os

from fan_out.runtime.budget import refuse_what_the_map_cannot_carry
from fan_out.runtime.callables import check_callable
from fan_out.runtime.chosen_chunks import chosen_chunks
from fan_out.runtime.items import checked_items, with_items
from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number
from fan_out.runtime.resumed import RESUME_KEY
from fan_out.runtime.role import made_for
from fan_out.runtime.sizing import (
    chosen_key,
    events_around,
    events_per_chunk,
    instructions,
    longest_plan,
    sizing,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

TOTAL_KEY = "totalProcessRecordCount"


def control(
    function: Callable[[Any, Any], int | Iterable[Any]],
) -> Callable[[Any, Any], list[dict[str, Any]]]:
    """Turn a function that answers how many records there are into the control handler.

    ``function(event, context)`` gets the execution's whole input. It answers an int from 0 to
    10^15, or an iterable of items (any JSON values; a generator too), which the chunks then carry.
    The handler answers the plan: a list of ``{"oneJobProcessingCount": n, "offset": n}``, with
    ``"items": […]`` where there are items, cut as the input says (``oneJobProcessMaxCount``,
    ``jobCount`` or ``secondsPerRecord``) or else as the construct's chunk size does. An input with
    ``fanOutResume`` lists the plan itself: that is the answer then, and ``function`` is not asked.

    Raises ValueError, before any worker is started, where a number is out of its range, there is
    no size, an item is not JSON, or the plan is more than the machine can carry; and, when it is
    decorated, for an async function.
    """
    check_callable("a control", function, may_yield=True)
    name = getattr(function, "__name__", "the control")

    @functools.wraps(function)
    def handler(event: Any, context: Any) -> list[dict[str, Any]]:
        told = instructions(os.environ)
        most, events = longest_plan(told), (events_per_chunk(told), events_around(told))
        if chosen_key(event) == RESUME_KEY:
            return chosen_chunks(event[RESUME_KEY], most)
        cut = sizing(event, told)
        answer = function(event, context)
        if hasattr(answer, "__iter__") and not isinstance(answer, str | bytes | dict):
            items = checked_items(answer)
            plan = cut(len(items))
            refuse_what_the_map_cannot_carry(len(items), plan, most, *events)
            return with_items(plan, items)
        total = whole_number(f"the count that {name} answered", answer, least=0, most=MOST_RECORDS)
        plan = cut(total)
        refuse_what_the_map_cannot_carry(total, plan, most, *events)
        return list(plan.items())

    return made_for("control", handler)


@control
def count_from_input(event: Any, context: Any) -> int:
    """Answer the execution input's ``totalProcessRecordCount``: the built-in control."""
    if not isinstance(event, dict) or TOTAL_KEY not in event:
        raise ValueError(
            f"without a control of its own, a fan-out needs {TOTAL_KEY} in the execution input, "
            f"got {described(event)}"
        )
    return whole_number(TOTAL_KEY, event[TOTAL_KEY], least=0, most=MOST_RECORDS)
