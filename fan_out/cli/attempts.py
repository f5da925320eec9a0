"""How often an execution has called its Lambda functions, and what came of each call."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fan_out.cli.events import SCHEDULED, Event, Visit
from fan_out.cli.failure import Failure, explained
from fan_out.cli.steps import Steps
from fan_out.runtime.chunk_line import chunk_in

_OF_A_CALL = re.compile(r"(Task|LambdaFunction)(?!State)\w+")
"""The events between a call and its end."""

_REFUSED = re.compile(r"Status Code: 4\d\d")
"""How a cause says that Lambda took no call at all: of what was throttled, or is not allowed."""


@dataclass(kw_only=True, eq=False)
class Attempt:
    """One call of a Lambda function.

    ``chunk`` is the number of its chunk, from 0, None where it is of no chunk; ``payload`` what the
    function was given; ``number`` says how often it was given that, this time included. ``ended``
    is None where nobody has seen the end, ``request_id`` where the history does not name it.
    """

    state: str
    function: str
    chunk: int | None
    payload: Any
    number: int
    began: datetime
    ended: datetime | None = None
    error: str | None = None
    cause: str | None = None
    request_id: str | None = None

    @property
    def records(self) -> dict[str, Any] | None:
        """Which records they were, as the worker's log says it too; None for no chunk."""
        return chunk_in(self.payload)

    @property
    def was_refused(self) -> bool:
        """Whether Lambda did not even start the function."""
        return self.error is not None and _REFUSED.search(self.cause or "") is not None

    def has_failed_as(self, failure: Failure) -> bool:
        """Whether it is this failure that it ended with."""
        if failure.request_id is not None:
            return self.request_id == failure.request_id
        return (self.state, self.chunk, self.error) == (failure.state, failure.chunk, failure.error)

    def end(self, event: Event) -> None:
        """Take in the event that it ended with."""
        details = event.details
        self.ended, self.error, self.cause = (
            event.moment,
            details.get("error"),
            details.get("cause"),
        )
        if event.type.endswith("Succeeded"):
            self.request_id = _request_of(details.get("output"))
        else:
            self.error = self.error or "States.Timeout"
            self.request_id = explained(self.error, self.cause).request_id


def attempts_of(steps: Steps) -> list[Attempt]:
    """Answer the calls that an execution has made so far, in their order."""
    calls: dict[int, Attempt] = {}
    for number, event in steps.events.items():
        call = calls.get(event.previous)
        if event.type in SCHEDULED:
            call = _begun(steps, event, event.visit)
        elif _OF_A_CALL.fullmatch(event.type) is None:
            call = None
        elif call is not None and not event.type.endswith(("Started", "Submitted")):
            call.end(event)
        if call is not None:
            calls[number] = call
    return list(dict.fromkeys(calls.values()))


def _begun(steps: Steps, event: Event, visit: Visit | None) -> Attempt | None:
    if visit is None or visit.function is None:
        return None
    chunk = visit.chunk if visit.chunk and visit.chunk.map is steps.map else None
    return Attempt(
        state=visit.state,
        function=visit.function,
        chunk=chunk.index if chunk else None,
        payload=visit.payload,
        number=1 + _tries_before(steps, event, visit),
        began=event.moment,
    )


def _tries_before(steps: Steps, event: Event, visit: Visit) -> int:
    tries = 0
    while (before := steps.before(event)) is not None and before.visit is visit:
        tries += before.type in SCHEDULED
        event = before
    return tries


def _request_of(output: str | None) -> str | None:
    """The invocation that a result of ``lambda:invoke`` is of: its metadata names it."""
    try:
        request_id = json.loads(output or "")["SdkResponseMetadata"]["RequestId"]
    except (ValueError, TypeError, KeyError):
        return None
    return request_id if isinstance(request_id, str) else None
