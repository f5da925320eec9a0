"""What a function prints is in its log group.

moto (5.2.5) makes a log stream for each invocation, once that has ended, always in
``/aws/lambda/NAME``, and knows no LoggingConfig.

AWS writes to the group that LoggingConfig names, else to ``/aws/lambda/NAME``, which it makes. The
Lambda service decides what is written when; this writes it straight into moto's store, in the
order in which it comes.
"""

import threading
from collections.abc import Sequence

from moto.logs.models import logs_backends

_lock = threading.Lock()
_places: dict[str, tuple[str, str]] = {}


def note_place(group: str, account: str, region: str) -> None:
    """Say where ``group`` is: what the Lambda service writes to it goes there."""
    _places[group] = (account, region)


def write_log(group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
    """Append ``events``, (milliseconds since 1970, message), to a stream, made where missing."""
    account, region = _places[group]
    append(account, region, group, stream, events)


def append(
    account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]
) -> None:
    """Append ``events`` to a stream of whatever group, both made where missing."""
    backend = logs_backends[account][region]
    with _lock:  # moto numbers its log events with a counter of the class
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
        backend.groups[group].put_log_events(
            stream, [{"timestamp": time, "message": message} for time, message in events]
        )
