"""A state machine's definition, as frozen values: what is here is what can run.

Made by ``reading.read_definition``. "State machine structure", AWS Step Functions Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.jsonata import Expression
from fan_out.local.step_functions.paths import Path, ReferencePath
from fan_out.local.step_functions.templates import Template

Condition = Callable[[Data], bool]
"""Whether a rule of a Choice applies. Raises StateFailed."""

Amount = int | str | Path | Expression | None
"""A number or a time that stands in the definition, or where the data has it."""


@dataclass(frozen=True)
class States:
    """States that run one after the other: of a machine, an iteration or a branch."""

    start_at: str
    by_name: Mapping[str, State]


@dataclass(frozen=True, kw_only=True)
class Retrier:
    """When to try again. Defaults: "Error handling", Amazon States Language."""

    errors: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    full_jitter: bool = False


@dataclass(frozen=True, kw_only=True)
class Catcher:
    """Where to go on, and with what."""

    errors: tuple[str, ...]
    next: str
    result_path: ReferencePath | None
    """None discards the error: the state's input is what goes on."""
    assign: Template | None = None
    output: Template | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a Choice."""

    applies: Condition
    next: str
    assign: Template | None = None
    output: Template | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """What all states have. ``next`` is None where the state ends its sequence; a path that is None
    was given as null, which stands for an empty object."""

    name: str
    jsonata: bool
    next: str | None = None
    input_path: Path | None
    output_path: Path | None
    assign: Template | None = None
    output: Template | None = None


@dataclass(frozen=True, kw_only=True)
class Pass(State):
    """Hands its input, or a result that stands in the definition, on."""

    result: Template | None = None
    parameters: Template | None = None
    result_path: ReferencePath | None


@dataclass(frozen=True, kw_only=True)
class Succeed(State):
    """Ends its sequence."""


@dataclass(frozen=True, kw_only=True)
class Fail(State):
    """Fails with an error and a cause, texts or where the data has them."""

    error: Template | None = None
    cause: Template | None = None


@dataclass(frozen=True, kw_only=True)
class Wait(State):
    """Waits for some seconds, or until a time."""

    seconds: Amount = None
    timestamp: Amount = None


@dataclass(frozen=True, kw_only=True)
class Choice(State):
    """Goes on where the first rule that applies leads."""

    rules: tuple[Rule, ...]
    default: str | None


@dataclass(frozen=True, kw_only=True)
class Work(State):
    """A state that does work, which can be tried again and whose failure can be caught."""

    parameters: Template | None = None
    result_selector: Template | None = None
    result_path: ReferencePath | None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


PATTERNS = {
    ("lambda", "invoke"): {""},
    ("states", "startExecution"): {"", ".sync", ".sync:2"},
}
"""The integrations that there are, and how each can be waited for."""

_ARGUMENTS = {
    "lambda": ("FunctionName", {"Payload", "Qualifier", "InvocationType"}),
    "states": ("StateMachineArn", {"Input", "Name"}),
}
"""By service: what must be given, and what may."""


@dataclass(frozen=True)
class Integration:
    """What a task calls: ``lambda``, ``invoke``, with ``.sync`` or the like as ``pattern``; or a
    Lambda function by its ARN, where ``function`` is not None."""

    service: str
    action: str
    pattern: str = ""
    function: str | None = None

    @property
    def resource(self) -> str:
        """What the history calls it: ``startExecution.sync``."""
        return f"{self.action}{self.pattern}"

    def problem(self, names: Iterable[str]) -> str | None:
        """What is wrong with arguments of these names; None where nothing is."""
        needed, others = _ARGUMENTS[self.service]
        for name in names:
            if name != needed and name not in others:
                return f'The field "{name}" is not supported by Step Functions'
        return None if needed in names else f"The field '{needed}' is required but was missing"


@dataclass(frozen=True, kw_only=True)
class Task(Work):
    """Calls a service."""

    integration: Integration
    timeout: Amount = None


@dataclass(frozen=True, kw_only=True)
class Map(Work):
    """Runs its processor for each item, here: inline."""

    items: Path | Template | None
    item_selector: Template | None
    max_concurrency: Amount
    processor: States


@dataclass(frozen=True, kw_only=True)
class Parallel(Work):
    """Runs all of its branches."""

    branches: tuple[States, ...] = field(default=())


@dataclass(frozen=True)
class Machine:
    """A definition that was read; ``given`` is what it was read from."""

    states: States
    timeout_seconds: int | None
    given: Mapping[str, Any] = field(repr=False, compare=False)
