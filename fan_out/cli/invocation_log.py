"""What the calls of a Lambda function have logged, from CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fan_out.cli.attempts import Attempt
from fan_out.cli.lambda_log import START, STARTS, Stream, mark
from fan_out.cli.matching import Candidate, Sighting, matched

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

BEFORE, AFTER = timedelta(seconds=30), timedelta(seconds=10)
"""How much earlier and later than Step Functions says something may be in the log: a module is
loaded before a call starts, and two services have two clocks."""

LONGEST_CALL = timedelta(seconds=900)
"""For a call of which nobody has seen the end."""

DELIVERED = timedelta(seconds=60)
"""What is not in the log after so long will not come."""

LOOKS, SECONDS_BETWEEN_LOOKS = 10, 1.0
"""How long the log of a call that has just ended is waited for."""

STREAMS = 100
"""Of which events can be asked for at once. "FilterLogEvents", CloudWatch Logs API Reference."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What time it is, and how to wait."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], object] = time.sleep


def logs_of(
    client: CloudWatchLogsClient,
    group: str,
    attempts: Sequence[Attempt],
    known: Collection[str],
    clock: Clock,
) -> dict[Attempt, Sighting]:
    """Find what the calls have logged; nothing for one that has logged nothing (yet).

    ``known`` are the requests of all calls of the execution, which are nobody else's. Raises what
    boto3 does, also where there is no such group.
    """
    called = [attempt for attempt in attempts if not attempt.was_refused]
    if not called:
        return {}
    for look in range(LOOKS):
        clock.sleep(SECONDS_BETWEEN_LOOKS if look else 0)
        now = clock.now()
        found = _look(_Log(client, group, called, now), called, known)
        late = [attempt for attempt in called if not _is_whole(found.get(attempt))]
        if not any(one.ended is not None and now - one.ended < DELIVERED for one in late):
            break
    return found


def _look(
    log: _Log, attempts: Sequence[Attempt], known: Collection[str]
) -> dict[Attempt, Sighting]:
    starts = log.starts()
    named = [attempt for attempt in attempts if attempt.request_id is not None]
    unnamed = [attempt for attempt in attempts if attempt.request_id is None]
    for request_id in {attempt.request_id for attempt in named} - starts.keys():
        starts |= log.mention(str(request_id))
    wanted = {attempt.request_id for attempt in named}
    if unnamed:
        wanted |= starts.keys() - set(known)
    begun = {request: start for request, start in starts.items() if request in wanted}
    streams = log.streams({stream for stream, _ in begun.values()})
    invocations = {
        request: Candidate(moment, streams[stream].invocation(request))
        for request, (stream, moment) in begun.items()
    }
    found = {
        attempt: Sighting(invocations[attempt.request_id].invocation)
        for attempt in named
        if attempt.request_id in invocations
    }
    others = [candidate for request, candidate in invocations.items() if request not in known]
    return {**found, **matched(unnamed, others)}


def _is_whole(sighting: Sighting | None) -> bool:
    return sighting is not None and sighting.invocation.report is not None


class _Log:
    """A log group, in the time of some calls."""

    def __init__(
        self, client: CloudWatchLogsClient, group: str, attempts: Sequence[Attempt], now: datetime
    ) -> None:
        self._client = client
        self._group = group
        ends = [attempt.ended or min(now, attempt.began + LONGEST_CALL) for attempt in attempts]
        self._since = min(attempt.began for attempt in attempts) - BEFORE
        self._until = max(ends) + AFTER

    def starts(self) -> dict[str, tuple[str, datetime]]:
        """By the request of each invocation, the stream that it is in, and when it began."""
        found: dict[str, tuple[str, datetime]] = {}
        for event in self._events(filterPattern=STARTS):
            marked = mark(event["message"])
            if marked is not None and marked[0] == START:
                found.setdefault(marked[1], _place(event))
        return found

    def mention(self, request_id: str) -> dict[str, tuple[str, datetime]]:
        """The same of one, where only other lines than its start tell of it."""
        mentions = self._events(filterPattern=f'"{request_id}"')
        first = next((event for event in mentions if request_id in event["message"]), None)
        return {} if first is None else {request_id: _place(first)}

    def streams(self, names: Collection[str]) -> dict[str, Stream]:
        """What these streams hold."""
        messages: dict[str, list[str]] = {name: [] for name in names}
        ordered = sorted(names)
        for start in range(0, len(ordered), STREAMS):
            for event in self._events(logStreamNames=ordered[start : start + STREAMS]):
                messages[event["logStreamName"]].append(event["message"])
        return {name: Stream(texts) for name, texts in messages.items()}

    def _events(self, **which: Any) -> Iterator[FilteredLogEventTypeDef]:
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self._group,
            startTime=int(self._since.timestamp() * 1000),
            endTime=int(self._until.timestamp() * 1000),
            **which,
        )
        for page in pages:
            yield from page["events"]


def _place(event: FilteredLogEventTypeDef) -> tuple[str, datetime]:
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return event["logStreamName"], moment
