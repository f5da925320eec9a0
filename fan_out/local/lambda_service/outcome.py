"""How an invocation can end, and what Lambda answers then."""

import json
import signal
from dataclasses import dataclass
from datetime import datetime

ANSWER_BYTES = 6_291_556
"""The largest answer, as Lambda's own error names it: 6 MB and 100 bytes."""


@dataclass(frozen=True)
class Outcome:
    """What an invocation answers, and what its log says of it.

    ``payload`` is JSON text, an error object where the invocation ``failed``. ``status`` is that of
    the REPORT line, "" where it has none: an exception in the handler is no matter of the
    runtime's. ``message`` is what Lambda itself logs of the failure. ``survived`` says whether the
    environment can take another invocation.
    """

    payload: bytes
    failed: bool = False
    status: str = ""
    error_type: str = ""
    message: str = ""
    survived: bool = False


def answered(payload: bytes) -> Outcome:
    """The handler has answered."""
    return Outcome(payload, survived=True)


def raised(payload: bytes) -> Outcome:
    """The handler has raised an exception; ``payload`` is the runtime's."""
    return Outcome(payload, failed=True, survived=True)


def init_failed(payload: bytes) -> Outcome:
    """The handler could not be loaded; ``payload`` is the runtime's."""
    error_type = str(json.loads(payload)["errorType"])
    return Outcome(payload, failed=True, status="error", error_type=error_type)


def too_large() -> Outcome:
    """The answer was over the limit; the runtime, refused, ends itself."""
    message = f"Response payload size exceeded maximum allowed payload size ({ANSWER_BYTES} bytes)."
    payload = _error("Function.ResponseSizeTooLarge", message)
    return Outcome(payload, failed=True, status="error", error_type="Runtime.ExitError")


def timed_out(request_id: str, seconds: int, now: datetime) -> Outcome:
    """The function's time, ``seconds``, was over."""
    what = f"Task timed out after {seconds:.2f} seconds"
    payload = _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {what}")
    moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Outcome(payload, failed=True, status="timeout", message=f"{moment} {request_id} {what}")


def exited(request_id: str, code: int) -> Outcome:
    """The process has ended by itself; ``code`` is as of ``Popen.returncode``."""
    return _ended("Runtime.ExitError", request_id, code)


def out_of_memory(request_id: str) -> Outcome:
    """The function used more memory than it has."""
    return _ended("Runtime.OutOfMemory", request_id, -signal.SIGKILL)


def _ended(error_type: str, request_id: str, code: int) -> Outcome:
    message = f"RequestId: {request_id} Error: Runtime exited {_how(code)}"
    return Outcome(
        _error(error_type, message),
        failed=True,
        status="error",
        error_type=error_type,
        message=f"{message}\n{error_type}",
    )


def _how(code: int) -> str:
    if code == 0:
        return "without providing a reason"
    if code > 0:
        return f"with error: exit status {code}"
    name, _, _ = (signal.strsignal(-code) or f"signal {-code}").lower().partition(":")
    return f"with error: signal: {name}"


def _error(error_type: str, message: str) -> bytes:
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()
