"""The lines that Lambda itself writes to a function's log."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fan_out.local.lambda_service.configuration import LogEvent
from fan_out.local.lambda_service.memory import MB

TAIL_BYTES = 4_096
"""X-Amz-Log-Result is the last 4 KB of the log: "Invoke", AWS Lambda API Reference."""


@dataclass(frozen=True)
class Report:
    """What one invocation took.

    ``initialized`` is None on a warm start; ``status`` is "", "timeout" or "error".
    """

    request_id: str
    seconds: float
    initialized: float | None
    memory_mb: int
    peak_bytes: int
    status: str
    error_type: str

    def line(self) -> str:
        """The REPORT line. The init phase is billed, and no more than the memory is ever used."""
        used = min(math.ceil(self.peak_bytes / MB), self.memory_mb)
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.seconds * 1000:.2f} ms",
            f"Billed Duration: {math.ceil((self.seconds + (self.initialized or 0)) * 1000)} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {used} MB",
        ]
        if self.initialized is not None:
            fields.append(f"Init Duration: {self.initialized * 1000:.2f} ms")
        if self.status:
            fields.append(f"Status: {self.status}")
        if self.error_type:
            fields.append(f"Error Type: {self.error_type}")
        return "\t".join(fields) + "\n"


def tail(events: Sequence[LogEvent]) -> str:
    """Answer the last 4 KB of the messages."""
    text = "".join(message if message.endswith("\n") else f"{message}\n" for _, message in events)
    return text.encode()[-TAIL_BYTES:].decode(errors="ignore")
