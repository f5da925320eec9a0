"""The operating system's side of an environment: a process, with whatever it starts."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from fan_out.local.lambda_service import bootstrap


class RuntimeProcess:
    """``bootstrap``, run by ``python``: the leader of a process group that ends when we do.

    ``output`` is the descriptor of all that it prints; under its own number the runtime writes what
    it logs, framed.
    """

    def __init__(
        self,
        python: Path,
        arguments: Sequence[str],
        *,
        cwd: Path,
        variables: Mapping[str, str],
        output: int,
    ) -> None:
        end, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                # -B: what is compiled is compiled by us; -P: not the script's folder on the path
                [python, "-B", "-P", bootstrap.__file__, str(end), *arguments],
                cwd=cwd,
                env={**variables, "_LAMBDA_TELEMETRY_LOG_FD": str(output)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(end, output),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(end)
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The process's number, and its group's."""
        return self._process.pid

    def has_exited(self) -> bool:
        """Whether the process has ended; others of its group may still run."""
        with self._lock:
            if self._process.returncode is not None:
                return True
            if not hasattr(os, "waitid"):  # macOS before Python 3.13: seen at the deadline
                return False
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.pid, options) is not None

    def kill(self) -> None:
        """Kill the whole group; nothing happens where it has ended. Any thread may call it."""
        with self._lock:
            self._kill()

    def end(self) -> int:
        """Kill the whole group, and answer how the process ended, as of ``Popen.returncode``."""
        with self._lock:
            if self._process.returncode is None:
                self._kill()
                self._process.wait()
                os.close(self._lifeline)
            return self._process.returncode

    def _kill(self) -> None:
        # until the process is waited for, its number can be no other group's
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
