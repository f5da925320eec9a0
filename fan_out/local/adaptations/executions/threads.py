"""A state machine, or the iteration of a Map, has no thread of its own unless it has a timeout.

moto (5.2.5) starts a thread for each and waits for it to end, without a limit where there is no
TimeoutSeconds; so a thread for each iteration, beside the one for each task.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program

from fan_out.local.adaptations.seam import replaces

_moto_eval = Program.eval


def install() -> None:
    """Run what may take as long as it likes in the thread that asks for it."""
    replaces(Program, "eval")(_evaluate)


def _evaluate(self: Any, env: Any) -> None:
    if self.timeout_seconds is not None:
        _moto_eval(self, env)
    else:
        env.next_state_name = self.start_at.start_at_name
        EvalComponent.eval(self, env)
