"""One execution of a machine: from its input to its end, which its history has."""

import asyncio
import logging
from typing import Any

from fan_out.local.step_functions.definition import Machine
from fan_out.local.step_functions.errors import RUNTIME, StateFailed
from fan_out.local.step_functions.frame import Frame
from fan_out.local.step_functions.history import History, HistoryFull
from fan_out.local.step_functions.interpreter import run_states
from fan_out.local.step_functions.json_text import json_text
from fan_out.local.step_functions.world import World

STATUS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}


class Execution:
    """Runs a machine on an input, a JSON value. ``about`` is the context object without State."""

    def __init__(
        self, machine: Machine, input: Any, about: dict[str, Any], world: World, role: str
    ) -> None:
        self.history = History(world.now)
        self._machine = machine
        self._input = input
        self._world = world
        self._frame = Frame(world, self.history, about)
        self._role = role
        self._running: asyncio.Task[Any] | None = None

    @property
    def status(self) -> str:
        """RUNNING, or how it ended."""
        end = self.history.end
        return "RUNNING" if end is None else STATUS[end["type"]]

    async def run(self) -> None:
        """Run it to its end."""
        if not self.history.events:
            given = {"input": json_text(self._input), "inputDetails": {"truncated": False}}
            self.history.add("ExecutionStarted", 0, {**given, "roleArn": self._role})
        self._running = asyncio.ensure_future(
            run_states(self._machine.states, self._input, self._frame)
        )
        try:
            await self._until_its_time_is_over(self._running)
        except StateFailed as failure:
            self.history.add("ExecutionFailed", self._frame.previous, failure.details)
        except (HistoryFull, asyncio.CancelledError):
            return  # the history has its end
        except Exception as error:
            # a fault of ours must end the execution rather than leave it running for ever
            logging.getLogger(__name__).exception("the interpreter failed")
            self._frame.add_beside(
                "ExecutionFailed", error=RUNTIME, cause=f"{type(error).__name__}: {error}"
            )
        else:
            output = json_text(self._running.result())
            self._frame.add_beside(
                "ExecutionSucceeded", output=output, outputDetails={"truncated": False}
            )

    def redrive(self, count: int, moment: str) -> None:
        """Let ``run`` go on where the execution ended, for the ``count``-th time, at a ``moment``.

        What has succeeded is not run again.
        """
        self.history.reopen(count)
        self._frame.context["Execution"] |= {"RedriveCount": count, "RedriveTime": moment}

    def stop(self, error: str | None, cause: str | None) -> None:
        """End it as aborted, at once; what its tasks have begun elsewhere goes on there."""
        given = {"error": error, "cause": cause}
        details = {key: value for key, value in given.items() if value is not None}
        self.history.add("ExecutionAborted", 0, details)
        if self._running is not None:
            self._running.cancel()

    async def _until_its_time_is_over(self, running: asyncio.Task[Any]) -> None:
        seconds = self._machine.timeout_seconds
        if seconds is None:
            await running
            return
        timer = asyncio.ensure_future(self._world.sleep(seconds))
        await asyncio.wait([running, timer], return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        if not running.done():
            # first the end: as when it is stopped, nothing is written of what is cut off by it
            self.history.add("ExecutionTimedOut", self._frame.previous, {})
            running.cancel()
        await running
