"""What the calls of a function have logged, found in CloudWatch Logs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from cloudwatch import GROUP, CloudWatch
from recorded import FUNCTION, REQUEST_ID, START, answering, client

from fan_out.cli.attempts import Attempt
from fan_out.cli.invocation_log import LOOKS, Clock, logs_of
from fan_out.cli.matching import Sighting
from fan_out.runtime.chunk_line import BEGINNING

OTHER = REQUEST_ID.replace("6", "7")
LOGS = client("logs")
AN_HOUR = 3_600


@dataclass
class Watch:
    """A clock that only waiting moves."""

    seconds: float = AN_HOUR
    waits: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, sleep=self.sleep)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.waits.append(seconds)


def attempt(request_id: str | None = REQUEST_ID, offset: int = 50, **more: Any) -> Attempt:
    """A call that began a second after the start, and ended a second later."""
    given: dict[str, Any] = {
        "state": "Worker",
        "function": FUNCTION,
        "chunk": offset // 10,
        "payload": {"oneJobProcessingCount": 10, "offset": offset},
        "number": 1,
        "began": START + timedelta(seconds=1),
        "ended": START + timedelta(seconds=2),
        "request_id": request_id,
        **more,
    }
    return Attempt(**given)


def invocation(
    request_id: str, *lines: str, at: float = 1.2, offset: int | None = None
) -> list[tuple[float, str]]:
    """The events of one; ``offset`` where the worker has written of which chunk it is."""
    records = json.dumps({"oneJobProcessingCount": 10, "offset": offset})
    told = [] if offset is None else [f"{BEGINNING}{records}\n"]
    texts = [
        f"START RequestId: {request_id} Version: $LATEST\n",
        *told,
        *(f"{line}\n" for line in lines),
        f"END RequestId: {request_id}\n",
        f"REPORT RequestId: {request_id}\tDuration: 1.00 ms\n",
    ]
    return [(at, text) for text in texts]


def found(
    service: CloudWatch,
    *attempts: Attempt,
    known: Sequence[str] = (REQUEST_ID,),
    watch: Watch | None = None,
    group: str = GROUP,
) -> dict[Attempt, Sighting]:
    clock = (watch or Watch()).clock
    with answering(LOGS, service) as logs:
        return logs_of(logs, group, attempts, known, clock)


def lines(sighting: Sighting) -> list[str]:
    return list(sighting.invocation.lines)


def test_a_call_has_the_log_of_its_request_in_whichever_stream_that_is() -> None:
    own = attempt()
    service = CloudWatch(
        {
            "first": [*invocation(OTHER, "not this", at=0.5), *invocation(REQUEST_ID, "this")],
            "second": invocation(OTHER.replace("7", "8"), "nor this"),
        }
    )
    sighting = found(service, own)[own]
    assert (lines(sighting), sighting.of) == (["this"], 1)
    assert sighting.invocation.report == f"REPORT RequestId: {REQUEST_ID}\tDuration: 1.00 ms"
    assert [request.get("logStreamNames") for request in service.asked] == [None, ["first"]]


def test_what_is_asked_for_is_of_the_time_of_the_calls() -> None:
    service = CloudWatch({"first": invocation(REQUEST_ID, "this")})
    found(service, attempt())
    (since,) = {request["startTime"] for request in service.asked}
    (until,) = {request["endTime"] for request in service.asked}
    assert 0 < START.timestamp() - since / 1000 < 60
    assert 0 < until / 1000 - START.timestamp() < 60


def test_the_streams_of_many_environments_are_read_a_hundred_at_a_time() -> None:
    ids = [f"{number:08x}-3f0d-4d9e-9a3c-0c6a3c1b2d4e" for number in range(250)]
    service = CloudWatch({f"s{one}": invocation(one, f"of {one}") for one in ids})
    calls = {attempt(one, 10 * number): one for number, one in enumerate(ids)}
    seen = found(service, *calls, known=ids)
    assert {calls[one]: lines(sighting) for one, sighting in seen.items()} == {
        one: [f"of {one}"] for one in ids
    }
    assert len(service.asked) == 1 + 3


def test_a_request_whose_start_is_not_logged_is_found_by_what_names_it() -> None:
    own = attempt()
    named = json.dumps({"level": "WARN", "message": "odd", "requestId": REQUEST_ID})
    sighting = found(CloudWatch({"first": [(1.2, named)]}), own)[own]
    assert lines(sighting) == [named]


def test_a_call_that_lambda_refused_has_no_log_and_is_not_looked_for() -> None:
    cause = "Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: 1-2)"
    service = CloudWatch()
    throttled = attempt(None, error="Lambda.TooManyRequestsException", cause=cause)
    assert found(service, throttled) == {}
    assert service.asked == []


def test_a_log_that_is_on_its_way_is_waited_for() -> None:
    own, watch = attempt(), Watch(seconds=3)
    whole = invocation(REQUEST_ID, "first", "second")

    def deliver(service: CloudWatch) -> None:
        service.streams["first"] = whole[: {3: 0, 4: 2}.get(int(watch.seconds), len(whole))]

    service = CloudWatch({"first": []}, on_look=deliver)
    assert lines(found(service, own, watch=watch)[own]) == ["first", "second"]
    assert sum(watch.waits) == 2


@pytest.mark.parametrize(
    ("seconds", "more", "waits"),
    [
        (3, {}, LOOKS - 1),  # not for ever
        (AN_HOUR, {}, 0),  # it will not come
        (3, {"ended": None}, 0),  # it is running
    ],
)
def test_what_does_not_come_is_waited_for_only_where_it_may_come(
    seconds: float, more: dict[str, Any], waits: int
) -> None:
    watch = Watch(seconds=seconds)
    assert found(CloudWatch(), attempt(**more), watch=watch) == {}
    assert sum(watch.waits) == waits


def test_of_siblings_that_no_history_names_the_worker_tells_which_chunk_it_has() -> None:
    """They were running when the execution was stopped."""
    calls = [attempt(None, offset, ended=None) for offset in (30, 40, 50)]
    ids = [REQUEST_ID, OTHER, OTHER.replace("7", "8")]
    service = CloudWatch(
        {
            one: invocation(one, f"at {at}", offset=at)
            for one, at in zip(ids, (50, 30, 40), strict=True)
        }
    )
    seen = found(service, *calls, known=())
    assert [lines(seen[call]) for call in calls] == [["at 30"], ["at 40"], ["at 50"]]
    assert {sighting.of for sighting in seen.values()} == {1}


def test_two_tries_of_a_chunk_that_no_history_names_are_told_apart_by_their_time() -> None:
    """Step Functions waited no longer, and tried again."""
    error = {"error": "States.Timeout"}
    first = attempt(None, **error)
    later = START + timedelta(seconds=100)
    second = attempt(None, number=2, began=later, ended=later + timedelta(seconds=9), **error)
    service = CloudWatch(
        {
            "a": invocation(OTHER, "second try", at=100.2, offset=50),
            "b": invocation(REQUEST_ID, "first try", offset=50),
        }
    )
    seen = found(service, first, second, known=())
    assert [lines(seen[one]) for one in (first, second)] == [["first try"], ["second try"]]


def test_a_function_that_could_not_be_loaded_is_known_by_its_error() -> None:
    own = attempt(None, error="Runtime.ImportModuleError")
    failed = invocation(REQUEST_ID, at=1.9)
    service = CloudWatch(
        {
            "a": [(1.8, "[ERROR] Runtime.ImportModuleError: no such module\n"), *failed],
            "b": invocation(OTHER, "of another execution", at=1.9),
            "c": invocation(OTHER.replace("7", "8"), "of another chunk", offset=0),
        }
    )
    sighting = found(service, own, known=())[own]
    assert lines(sighting) == ["[ERROR] Runtime.ImportModuleError: no such module"]
    assert (sighting.invocation.request_id, sighting.of) == (REQUEST_ID, 1)


def test_where_it_cannot_be_told_the_likeliest_is_shown_and_said_to_be_that() -> None:
    """Plain workers that were running at the end."""
    calls = [
        attempt(None, 0, ended=None),
        attempt(None, 10, ended=None, began=START + timedelta(seconds=1.5)),
    ]
    service = CloudWatch(
        {"a": invocation(OTHER, "second", at=1.6), "b": invocation(REQUEST_ID, "first", at=1.1)}
    )
    seen = found(service, *calls, known=())
    assert [lines(seen[call]) for call in calls] == [["first"], ["second"]]
    assert [seen[call].of for call in calls] == [2, 1]


def test_what_other_calls_of_the_execution_were_is_nobody_elses() -> None:
    own = attempt(None, ended=None)
    service = CloudWatch({"a": invocation(OTHER, "of a sibling")})
    assert found(service, own, known=(OTHER,)) == {}


def test_what_began_before_the_call_or_after_its_end_is_not_of_it() -> None:
    own = attempt(None, error="States.Timeout")
    early, late = invocation(OTHER, "early", at=-9), invocation(REQUEST_ID, "late", at=9)
    assert found(CloudWatch({"a": [*early, *late]}), own, known=()) == {}
