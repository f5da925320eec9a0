"""What one invocation of a Lambda function has logged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

LINES = 40
"""The last lines of a log: enough to see what led to the error."""


def invocation_log(client: CloudWatchLogsClient, group: str, request_id: str) -> list[str]:
    """Answer the last lines that the invocation logged; none where there is no such log.

    Lambda names the request in its START, END and REPORT lines alone; what the function itself
    writes stands between them, in the same stream.
    """
    stream = _stream(client, group, request_id)
    if stream is None:
        return []
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNames=[stream]
    )
    messages = (event["message"] for page in pages for event in page["events"])
    return _between_start_and_end(messages, request_id)[-LINES:]


def _stream(client: CloudWatchLogsClient, group: str, request_id: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=f'"{request_id}"'
        )
        return next((event["logStreamName"] for page in pages for event in page["events"]), None)
    except ClientError:
        return None


def _between_start_and_end(messages: Iterable[str], request_id: str) -> list[str]:
    lines: list[str] = []
    inside = False
    for message in messages:
        if message.startswith(("END ", "REPORT ")):
            inside = False
        elif inside:
            lines += message.rstrip("\n").splitlines()
        elif message.startswith(f"START RequestId: {request_id}"):
            inside = True
    return lines
