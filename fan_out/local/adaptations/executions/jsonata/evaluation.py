"""JSONata is evaluated, in this process and against the values themselves.

moto (5.2.5) wants a Java machine for JSONata, and has none; it would paste all data into the text
of the expression, which is wrong for a string with a quote in it. The variables of JSONPath states
take the same way, and do not work either.

Here the expression is evaluated by jsonata-python, a port of the reference implementation that
AWS uses, 2.0.6. ``null`` is a value; an expression that fails or answers nothing ends its state
with ``States.QueryEvaluationError``. In a JSONPath state ``$name.path`` is a path into a variable.
"Transforming data with JSONata in Step Functions" and "Passing data between states with
variables", AWS Step Functions Developer Guide.

The library keeps the evaluation that runs in the thread, and each parsed expression keeps its
variables: so each evaluation parses anew, a fifth of a millisecond, and nothing is shared.
"""

import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from jsonata import JException, Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.utils.json_path import extract_json

from fan_out.local.adaptations.executions.jsonata.functions import FUNCTIONS, for_the_library, whole
from fan_out.local.adaptations.seam import replaces

ERROR = "States.QueryEvaluationError"

LONGEST_MILLISECONDS = 60_000
"""AWS ends an expression that recurs for ever, and does not say after how long."""

_NAME = r"[^\s$`\"'.\[\]{}(),@#;:?+\-*/%|=<>^&!~]+"
_REFERENCE = re.compile(rf"\$({_NAME})((?:\.{_NAME})*)")
_VARIABLE = re.compile(r"\$(\w+)(.*)", re.DOTALL)


class UndefinedError(Exception):
    """The expression answers nothing."""


def install() -> None:
    """Evaluate the expressions of JSONata states, and the variables of JSONPath states."""
    replaces(StringJSONata, "_eval_body")(_evaluate)
    replaces(StringVariableSample, "_eval_body")(_sample)


def _evaluate(self: Any, env: Any) -> None:
    try:
        result = evaluate(self.expression, {**variables(env), "states": env.states._states_data})
    except UndefinedError:
        fail(env, f"The JSONata expression '{self.expression}' returned nothing (undefined).")
    except Exception as error:
        fail(
            env,
            f"The JSONata expression '{self.expression}' threw an error during evaluation."
            f" {_reason(error)}",
        )
    env.stack.append(result)


def _sample(self: Any, env: Any) -> None:
    matched = _VARIABLE.fullmatch(self.expression)
    assert matched is not None, "moto's grammar lets nothing else through"
    name, path = matched.groups()
    value = env.variable_store.get(name)
    env.stack.append(extract_json(f"${path}", value) if path else value)


def evaluate(expression: str, scope: dict[str, Any]) -> Any:
    """The JSON value of an expression, where ``scope`` has the variables, named without ``$``.

    Raises UndefinedError, and for what fails JException or whatever the library happens to raise.
    """
    parsed = Jsonata(expression, timeout=LONGEST_MILLISECONDS)
    parsed.set_output_convert_nulls(False)  # so that None is nothing
    for name, function in FUNCTIONS.items():
        parsed.assign(name, function)
    for name, paths in _references(expression).items():
        if name in scope:
            parsed.assign(name, _reached(scope[name], paths))
    result = parsed.evaluate(None)
    if result is None:
        raise UndefinedError
    return _json(result)


def variables(env: Any) -> dict[str, Any]:
    """The variables that the state sees."""
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope}


def fail(env: Any, cause: str) -> NoReturn:
    """Write that an evaluation failed into the history, and end the state with it."""
    state, entered = env.next_state_name, env.event_history_context.source_event_id
    where = f"An error occurred while executing the state '{state}' (entered at the event id"
    cause = " ".join(f"{where} #{getattr(env, 'entered', entered)}). {cause}".split())
    details: Any = {
        "evaluationFailedEventDetails": {"error": ERROR, "cause": cause, "state": state}
    }
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=details,
    )
    name = StatesErrorName.from_name(ERROR)
    raise FailureEventException(FailureEvent(env, name, HistoryEventType.EvaluationFailed, details))


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "Stack overflow error: Check for non-terminating recursive function."
    code = getattr(error, "error", None)
    return f"{code}: {error}" if code else str(error)


def _references(expression: str) -> dict[str, list[list[str]]]:
    """Each variable that the text may refer to, and the paths that follow it there."""
    references: dict[str, list[list[str]]] = {}
    for name, path in _REFERENCE.findall(expression):
        # the parent operator reaches what is beside the path
        names = [] if "%" in expression else path.split(".")[1:]
        references.setdefault(name, []).append(names)
    return references


def _reached(value: Any, paths: Iterable[list[str]]) -> Any:
    """A copy of as much of a value as the paths can reach: an item of a Map, not all of them."""
    paths = list(paths)
    if not isinstance(value, dict) or not all(paths):
        return for_the_library(value)
    return {
        name: _reached(value[name], [path[1:] for path in paths if path[0] == name])
        for name in value
        if any(path[0] == name for path in paths)
    }


def _json(value: Any) -> Any:
    """What the library answered, in plain JSON types; raises TypeError for a function."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise JException("D1001", -1, value)
    if isinstance(value, int | float):
        return whole(value)
    raise TypeError("It returned an unsupported result type.")
