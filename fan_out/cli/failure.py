"""Why an execution failed: in which chunk, with which error, and where its log is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fan_out.cli.events import Event, Visit
from fan_out.cli.steps import FAILED, Steps

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_PASSED_ON = re.compile(r"(Map|Parallel)State(Failed|Aborted)|MapIteration(Failed|Aborted)")
_REQUEST = re.compile(r"(?:RequestId: |[0-9T:.-]+Z )([0-9a-f-]{36})(?: Error:)?\s*")
"""What Lambda's own messages begin with; where a function timed out, also as its log has it."""

_UNSAID = {"States.Timeout": "it ran longer than its TimeoutSeconds", "Aborted": "it was stopped"}
"""What AWS gives no cause for."""

_ERRORS = {"TIMED_OUT": "States.Timeout", "ABORTED": "Aborted"}
"""What an execution of this status ended with, where AWS does not say."""


HISTORY_FULL = "maximum number of history events"
"""What the cause says where an execution has had as many events as it may have."""


@dataclass(frozen=True, kw_only=True)
class TooMany:
    """More chunks failed than are tolerated, or more records are bad: so many of so many, and with
    which error how many. ``bad`` of ``records`` are those of the whole job; None where it was the
    chunks."""

    failed: int
    chunks: int
    errors: Mapping[str, int]
    bad: int | None = None
    records: int | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The failure that ended an execution.

    ``error`` is a name (``ValueError``, ``Sandbox.Timedout``, ``States.DataLimitExceeded``),
    ``message`` what was said about it. ``state`` is the state that failed; ``chunk`` the number
    of the chunk, from 0, that it was handling; ``input`` the chunk, or else the state's input, as
    JSON text; ``function`` the ARN or name of its Lambda function; ``request_id`` the invocation.
    Each of these is None where there is none. ``too_many`` is there where it is only the first of
    the failures that ended the execution together.
    """

    error: str
    message: str
    state: str | None = None
    chunk: int | None = None
    input: str | None = None
    function: str | None = None
    request_id: str | None = None
    trace: tuple[str, ...] = ()
    too_many: TooMany | None = None

    @property
    def is_of_records(self) -> bool:
        """Whether more records are bad than are tolerated."""
        return self.too_many is not None and self.too_many.bad is not None


def find_failure(steps: Steps, *, status: str, error: str | None, cause: str | None) -> Failure:
    """Find what an execution failed of that ended as DescribeExecution says.

    From the execution's last event ``previousEventId`` leads past the Map to the event that all
    came from: a task's own failure, or else the state that could not be left or entered.
    """
    origin, error = _origin(steps), error or _ERRORS.get(status)
    if origin is None or origin.visit is None or _was_not_its(origin.visit, cause):
        return explained(error, cause)
    if "error" in origin.details:
        error, cause = origin.details["error"], origin.details.get("cause")
    return explained(error, cause, origin.visit)


def explained(error: str | None, cause: str | None, visit: Visit | None = None) -> Failure:
    """Take a cause apart: of a Lambda function's error it is the JSON object that it answered.

    ``visit`` is that of the state which failed.
    """
    error = error or "unknown error"
    answer = _lambda_error(cause)
    said = answer.get("errorMessage") if answer else cause
    message = str(said or _UNSAID.get(error, ""))
    request = _REQUEST.match(message)
    request_id = request[1] if request else answer.get("requestId")
    trace = answer.get("stackTrace")
    chunk = visit.chunk if visit else None
    return Failure(
        error=error,
        message=message[request.end() :] if request else message,
        state=visit.state if visit else None,
        chunk=chunk.index if chunk else None,
        input=chunk.input if chunk else visit.input if visit else None,
        function=visit.function if visit else None,
        # of a function that could not be loaded, it is empty
        request_id=request_id if isinstance(request_id, str) and request_id else None,
        trace=tuple(map(str, trace)) if isinstance(trace, list) else (),
    )


def log_group_of(client: LambdaClient, function: str) -> str:
    """Answer the log group of a Lambda function; where Lambda does not tell, its default one."""
    from botocore.exceptions import ClientError

    name = function.split(":")[6] if function.startswith("arn:") else function.split(":")[0]
    try:
        found = client.get_function_configuration(FunctionName=function)
    except ClientError:
        return f"/aws/lambda/{name}"
    return found.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"


def _origin(steps: Steps) -> Event | None:
    if steps.end is None or steps.end.type != "ExecutionFailed":
        return None
    event = steps.events.get(steps.end.previous)
    while event is not None and _PASSED_ON.fullmatch(event.type):
        if event.type == "MapStateFailed" and event.visit and event.visit.failed:
            event = event.visit.failed
        event = steps.events.get(event.previous)
    return event


def _was_not_its(visit: Visit, cause: str | None) -> bool:
    """Whether the execution failed in a state, and not of it: as where its history is full."""
    chunk = visit.chunk
    is_full = HISTORY_FULL in (cause or "")
    return is_full or (chunk is not None and chunk.map.iterations.get(chunk.index) != FAILED)


def _lambda_error(cause: str | None) -> dict[str, Any]:
    try:
        value = json.loads(cause or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) and "errorType" in value else {}
