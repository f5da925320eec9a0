"""The control function: how many records there are becomes a list of chunks."""

from __future__ import annotations

import functools
import os

from fan_out.runtime.budget import refuse_what_the_map_cannot_carry
from fan_out.runtime.plan import plan
from fan_out.runtime.whole_number import MOST_RECORDS, described, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CHUNK_SIZE_VARIABLE = "FAN_OUT_CHUNK_SIZE"
"""The environment variable in which the construct hands its chunk size to the control function."""

SIZE_KEY = "oneJobProcessMaxCount"
TOTAL_KEY = "totalProcessRecordCount"


def control(function: Callable[[Any, Any], int]) -> Callable[[Any, Any], list[dict[str, int]]]:
    """Turn a function that answers how many records there are into the control handler.

    ``function(event, context)`` gets the execution's whole input and answers an int from 0 to
    10^15. The handler answers the plan: a list of ``{"oneJobProcessingCount": n, "offset": n}``,
    cut with the input's ``oneJobProcessMaxCount`` or else with the construct's chunk size.

    Raises ValueError, before any worker is started, where the count or the size is not a whole
    number in its range, there is no size, or the plan is more than the machine can carry.
    """

    @functools.wraps(function)
    def handler(event: Any, context: Any) -> list[dict[str, int]]:
        size = _chunk_size(event)
        total = whole_number(
            f"the count that {function.__name__} answered",
            function(event, context),
            least=0,
            most=MOST_RECORDS,
        )
        refuse_what_the_map_cannot_carry(total, size)
        return [chunk.as_item() for chunk in plan(total, size)]

    return handler


@control
def count_from_input(event: Any, context: Any) -> int:
    """Answer the execution input's ``totalProcessRecordCount``: the built-in control."""
    if not isinstance(event, dict) or TOTAL_KEY not in event:
        raise ValueError(
            f"without a control of its own, a fan-out needs {TOTAL_KEY} in the execution input, "
            f"got {described(event)}"
        )
    return whole_number(TOTAL_KEY, event[TOTAL_KEY], least=0, most=MOST_RECORDS)


def _chunk_size(event: Any) -> int:
    if isinstance(event, dict) and SIZE_KEY in event:
        return whole_number(SIZE_KEY, event[SIZE_KEY], least=1, most=MOST_RECORDS)
    text = os.environ.get(CHUNK_SIZE_VARIABLE)
    if text is None:
        raise ValueError(
            f"no chunk size: give FanOut a chunk_size, or the execution input {SIZE_KEY}"
        )
    size = int(text) if text.isascii() and text.isdigit() else text
    return whole_number(CHUNK_SIZE_VARIABLE, size, least=1, most=MOST_RECORDS)
