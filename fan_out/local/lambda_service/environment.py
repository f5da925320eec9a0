"""One execution environment: where a function's code is loaded once, and run again and again.

The thread that invokes does all of the work of an invocation: it serves the Runtime API, collects
what is printed, and keeps the time.
"""

import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from shutil import rmtree

from fan_out.local.lambda_service import outcome
from fan_out.local.lambda_service.configuration import FunctionConfiguration, Invocation
from fan_out.local.lambda_service.dialogue import Dialogue
from fan_out.local.lambda_service.host import Host
from fan_out.local.lambda_service.memory import MB, Children, children_of_all, processes_of
from fan_out.local.lambda_service.outcome import Outcome
from fan_out.local.lambda_service.report import Report, tail
from fan_out.local.lambda_service.runtime import Runtime
from fan_out.local.lambda_service.runtime_api import INIT_ERROR, NEXT, Call
from fan_out.local.lambda_service.variables import Place

INIT_SECONDS = 10
"""What the init phase has of its own; then it goes on in the function's time. "Understanding the
Lambda execution environment lifecycle", AWS Lambda Developer Guide."""


class Gone(Exception):  # noqa: N818 - nothing that went wrong
    """The environment has ended while it was idle, or because it was killed: no invocation's."""


class Environment:
    """Runs ``function``, one invocation at a time; its runtime is started by the first."""

    def __init__(self, function: FunctionConfiguration, host: Host) -> None:
        self.function = function
        self.usable = True
        """Whether it can take another invocation, when it is idle."""
        self._host = host
        self._stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        self._lock = threading.Lock()
        """Held while the runtime comes or goes, or is looked at by another thread."""
        self._runtime: Runtime | None = None
        self._place: Place | None = None
        self._killed = self._out_of_memory = False

    def invoke(self, payload: bytes) -> Invocation:
        """Run the function once, to its end or the end of its time.

        Raises Gone, and InvalidPackage where the function's files cannot be unpacked.
        """
        self.usable = False
        request_id = str(uuid.uuid4())
        start = self._cold_start() if self._runtime is None else self._warm_start(self._runtime)
        start.runtime.log.write(f"START RequestId: {request_id} Version: {self.function.version}\n")
        dialogue = Dialogue(self.function, start.runtime, request_id)
        end = dialogue.run(start.call, payload, start.began + self.function.timeout_seconds)
        return self._reported(start, request_id, end or self._why_not(start.runtime, request_id))

    def watch(self, children: Children) -> None:
        """End it where all of its processes together use too much memory. From any thread."""
        with self._lock:
            runtime = self._runtime
            if runtime is None or runtime.process.has_exited():
                return
            used = runtime.memory.of_all(processes_of(runtime.process.pid, children))
            if used > self.function.memory_mb * MB:
                self._out_of_memory = True
                runtime.process.kill()

    def kill(self) -> None:
        """End its processes; an invocation under way raises Gone. From any thread."""
        with self._lock:
            self._killed = True
            if self._runtime is not None:
                self._runtime.process.kill()

    def close(self) -> None:
        """End it while it is idle, and remove what it leaves."""
        with self._lock:
            runtime, self._runtime, self._killed = self._runtime, None, True
        left = []
        if runtime is not None:
            runtime.process.end()
            runtime.log.write()  # even a line without an end
            left = runtime.log.take()
            runtime.close()
        if self._place is not None:
            rmtree(self._place.temporary, ignore_errors=True)
        if left:
            self._host.write_log(self.function.log_group, self._stream, left)

    def _cold_start(self) -> "_Start":
        self._place = self._host.place(self.function)
        with self._lock:
            if self._killed:
                raise Gone
            runtime = self._host.start(self.function, self._place, self._stream)
            self._runtime = runtime
        call = runtime.api.call(runtime.started + INIT_SECONDS, NEXT, INIT_ERROR)
        with self._lock:
            runtime.memory.of_all(processes_of(runtime.process.pid, children_of_all()))
        now = time.monotonic()
        if call is not None and call.path == NEXT:
            return _Start(runtime, call, now, initialized=now - runtime.started)
        failed = call is not None or runtime.api.ended
        return _Start(runtime, call, runtime.started if failed else now)

    def _warm_start(self, runtime: Runtime) -> "_Start":
        began = time.monotonic()
        call = runtime.api.call(began + self.function.timeout_seconds, NEXT)
        if runtime.api.ended or runtime.process.has_exited() or (call and call.is_abandoned()):
            raise Gone  # its call was still in the queue
        return _Start(runtime, call, began)

    def _why_not(self, runtime: Runtime, request_id: str) -> Outcome:
        """Why the runtime has given no answer."""
        if self._killed:
            raise Gone
        if not runtime.api.ended:
            return outcome.timed_out(request_id, self.function.timeout_seconds, datetime.now(UTC))
        if self._out_of_memory:
            return outcome.out_of_memory(request_id)
        return outcome.exited(request_id, runtime.process.end())

    def _reported(self, start: "_Start", request_id: str, end: Outcome) -> Invocation:
        """Log how it ended, and hand the log over."""
        seconds = time.monotonic() - start.began
        log = start.runtime.log
        if not end.survived:
            start.runtime.process.end()
        report = Report(
            request_id=request_id,
            seconds=self.function.timeout_seconds if end.status == "timeout" else seconds,
            initialized=start.initialized,
            memory_mb=self.function.memory_mb,
            peak_bytes=start.runtime.memory.peak,
            status=end.status,
            error_type=end.error_type,
        )
        failure = [f"{end.message}\n"] if end.message else []
        log.write(*failure, f"END RequestId: {request_id}\n", report.line())
        events = log.take()
        self.usable = end.survived
        self._host.write_log(self.function.log_group, self._stream, events)
        return Invocation(request_id, end.payload, end.failed, tail(events))


@dataclass(frozen=True)
class _Start:
    """What an invocation starts with.

    ``call`` is what the runtime has said already, if it has. ``began`` is when the function's time
    began, of ``time.monotonic()``; where the init phase failed, when that began. ``initialized`` is
    the seconds of an init phase that ended well and in time.
    """

    runtime: Runtime
    call: Call | None
    began: float
    initialized: float | None = None
