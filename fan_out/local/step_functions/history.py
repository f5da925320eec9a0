"""The history of one execution: events that each follow upon another, at most 25,000."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fan_out.local.step_functions.errors import RUNTIME
from fan_out.runtime.budget import HISTORY_EVENTS

ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
"""The events of which an execution has one, after which nothing more is written."""

FULL = f"The execution reached the maximum number of history events ({HISTORY_EVENTS})."


class HistoryFull(Exception):  # noqa: N818 - what has happened
    """The history had room for one event more, which has ended the execution."""


class History:
    """The events, as GetExecutionHistory answers them; ``now`` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.events: list[dict[str, Any]] = []

    @property
    def end(self) -> dict[str, Any] | None:
        """The event that ended the execution; None while it runs."""
        last = self.events[-1] if self.events else None
        return last if last is not None and last["type"] in ENDS else None

    def reopen(self, redrive: int) -> None:
        """Write that the execution goes on after its end, for the ``redrive``-th time."""
        event = self.events[-1]
        self.events.append(
            {
                "timestamp": self._now().timestamp(),
                "type": "ExecutionRedriven",
                "id": event["id"] + 1,
                "previousEventId": event["id"],
                "executionRedrivenEventDetails": {"redriveCount": redrive},
            }
        )

    def add(self, type: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Write an event that follows upon ``previous``, and answer its number, from 1.

        What comes after the end is dropped. Raises HistoryFull where there is no room for it.
        """
        number = len(self.events) + 1
        if self.end is not None:
            return number - 1
        full = number == HISTORY_EVENTS and type not in ENDS
        if full:
            type, details = "ExecutionFailed", {"error": RUNTIME, "cause": FULL}
        event = {
            "timestamp": self._now().timestamp(),
            "type": type,
            "id": number,
            "previousEventId": previous,
        }
        if details is not None:
            event[_details_key(type)] = details
        self.events.append(event)
        if full:
            raise HistoryFull
        return number


def _details_key(type: str) -> str:
    for kind in ("StateEntered", "StateExited"):
        if type.endswith(kind):
            type = kind
    return f"{type[0].lower()}{type[1:]}EventDetails"
