"""Step Functions as a whole: machines, executions, and their API."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fan_out.local.step_functions.api import Api
from fan_out.local.step_functions.archive import Archive
from fan_out.local.step_functions.event_loop import EventLoop
from fan_out.local.step_functions.executions import Executions, Run
from fan_out.local.step_functions.log_lines import log_groups, log_lines
from fan_out.local.step_functions.machines import StateMachines
from fan_out.local.step_functions.world import World

Deliver = Callable[[str, str, Sequence[tuple[int, str]]], None]
"""Takes the ARN of a log group, a log stream, and events for it."""


class StepFunctions:
    """The service in one account. ``world_of`` answers the world of a region; histories are kept
    below ``directory``."""

    def __init__(
        self,
        account: str,
        world_of: Callable[[str], World],
        deliver: Deliver,
        directory: Path,
    ) -> None:
        self._deliver = deliver
        self._loop = EventLoop()
        self.machines = StateMachines(account)
        self.executions = Executions(
            self.machines, self._loop, Archive(directory), world_of, self._log
        )
        self.api = Api(self.machines, self.executions)

    def close(self) -> None:
        """End every execution."""
        self._loop.close()

    def _log(self, run: Run, events: Sequence[dict[str, Any]]) -> None:
        lines = log_lines(run.machine.logging, run.arn, events)
        for group in log_groups(run.machine.logging) if lines else ():
            try:
                self._deliver(group, f"states/{run.machine.name}/{run.name}", lines)
            except Exception:  # the execution has ended all the same
                logging.getLogger(__name__).exception("a log was not delivered")
