"""What happened in an execution is in the log group of its machine.

moto (5.2.5) accepts a machine's LoggingConfiguration and logs nothing.

AWS delivers the history's events of the level that is asked for, with the inputs and outputs if
that is asked for, some time after they happened: here, when the execution has ended. "Using
CloudWatch Logs to log execution history", AWS Step Functions Developer Guide.
"""

import json
from typing import Any

from moto.logs.models import logs_backends
from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

from fan_out.local.adaptations.executions.history import events_of, without_data
from fan_out.local.adaptations.functions.logs import append


def deliver(execution: Any) -> None:
    """Write the execution's history to the log group of its machine, if it is to be logged."""
    configuration = execution.state_machine.loggingConfiguration
    level = configuration.get("level", "OFF")
    for destination in configuration.get("destinations", []):
        arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"].split(":")
        account, region, group = arn[4], arn[3], arn[6]
        if group not in logs_backends[account][region].groups:
            continue  # it has been deleted; AWS makes none either
        with_data = configuration.get("includeExecutionData", False)
        lines = [
            _line(event if with_data else without_data(event), execution.exec_arn)
            for event in events_of(execution)
            if is_logging_enabled_for(level, event["type"])
        ]
        stream = f"states/{execution.state_machine.name}/{execution.name}"
        append(account, region, group, stream, lines)


def _line(event: dict[str, Any], arn: str) -> tuple[int, str]:
    """One event, (milliseconds since 1970, message), in the words of AWS's log."""
    milliseconds = int(event["timestamp"] * 1000)
    details = next((value for value in event.values() if isinstance(value, dict)), {})
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(milliseconds),
        "execution_arn": arn,
    }
    return milliseconds, json.dumps(message, default=str)
