"""A failure that is part of an execution is told by its history, not by the server's log.

moto (5.2.5) logs an error, with all of the state machine in it, at each level that an exception
passes: for each task that fails, and for each field that a Choice finds not to be there. That takes
longer than the task itself, and hides what does go wrong in the server.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent

from fan_out.local.adaptations.seam import replaces


def install() -> None:
    """Leave failures to the history."""
    replaces(EvalComponent, "_log_failure_event_exception")(_keep_quiet_of_failure)
    replaces(EvalComponent, "_log_exception")(_keep_quiet)


def _keep_quiet_of_failure(self: Any, failure_event_exception: Exception) -> None:
    """It becomes an event."""


def _keep_quiet(self: Any, exception: Exception) -> None:
    """It becomes a failure, or an answer."""
