"""Waiting in tests, never for ever: what does not come in a minute is a failure."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

A_MINUTE = 60
"""Seconds that nothing takes which is going to happen."""

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], seconds: float = A_MINUTE) -> Found:
    """Look again and again until something is there, and answer that."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"nothing came in {seconds} seconds"
        time.sleep(0.02)
    return found


def ended(client: Any, execution: str) -> dict[str, Any]:
    """What DescribeExecution says of an execution when it has ended."""

    def described() -> dict[str, Any] | None:
        found = client.describe_execution(executionArn=execution)
        return None if found["status"] == "RUNNING" else dict(found)

    return eventually(described, 2 * A_MINUTE) or {}


@contextmanager
def ending(process: subprocess.Popen[Any], seconds: float = A_MINUTE) -> Iterator[None]:
    """Kill a process that outlasts the body or its time, so that whoever reads its output or waits
    for its end goes on."""
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        with process:
            try:
                yield
            finally:
                process.kill()
    finally:
        timer.cancel()
