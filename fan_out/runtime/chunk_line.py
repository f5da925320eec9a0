"""The line of a worker's log that says which chunk the invocation is of.

Lambda's own lines name the request alone. What an invocation answers names it too; but one that was
running when its execution was stopped, or answered too much, is known by this line only.
"""

from __future__ import annotations

import json
import os

from fan_out.runtime.carry_on import CARRY_ON_KEY
from fan_out.runtime.chunk import COUNT_KEY, EXECUTION_KEY, OFFSET_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BEGINNING = "CHUNK "
"""What follows upon it is JSON: the chunk's count and offset, the execution where it is known."""


def log_chunk(event: Any) -> None:
    """Write the line, where this runs in Lambda; nothing for an event that is no chunk."""
    chunk = chunk_in(event)
    if chunk is not None and "AWS_LAMBDA_RUNTIME_API" in os.environ:
        print(f"{BEGINNING}{json.dumps(chunk)}")


def chunk_in(event: Any) -> dict[str, Any] | None:
    """Answer what the line says of the event of a worker, in whichever round."""
    rest = event.get(CARRY_ON_KEY, event) if isinstance(event, dict) else None
    if not isinstance(rest, dict) or not {COUNT_KEY, OFFSET_KEY} <= rest.keys():
        return None
    return {key: rest[key] for key in (COUNT_KEY, OFFSET_KEY, EXECUTION_KEY) if key in rest}
