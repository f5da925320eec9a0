"""What goes into a state and what comes out of it, in either language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import Amount, Catcher, Rule, State
from fan_out.local.step_functions.errors import RUNTIME, StateFailed
from fan_out.local.step_functions.json_text import json_text
from fan_out.local.step_functions.jsonata import Expression
from fan_out.local.step_functions.paths import Path, ReferencePath
from fan_out.local.step_functions.templates import Template


@dataclass(frozen=True)
class Outcome:
    """What a state ends with: its output, the state to go on with, the variables it assigns."""

    output: Any
    next: str | None
    assigned: Mapping[str, Any] = field(default_factory=dict)


def effective_input(state: State, data: Data) -> Data:
    """The data seen from the state's input, as InputPath chooses it."""
    if state.jsonata:
        return data
    return (
        data.on({}) if state.input_path is None else data.on(_at(state.input_path, data, "Input"))
    )


def outcome_of(
    state: State, data: Data, result: Any, selected: Any, result_path: ReferencePath | None
) -> Outcome:
    """What a state ends with that came to a ``result``.

    ``data`` is seen from the state's whole input. In JSONPath ``selected`` is what ResultSelector
    made of the result, and ResultPath puts it into that input.
    """
    if state.jsonata:
        seen = data.with_more(result=result)
        return Outcome(_output(state, seen, result), state.next, _assigned(state, seen))
    output = data.value if result_path is None else result_path.put(selected, data.value)
    return Outcome(_on_path(state, data, output), state.next, _assigned(state, data.on(result)))


def passed_on(state: State, data: Data, by: Rule | None = None) -> Outcome:
    """What a state ends with that does nothing with its input: a Choice, a Wait, a Succeed.

    ``by`` is the rule of the Choice that applied.
    """
    going = state if by is None else by
    if state.jsonata:
        return Outcome(_output(going, data, data.value), going.next, _assigned(going, data))
    seen = effective_input(state, data)
    return Outcome(_on_path(state, data, seen.value), going.next, _assigned(going, seen))


def caught(state: State, catcher: Catcher, data: Data, failure: StateFailed) -> Outcome:
    """What a state ends with whose failure was caught."""
    error = failure.output
    if state.jsonata:
        seen = data.with_more(errorOutput=error)
        return Outcome(_output(catcher, seen, error), catcher.next, _assigned(catcher, seen))
    path = catcher.result_path
    output = data.value if path is None else path.put(error, data.value)
    return Outcome(output, catcher.next, _assigned(catcher, data.on(error)))


def whole_number(amount: Amount, data: Data, name: str, *, least: int = 0) -> int | None:
    """The number that a field says, ``least`` or more; None where the state has no such field.

    Raises StateFailed where its path or expression leads to anything else.
    """
    if isinstance(amount, Expression):
        kind = "positive integer" if least else "non-negative integer"
        return int(amount.typed(data, kind, lambda value: type(value) is int and value >= least))
    if not isinstance(amount, Path):
        return amount if isinstance(amount, int) else None
    value = amount.evaluate(data, f"{name}Path")
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if type(value) is not int or value < least:
        raise StateFailed(
            RUNTIME,
            f'The {name}Path field refers to value "{json_text(value)}" which is not a valid '
            f"integer: {amount.text}",
        )
    return value


def _at(path: Path, data: Data, name: str) -> Any:
    return path.evaluate(data, f"{name}Path")


def _on_path(state: State, data: Data, output: Any) -> Any:
    """The part of an output that OutputPath chooses."""
    return {} if state.output_path is None else _at(state.output_path, data.on(output), "Output")


def _output(going: State | Rule | Catcher, data: Data, otherwise: Any) -> Any:
    return otherwise if going.output is None else going.output.evaluate(data, "Output")


def _assigned(going: State | Rule | Catcher, data: Data) -> Mapping[str, Any]:
    template: Template | None = going.assign
    found: Mapping[str, Any] = {} if template is None else template.evaluate(data, "Assign")
    return found
