"""A stack's events: one for whatever happens to it and to each of its resources.

moto (5.2.5) writes events for the stack alone, and none where something fails. AWS's carry the
reason, and the CDK CLI shows what it finds there. An event of a COMPLETE status has no reason: the
CLI takes one for a resource that is not quite ready yet.
"""

import json
import logging
from datetime import timedelta
from typing import Any

from moto.cloudformation.models import Event

from fan_out.local.adaptations.stacks.record import Record


class StackEvents:
    """Writes down what happens to one stack."""

    def __init__(self, stack: Any) -> None:
        self._stack = stack

    def stack(self, status: str, reason: str | None = None) -> None:
        """The stack has come to another status."""
        self._stack.status = status
        self._stack.stack_status_reason = reason
        self._add(
            status, self._stack.name, "AWS::CloudFormation::Stack", self._stack.stack_id, reason
        )

    def began(self, what: str, record: Record, why: str | None = None) -> None:
        """Something begins to be done to a resource: CREATE, UPDATE or DELETE it."""
        physical_id = "" if record.model is None else record.physical_id
        self._add(f"{what}_IN_PROGRESS", record.logical_id, record.type, physical_id, why)

    def done(self, what: str, record: Record) -> None:
        """It has been done."""
        properties = json.dumps(record.properties, default=str)
        self._add(
            f"{what}_COMPLETE", record.logical_id, record.type, record.physical_id, None, properties
        )

    def skipped(self, record: Record) -> None:
        """It is not deleted: it is to be retained."""
        self._add("DELETE_SKIPPED", record.logical_id, record.type, record.physical_id, None)

    def failed(self, what: str, logical_id: str, type: str, error: Exception) -> None:
        """It could not be done."""
        logging.getLogger(__name__).error("%s %s failed", what, logical_id, exc_info=error)
        self._add(f"{what}_FAILED", logical_id, type, "", reason_of(error))

    def _add(
        self,
        status: str,
        logical_id: str,
        type: str,
        physical_id: str,
        reason: str | None,
        properties: str | None = None,
    ) -> None:
        event = Event(
            stack_id=self._stack.stack_id,
            stack_name=self._stack.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=type,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=properties,
        )
        if self._stack.events:
            # one event, one millisecond: that is what clients sort them by
            earliest = self._stack.events[-1].timestamp + timedelta(milliseconds=1)
            event.timestamp = max(event.timestamp, earliest)
        self._stack.events.append(event)
        event.sendToSns(
            self._stack.account_id, self._stack.region_name, self._stack.notification_arns
        )


def reason_of(error: Exception) -> str:
    """What went wrong, in one line."""
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def failure_of(stack: Any) -> str:
    """Why the last thing that failed in a stack did so."""
    for event in reversed(stack.events):
        if event.resource_status.endswith("_FAILED") and event.resource_status_reason:
            return f"{event.logical_resource_id}: {event.resource_status_reason}"
    return str(stack.stack_status_reason or stack.status)
