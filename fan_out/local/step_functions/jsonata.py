"""JSONata: ``{% … %}``, read and evaluated against the values themselves.

By jsonata-python, a port of the reference implementation that AWS uses, 2.0.6. ``null`` is a value;
an expression that fails or answers nothing fails its state with States.QueryEvaluationError.
"Transforming data with JSONata in Step Functions", AWS Step Functions Developer Guide.

The library keeps the evaluation that runs in the thread, and each parsed expression keeps its
variables: so each evaluation parses anew, a fifth of a millisecond, and nothing is shared.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonata import JException, Jsonata
from jsonata.utils import Utils

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.errors import EvaluationFailed
from fan_out.local.step_functions.jsonata_functions import (
    FUNCTIONS,
    TooLarge,
    for_the_library,
    install,
    whole,
)

LONGEST_MILLISECONDS = 60_000
"""AWS ends an expression after one second of its own, faster machines."""

_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)
_NAME = r"[^\s$`\"'.\[\]{}(),@#;:?+\-*/%|=<>^&!~]+"
_REFERENCE = re.compile(rf"\$({_NAME})((?:\.{_NAME})*)")


install()


class UndefinedError(Exception):
    """The expression answers nothing."""


@dataclass(frozen=True)
class Expression:
    """An expression, without its percent signs; ``place`` is the field that it stands in."""

    text: str
    place: str

    def evaluate(self, data: Data, field: str) -> Any:
        """Evaluate it. Raises EvaluationFailed."""
        try:
            return evaluate(self.text, {**data.variables, "states": data.states})
        except UndefinedError:
            raise EvaluationFailed(
                f"{self._named()} returned nothing (undefined).", self.place
            ) from None
        except Exception as error:
            # the library lets whatever Python raises through
            raise EvaluationFailed(
                f"{self._named()} threw an error during evaluation. {_reason(error)}", self.place
            ) from None

    def typed(self, data: Data, kind: str, matches: Callable[[Any], bool]) -> Any:
        """Evaluate it to a value of a ``kind``. Raises EvaluationFailed where it is another."""
        value = self.evaluate(data, self.place)
        if not matches(value):
            raise EvaluationFailed(
                f"{self._named()} returned an unexpected result type. Expected '{kind}', but was: "
                f"{json.dumps(value)}",
                self.place,
            )
        return value

    def _named(self) -> str:
        text = " ".join(self.text.split())
        return f"The JSONata expression '{text}' specified for the field '{self.place}'"


def is_expression(text: str) -> bool:
    """Whether a text is an expression between percent signs."""
    return _EXPRESSION.fullmatch(text.strip()) is not None


def read_expression(text: str, place: str) -> Expression:
    """Read an expression. Raises ValueError where it is no JSONata."""
    matched = _EXPRESSION.fullmatch(text.strip())
    if matched is None:
        raise ValueError("The value must be a JSONata expression, '{% … %}'")
    inner = matched[1].strip()
    try:
        Jsonata(inner)
    except Exception as error:
        # the library lets whatever Python raises through
        raise ValueError(f"Invalid JSONata expression: {_reason(error)}") from None
    return Expression(inner, place)


def evaluate(expression: str, scope: Mapping[str, Any]) -> Any:
    """The JSON value of an expression, where ``scope`` has the variables, named without ``$``.

    Raises UndefinedError, and for what fails whatever the library happens to raise.
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
    if isinstance(value, TooLarge):
        raise JException("D1001", -1, value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, int | float):
        return whole(value)
    raise TypeError("It returned an unsupported result type.")
