"""What the Lambda service is told of a function, and what it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

LogEvent = tuple[int, str]
"""Milliseconds since 1970, and the message."""

RoleCredentials = Callable[["FunctionConfiguration"], Mapping[str, str]]
"""Answers the environment variables with which the calls of a new environment of a function are
signed: temporary credentials of its role, which must last as long as the environment."""

LogWriter = Callable[[str, str, Sequence[LogEvent]], None]
"""Takes a log group, a log stream and events in order; is called by many threads at a time."""


@dataclass(frozen=True)
class FunctionConfiguration:
    """Everything that is needed to run one version of a function.

    ``code`` and ``layers`` are zips; ``code_sha256`` stands for the code wherever two
    configurations are compared. ``runtime`` is such as "python3.14", ``version`` such as "$LATEST".
    """

    arn: str
    name: str
    version: str
    handler: str
    runtime: str
    memory_mb: int
    timeout_seconds: int
    environment: Mapping[str, str]
    code: bytes = field(repr=False, compare=False)
    code_sha256: str
    layers: tuple[bytes, ...] = field(repr=False)
    log_group: str
    region: str
    account: str
    role: str

    def is_same_function_as(self, other: "FunctionConfiguration") -> bool:
        """Whether both are of the same version of the same function, however configured."""
        return (self.arn, self.version) == (other.arn, other.version)


@dataclass(frozen=True)
class Invocation:
    """How an invocation ended.

    ``payload`` is JSON text: the function's answer or, with ``function_error`` (in AWS
    ``X-Amz-Function-Error: Unhandled``), an object with errorType and errorMessage. ``log_tail`` is
    the last 4 KB of what the invocation logged.
    """

    request_id: str
    payload: bytes
    function_error: bool
    log_tail: str
