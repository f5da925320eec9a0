"""A failure's cause is cut off at 32,768 characters.

moto (5.2.5) keeps all of it: an exception with a long message makes the state that catches it, or
that comes after, exceed 262,144 bytes.

"TaskFailedEventDetails", AWS Step Functions API Reference.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent

from fan_out.local.adaptations.seam import replaces

LONGEST = 32_768

_moto_init = FailureEvent.__init__


def install() -> None:
    """Cut causes off where failures are made."""
    replaces(FailureEvent, "__init__")(_init)


def _init(self: Any, env: Any, error_name: Any, event_type: Any, event_details: Any = None) -> None:
    _moto_init(self, env, error_name, event_type, _cut(event_details))


def _cut(details: Any) -> Any:
    if not isinstance(details, dict):
        return details
    return {
        name: {**value, "cause": value["cause"][:LONGEST]}
        if isinstance(value, dict) and isinstance(value.get("cause"), str)
        else value
        for name, value in details.items()
    }
