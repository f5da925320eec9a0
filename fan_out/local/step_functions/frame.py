"""Where a sequence of states is: the event it follows upon, its variables, its context object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import State
from fan_out.local.step_functions.errors import EvaluationFailed, StateFailed
from fan_out.local.step_functions.history import History
from fan_out.local.step_functions.world import World

WAITING = {"Task", "Map", "Parallel", "Wait"}
"""The types of states that can be cut off, since they wait."""


@dataclass
class Frame:
    """One sequence of states that run one after the other: a machine's, an iteration's, a branch's.

    ``previous`` is the event that the next one follows upon. ``outer`` are the variables of the
    frames around, ``variables`` its own. ``context`` is the context object.
    """

    world: World
    history: History
    context: dict[str, Any]
    previous: int = 0
    outer: Mapping[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    entered: int = 0
    """The event with which the state at hand was entered."""
    before_entered: int = 0
    kind: str = ""
    """The type of the state at hand."""
    at: tuple[str, Any] | None = None
    """The name of the state at hand, and its input: where a redrive goes on."""
    redriven: bool = False
    """Whether the state at hand goes on where it was when the execution failed."""
    started: int | None = None
    inner_frames: "dict[int, Frame]" = field(default_factory=dict)
    outputs: dict[int, Any] = field(default_factory=dict)
    """Of the Map or Parallel at hand: the event with which it was started, the iterations or
    branches that were, and the outputs of those that are done."""

    def add(self, type: str, **details: Any) -> int:
        """Write an event; what comes next follows upon it."""
        self.previous = self.history.add(type, self.previous, details or None)
        return self.previous

    def add_beside(self, type: str, **details: Any) -> int:
        """Write an event that nothing follows upon."""
        return self.history.add(type, self.previous, details or None)

    def enter(self, state: State, kind: str, text: str) -> None:
        """Write that a state is entered, and let the context object say so."""
        self.before_entered, self.started, self.kind = self.previous, None, kind
        self.entered = self.add(
            f"{kind}StateEntered", name=state.name, input=text, inputDetails={"truncated": False}
        )
        self.context["State"] = {"EnteredTime": time_text(self.world.now()), "Name": state.name}

    def cut_off(self, by: int) -> None:
        """Write that the state at hand is aborted, where it is one that waits. ``by`` is the event
        of the failure that ends it, its own or that of a sibling."""
        if self.kind in WAITING:
            self.history.add(f"{self.kind}StateAborted", by)

    def start_children(self, type: str, **details: Any) -> int:
        """Write that the Map or Parallel at hand is started, unless it goes on where it was.

        Answers the event that iterations and branches follow upon.
        """
        if not self.redriven or self.started is None:
            self.started = self.add(type, **details)
            self.inner_frames, self.outputs = {}, {}
        self.redriven = False
        return self.started

    def inner(self, **context: Any) -> "Frame":
        """A frame for an iteration or a branch, which begins here."""
        return Frame(
            world=self.world,
            history=self.history,
            context={**self.context, **context},
            previous=self.previous,
            outer={**self.outer, **self.variables},
        )

    def data(self, value: Any) -> Data:
        """What expressions of the state at hand see, from ``value``."""
        return Data(value, self.context, {**self.outer, **self.variables})

    def placed(self, state: State, failure: StateFailed) -> StateFailed:
        """The failure with the place where it happened in its cause; an expression that failed is
        an event, too."""
        if failure.placed:
            return failure
        where = (
            f"An error occurred while executing the state '{state.name}' (entered at the event id "
            f"#{self.entered}). "
        )
        placed = StateFailed(failure.error, f"{where}{failure.cause or ''}", placed=True)
        if isinstance(failure, EvaluationFailed):
            more = {"location": failure.location, "state": state.name}
            # as AWS has it: this event follows upon what came before the state
            self.previous = self.history.add(
                "EvaluationFailed", self.before_entered, {**placed.details, **more}
            )
        return placed


def time_text(moment: datetime) -> str:
    """A time of UTC as the context object has it: ``2026-01-01T00:00:00.545Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
