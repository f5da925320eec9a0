"""What can go wrong in a state, by its name in AWS, and which retriers and catchers match it."""

from collections.abc import Sequence

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
DATA_LIMIT = "States.DataLimitExceeded"
INTRINSIC = "States.IntrinsicFailure"
QUERY = "States.QueryEvaluationError"
NO_CHOICE = "States.NoChoiceMatched"
RESULT_PATH = "States.ResultPathMatchFailure"
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"

CAUSE_CHARACTERS = 32_768
"""The longest cause. "TaskFailedEventDetails", AWS Step Functions API Reference."""


class StateFailed(Exception):  # noqa: N818 - the field's word
    """A state, an iteration or an execution failed: with an ``error``, a name, and a ``cause``.

    Each may be None, as a Fail state may leave them out. ``placed`` says that the cause names the
    state already, or is somebody else's own words.
    """

    def __init__(self, error: str | None, cause: str | None, *, placed: bool = False) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = None if cause is None else cause[:CAUSE_CHARACTERS]
        self.placed = placed

    @property
    def output(self) -> dict[str, str]:
        """What a catcher hands on."""
        return {"Error": self.error or "", "Cause": self.cause or ""}

    @property
    def details(self) -> dict[str, str]:
        """What the history has of it."""
        given = {"error": self.error, "cause": self.cause}
        return {key: value for key, value in given.items() if value is not None}


class EvaluationFailed(StateFailed):
    """A JSONata expression failed. ``location`` is the field that it stands in."""

    def __init__(self, cause: str, location: str) -> None:
        super().__init__(QUERY, cause)
        self.location = location


def matches(error: str | None, names: Sequence[str]) -> bool:
    """Whether a retrier or catcher for ``names`` is one for ``error``.

    Nothing matches States.Runtime. "Error names", AWS Step Functions Developer Guide; recordings
    show that States.ALL matches States.DataLimitExceeded, where the guide says otherwise.
    """
    if error == RUNTIME:
        return False
    if error in names or ALL in names:
        return True
    return TASK_FAILED in names and error != TIMEOUT
