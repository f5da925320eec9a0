"""What an execution needs from outside: time, Lambda, and other executions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class ServiceError(Exception):
    """A service refused a call: its error ``code``, the HTTP ``status``, and what it said."""

    def __init__(self, code: str, message: str, status: int, request_id: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id


@dataclass(frozen=True)
class Call:
    """An invocation of a Lambda function: its name or ARN, and its ``payload`` as JSON text.

    ``kind`` is ``RequestResponse``, ``Event`` or ``DryRun``.
    """

    function: str
    qualifier: str | None
    payload: str
    kind: str = "RequestResponse"


@dataclass(frozen=True)
class Answer:
    """What Lambda answered: ``payload`` is JSON text, an error object where ``failed``."""

    payload: str
    status: int
    version: str
    request_id: str
    failed: bool = False


@dataclass(frozen=True)
class Child:
    """An execution that a task started, as DescribeExecution answers it."""

    described: dict[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.described["executionArn"])


class World(Protocol):
    """Each method may be called by many iterations at a time, from one event loop."""

    def now(self) -> datetime:
        """The time, with its zone."""

    async def sleep(self, seconds: float) -> None:
        """Come back that much later."""

    async def invoke(self, call: Call, started: Callable[[], None]) -> Answer:
        """Invoke a function; ``started`` is called when Lambda has taken it up, which is when a
        task's time begins. Raises ServiceError."""

    async def start_execution(self, machine: str, name: str | None, input: str) -> Child:
        """Start an execution. Raises ServiceError."""

    async def end_of(self, execution: str) -> Child:
        """Wait for the end of an execution."""

    async def stop_execution(self, execution: str) -> None:
        """Stop an execution that a task waits for no longer."""
