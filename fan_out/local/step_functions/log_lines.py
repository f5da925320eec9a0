"""What an execution's history is in the log group of its machine.

"Using CloudWatch Logs to log execution history", AWS Step Functions Developer Guide. AWS delivers
events some time after they happened; here it is when the execution has ended.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fan_out.local.step_functions.executions import without_data

_FATAL = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}


def log_groups(logging: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs of the log groups that a machine's events go to, without their ``:*``."""
    for destination in logging.get("destinations") or []:
        yield destination["cloudWatchLogsLogGroup"]["logGroupArn"].removesuffix(":*")


def log_lines(
    logging: Mapping[str, Any], arn: str, events: Sequence[Mapping[str, Any]]
) -> list[tuple[int, str]]:
    """The events of the level that is asked for: (milliseconds since 1970, message)."""
    level, with_data = logging.get("level", "OFF"), logging.get("includeExecutionData", False)
    return [
        _line(event if with_data else without_data(event), arn)
        for event in events
        if _is_logged(level, str(event["type"]))
    ]


def _is_logged(level: str, type: str) -> bool:
    if level == "ERROR":
        return type.endswith(("Failed", "TimedOut", "Aborted"))
    return level == "ALL" or (level == "FATAL" and type in _FATAL)


def _line(event: Mapping[str, Any], arn: str) -> tuple[int, str]:
    milliseconds = int(event["timestamp"] * 1000)
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": next((value for value in event.values() if isinstance(value, dict)), {}),
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(milliseconds),
        "execution_arn": arn,
    }
    return milliseconds, json.dumps(message, default=str)
