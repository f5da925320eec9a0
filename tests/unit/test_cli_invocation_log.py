"""The log of one invocation, picked out of what a function has logged."""

from typing import Any

import pytest
from recorded import REQUEST_ID, answering, client, refusal

from fan_out.cli.invocation_log import invocation_log

OTHER = REQUEST_ID.replace("6", "7")


class Logs:
    """Two streams; the first has two invocations."""

    streams = {  # noqa: RUF012
        "first": [
            f"START RequestId: {OTHER} Version: $LATEST\n",
            "not this\n",
            f"END RequestId: {OTHER}\n",
            f"REPORT RequestId: {OTHER}\tDuration: 1 ms\n",
            f"START RequestId: {REQUEST_ID} Version: $LATEST\n",
            "looking at 50\n",
            "[ERROR] ValueError: bad record 57\nTraceback\n",
            f"END RequestId: {REQUEST_ID}\n",
            f"REPORT RequestId: {REQUEST_ID}\tDuration: 1 ms\n",
        ],
        "second": ["START RequestId: somebody else's\n", "not this either\n"],
    }

    def __init__(self) -> None:
        self.calls: list[str] = []

    def filter_log_events(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["logGroupName"] != "/jobs":
            raise refusal("ResourceNotFoundException", "no such group", "FilterLogEvents")
        events = [
            {"logStreamName": name, "message": message}
            for name in request.get("logStreamNames", self.streams)
            for message in self.streams[name]
            if request.get("filterPattern", "").strip('"') in message
        ]
        # CloudWatch Logs may answer a page with nothing and a token for the next
        if "nextToken" not in request:
            return {"events": [], "nextToken": "more"}
        return {"events": events}


@pytest.mark.parametrize(
    ("group", "request_id", "lines"),
    [
        (
            "/jobs",
            REQUEST_ID,
            ["looking at 50", "[ERROR] ValueError: bad record 57", "Traceback"],
        ),
        ("/jobs", OTHER, ["not this"]),
        ("/jobs", "unheard-of", []),
        ("/elsewhere", REQUEST_ID, []),
    ],
)
def test_an_invocations_log_is_what_it_wrote_itself(
    group: str, request_id: str, lines: list[str]
) -> None:
    with answering(client("logs"), Logs()) as logs:
        assert invocation_log(logs, group, request_id) == lines
