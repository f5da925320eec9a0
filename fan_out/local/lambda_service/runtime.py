"""A running Lambda runtime: its process, the Runtime API that it asks, and what it prints."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from fan_out.local.lambda_service.launch import Launch
from fan_out.local.lambda_service.log import Log
from fan_out.local.lambda_service.memory import PeakMemory
from fan_out.local.lambda_service.process import RuntimeProcess
from fan_out.local.lambda_service.runtime_api import RuntimeApi


class Runtime:
    """Runs when made, and must be closed.

    ``launch`` answers what to run for an address of the Runtime API. ``started`` is of
    ``time.monotonic()``.
    """

    def __init__(self, launch: Callable[[str], Launch]) -> None:
        with ExitStack() as undo:
            self.log = Log()
            undo.callback(self.log.close)
            with self.log.writing_end() as output:
                self.api = RuntimeApi(self.log)
                undo.callback(self.api.close)
                self.started = time.monotonic()
                self.process = RuntimeProcess(launch(self.api.address), output=output)
            undo.callback(self.process.end)
            self.api.end_with(self.process)
            self.memory = PeakMemory()
            undo.callback(self.memory.close)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """End its processes, and close what it has open."""
        self._undo.close()
