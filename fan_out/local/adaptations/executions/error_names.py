"""An error keeps its name on the way out of a Map or Parallel, and States.ALL has its limits.

moto (5.2.5) takes the error of a failed iteration or branch for one of the user's own, whose name
must not begin with ``States.``: a ``States.Timeout`` inside a Map comes out as ``States.Runtime``,
with a cause that speaks of error names. And its ``States.ALL`` catches everything.

In AWS the inner error comes out as it was; ``States.ALL`` does not match the terminal errors
``States.DataLimitExceeded`` and ``States.Runtime``, and ``States.TaskFailed`` matches everything
but ``States.Timeout`` and these. "Error names", AWS Step Functions Developer Guide.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl

from fan_out.local.adaptations.seam import replaces

TERMINAL = {"States.DataLimitExceeded", "States.Runtime"}


def install() -> None:
    """Name inner errors rightly, and match them as AWS does."""
    for module in (iteration_worker, branches_decl):
        replaces(module, "CustomErrorName")(named)
    replaces(ErrorEqualsDecl, "_eval_body")(_match)


def _match(self: Any, env: Any) -> None:
    error = env.stack.pop()
    given = None if error is None else error.error_name
    env.stack.append(matches(given, [name.error_name for name in self.error_names]))


def named(error_name: str | None) -> ErrorName:
    """The error of that name: one of AWS's own, or one of the user's."""
    if error_name is not None and error_name.startswith("States."):
        return StatesErrorName.from_name(error_name)
    return CustomErrorName(error_name)


def matches(error: str | None, names: list[str]) -> bool:
    """Whether a retrier or catcher for ``names`` is one for ``error``."""
    if error in names:
        return True
    if error in TERMINAL:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
