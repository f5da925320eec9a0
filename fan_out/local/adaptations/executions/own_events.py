"""The history as one iteration of a Map writes it: nothing more once the iteration is aborted.

moto (5.2.5) lets every thread write into the history as long as it runs. AWS writes nothing of an
iteration after its MapIterationAborted. The Lambda function of an aborted iteration runs on to its
own end, here as in AWS, and its thread with it; what that thread still reports is dropped.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType


class OwnEvents:
    """Stands in for moto's EventManager in the frames of one iteration."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._ended = False
        self._lock = threading.Lock()

    def add_event(self, context: Any, event_type: HistoryEventType, *rest: Any, **more: Any) -> int:
        """Pass the event on to the history, unless the iteration has been aborted."""
        with self._lock:
            if self._ended:
                return int(context.last_published_event_id)
            return int(self._whole.add_event(context, event_type, *rest, **more))

    def end(self, context: Any, event_type: HistoryEventType, event_details: Any) -> None:
        """Write the last event of this iteration."""
        self.add_event(context, event_type, event_details)
        with self._lock:
            self._ended = True
