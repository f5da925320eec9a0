"""The history of an execution: 25,000 events, read in pages, closed by its last event.

moto (5.2.5) has no limit, answers the whole history to every GetExecutionHistory, whatever
maxResults, nextToken and reverseOrder say, copies all of it deeply for that, and lets late threads
write on after ExecutionFailed.

AWS ends an execution that comes to 25,000 events as failed; it answers 100 events unless asked for
up to 1,000, oldest first unless asked for the reverse. "Step Functions service quotas" in the AWS
Step Functions Developer Guide; "GetExecutionHistory" in its API Reference.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.exceptions import InvalidToken, ValidationException
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.responses import StepFunctionResponse

from fan_out.local.adaptations.seam import replaces
from fan_out.runtime.budget import HISTORY_EVENTS

FULL = {
    "error": "States.Runtime",
    "cause": f"The execution reached the maximum number of history events ({HISTORY_EVENTS}).",
}

LAST = {
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}
"""The events of which an execution has one, after which nothing more is written."""

DEFAULT_PAGE, LARGEST_PAGE = 100, 1_000
DATA = ("input", "output", "parameters")


def install() -> None:
    """Let the history be written and read as in AWS."""
    replaces(EventManager, "add_event")(_add_event)
    replaces(StepFunctionResponse, "get_execution_history")(_respond)


def _add_event(
    self: Any,
    context: Any,
    event_type: str,
    event_details: Any = None,
    timestamp: Any = None,
    update_source_event_id: bool = True,
) -> int:
    full: Callable[[], None] | None = None
    with self._mutex:
        events = self._history_event_list
        if is_closed(events):
            return int(context.last_published_event_id)
        number = len(events) + 1
        if number == HISTORY_EVENTS and event_type not in LAST:
            event_type = HistoryEventType.ExecutionFailed
            event_details = {"executionFailedEventDetails": FULL}
            full = getattr(self, "when_full", None)
        events.append(
            {
                "timestamp": (timestamp.timestamp() if timestamp else time.time()),
                "type": event_type,
                "id": number,
                "previousEventId": context.source_event_id,
                **(event_details or {}),
            }
        )
        context.last_published_event_id = number
        if update_source_event_id:
            context.source_event_id = number
    if full is not None:
        full()
    return number


def _respond(self: Any) -> tuple[int, dict[str, str], str]:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    answer = page(
        events_of(execution),
        most=self._get_param("maxResults") or DEFAULT_PAGE,
        token=self._get_param("nextToken"),
        newest_first=bool(self._get_param("reverseOrder")),
    )
    if self._get_param("includeExecutionData") is False:
        answer["events"] = [without_data(event) for event in answer["events"]]
    return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(answer)


def events_of(execution: Any) -> list[dict[str, Any]]:
    """The events so far, oldest first: not to be changed."""
    events: list[dict[str, Any]] = execution.exec_worker.env.event_manager._history_event_list
    return events


def is_closed(events: list[dict[str, Any]]) -> bool:
    """Whether the history has its last event."""
    return bool(events) and events[-1]["type"] in LAST


def page(
    events: list[dict[str, Any]], *, most: int, token: str | None, newest_first: bool
) -> dict[str, Any]:
    """One page of a history: ``{"events": [...]}``, with a ``nextToken`` where there is more.

    A token is the id of the last event of the page before, so that it stays right while the
    history grows. Raises InvalidToken, and ValidationException for a page of over 1,000.
    """
    if not 1 <= most <= LARGEST_PAGE:
        raise ValidationException(
            f"maxResults must be 0 (for {DEFAULT_PAGE}) to {LARGEST_PAGE}, got {most}"
        )
    if token is not None and not (token.isascii() and token.isdigit()):
        raise InvalidToken(f"'{token}'")
    if newest_first:
        end = len(events) if token is None else int(token) - 1
        start = max(0, end - most)
        chosen, more = events[start:end][::-1], start > 0
    else:
        start = 0 if token is None else int(token)
        chosen = events[start : start + most]
        more = start + most < len(events)
    answer: dict[str, Any] = {"events": chosen}
    if more:
        answer["nextToken"] = str(chosen[-1]["id"])
    return answer


def without_data(event: dict[str, Any]) -> dict[str, Any]:
    """The event without what went in and came out."""
    return {
        key: {name: item for name, item in value.items() if name not in DATA}
        if isinstance(value, dict)
        else value
        for key, value in event.items()
    }
