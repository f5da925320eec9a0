"""The operating system's side of an environment: its processes, held by one end of a lifeline."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

from fan_out.local.lambda_service import launcher
from fan_out.local.lambda_service.launch import Launch

SECONDS_TO_END = 5
"""What the launcher may take to end an environment: milliseconds, unless it was stopped."""


class RuntimeProcess:
    """A runtime and all that it starts; they end when we do.

    ``output`` is the descriptor of all that they print; under its own number the runtime writes
    what it logs, framed.
    """

    def __init__(self, launch: Launch, *, output: int) -> None:
        request = launch.request(_LAMBDA_TELEMETRY_LOG_FD=str(output))
        self._lock = threading.Lock()
        self._status: int | None = None
        self._lifeline, theirs = socket.socketpair()
        try:
            self._launcher = subprocess.Popen(
                [sys.executable, "-I", "-S", launcher.__file__, str(theirs.fileno())],
                env={},  # no LD_PRELOAD of the function's is for the launcher
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(theirs.fileno(), output),
                start_new_session=True,
            )
        except BaseException:
            self._lifeline.close()
            raise
        finally:
            theirs.close()
        assert self._launcher.stdin is not None
        with suppress(BrokenPipeError), self._launcher.stdin as stdin:
            stdin.write(request)

    @property
    def pid(self) -> int:
        """The launcher's number; its child is init, whose first child is the runtime."""
        return self._launcher.pid

    def fileno(self) -> int:
        """What is ready to be read once the runtime has ended."""
        return self._lifeline.fileno()

    def has_exited(self) -> bool:
        """Whether the runtime has ended; others may still run, for some milliseconds."""
        with self._lock:
            if self._status is not None:
                return True
            poll = select.poll()
            poll.register(self._lifeline, select.POLLIN)
            return bool(poll.poll(0))

    def kill(self) -> None:
        """Let all of its processes be killed; does not wait. Any thread may call it."""
        with self._lock:
            if self._status is None:
                self._let_go()

    def end(self) -> int:
        """Kill all of its processes, and answer how the runtime ended, as ``Popen.returncode``."""
        with self._lock:
            if self._status is None:
                self._let_go()
                try:
                    self._launcher.wait(SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    os.killpg(self.pid, signal.SIGKILL)
                    self._launcher.wait()
                told = self._lifeline.recv(64)
                self._lifeline.close()
                self._status = int(told) if told else self._launcher.returncode
            return self._status

    def _let_go(self) -> None:
        with suppress(OSError):  # the launcher is gone already
            self._lifeline.shutdown(socket.SHUT_WR)
