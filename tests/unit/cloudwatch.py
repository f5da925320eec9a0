"""CloudWatch Logs with one log group, asked through a real boto3 client."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recorded import START, refusal

GROUP = "/jobs"


@dataclass
class CloudWatch:
    """Each stream has events: seconds after ``START``, and a message. ``on_look`` is called before
    the streams are looked at: time passes."""

    streams: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    on_look: Callable[["CloudWatch"], None] = lambda service: None
    calls: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def filter_log_events(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["logGroupName"] != GROUP:
            raise refusal("ResourceNotFoundException", "no such group", "FilterLogEvents")
        assert len(request.get("logStreamNames", ())) <= 100
        # CloudWatch Logs may answer a page with nothing and a token for the next
        if "nextToken" not in request:
            self.on_look(self)
            self.asked.append(request)
            return {"events": [], "nextToken": "more"}
        found = [
            {"logStreamName": name, "timestamp": _milliseconds(moment), "message": message}
            for name in request.get("logStreamNames", self.streams)
            for moment, message in self.streams[name]
            if request["startTime"] <= _milliseconds(moment) <= request["endTime"]
            and _matches(request.get("filterPattern", ""), message)
        ]
        return {"events": sorted(found, key=lambda event: event["timestamp"])}


def _milliseconds(moment: float) -> int:
    return int((START.timestamp() + moment) * 1000)


def _matches(pattern: str, message: str) -> bool:
    """Terms in quotes must all be there, or any of them with question marks before them."""
    terms = re.findall(r'(\??)"([^"]*)"', pattern)
    assert re.sub(r'\??"[^"]*"', "", pattern).strip() == ""
    optional = [term for mark, term in terms if mark]
    return all(term in message for mark, term in terms if not mark) and (
        not optional or any(term in message for term in optional)
    )
