"""The 262,144 bytes of a state's output are counted as AWS counts them.

moto (5.2.5) refuses an output of exactly the limit, and counts the text it would print itself:
with a blank after each comma and colon, and six bytes for a character that takes two or three in
UTF-8. A plan of 3,569 chunks is 10 KB larger that way.

AWS counts the bytes of the compact JSON in UTF-8. "Step Functions service quotas", AWS Step
Functions Developer Guide.
"""

import json
from typing import Any

from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_lambda
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
)

from fan_out.local.adaptations.seam import replaces
from fan_out.runtime.budget import PAYLOAD_BYTES


def install() -> None:
    """Count as AWS does, wherever moto looks at the size of an output."""
    for module in (state, state_task_service, state_task_lambda):
        replaces(module, "is_within_size_quota")(is_within)


def is_within(value: Any) -> bool:
    """Whether an output, a JSON value or the text of one, is at most 262,144 bytes."""
    if not isinstance(value, str):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(value.encode(errors="surrogatepass")) <= PAYLOAD_BYTES
