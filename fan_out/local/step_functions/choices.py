"""The rules of a Choice state, read into conditions that can be asked.

"Choice workflow state", AWS Step Functions Developer Guide.
"""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import Condition
from fan_out.local.step_functions.errors import RUNTIME, StateFailed
from fan_out.local.step_functions.fields import Fields, refused
from fan_out.local.step_functions.jsonata import read_expression
from fan_out.local.step_functions.paths import MISSING, Path, read_path

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def read_condition(fields: Fields, *, jsonata: bool) -> Condition:
    """Read when a rule applies. Raises InvalidDefinition."""
    if jsonata:
        expression = fields.read(
            "Condition", lambda value: read_expression(str(value), "Condition")
        )
        if expression is None:
            raise refused("These fields are required: [Condition]", fields.place)
        return lambda data: bool(
            expression.typed(data, "boolean", lambda value: isinstance(value, bool))
        )
    return _read_test(fields)


def moment_of(text: Any) -> datetime | None:
    """The time that a timestamp of RFC 3339 says; None where it is none."""
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_test(fields: Fields) -> Condition:
    for name, combine in (("And", all), ("Or", any)):
        if fields.has(name):
            return _combined(combine, [_read_inner(inner) for inner in fields.each(name)])
    if fields.has("Not"):
        test = _read_inner(Fields(fields.take("Not"), f"{fields.place}/Not"))
        return lambda data: not test(data)
    variable = fields.read("Variable", lambda value: read_path(str(value)))
    comparison = fields.one_of(*_TESTS)
    if variable is None or comparison is None:
        raise refused("A rule needs a Variable and one comparison", fields.place)
    return _TESTS[comparison](fields, comparison, variable)


def _combined(combine: Callable[[Iterable[bool]], bool], tests: list[Condition]) -> Condition:
    return lambda data: combine(test(data) for test in tests)


def _read_inner(fields: Fields) -> Condition:
    test = _read_test(fields)
    fields.nothing_else()
    return test


def _value(path: Path, data: Data) -> Any:
    value = path.find(data)
    if value is MISSING:
        raise StateFailed(
            RUNTIME,
            f"Invalid path '{path.text}': The choice state's condition path references an invalid "
            "value.",
        )
    return value


def _comparing(
    kind: Callable[[Any], Any], compare: Callable[[Any, Any], bool], what: str
) -> Callable[[Fields, str, Path], Condition]:
    """A comparison of two values of a kind; ``kind`` answers None for a value of another."""

    def read(fields: Fields, name: str, variable: Path) -> Condition:
        if name.endswith("Path"):
            other = fields.read(name, lambda value: read_path(str(value)))
            assert other is not None
            return lambda data: _holds(_value(variable, data), _value(other, data))
        given = fields.take(name)
        if kind(given) is None:
            raise fields.wrong(f"Expected value of type {what}", name)
        return lambda data: _holds(_value(variable, data), given)

    def _holds(one: Any, other: Any) -> bool:
        first, second = kind(one), kind(other)
        return first is not None and second is not None and bool(compare(first, second))

    return read


def _checking(check: Callable[[Any], bool]) -> Callable[[Fields, str, Path], Condition]:
    """A test of what kind the variable is, which is to come out as given."""

    def read(fields: Fields, name: str, variable: Path) -> Condition:
        wanted = fields.take(name)
        if not isinstance(wanted, bool):
            raise fields.wrong("Expected value of type Boolean", name)
        if name == "IsPresent":
            return lambda data: (variable.find(data) is not MISSING) == wanted
        return lambda data: check(_value(variable, data)) == wanted

    return read


def _matching(fields: Fields, name: str, variable: Path) -> Condition:
    """``*`` stands for any characters, and ``\\*`` for itself."""
    pattern = fields.text(name) or ""
    parts = re.split(r"(\\[*\\]|\*)", pattern)
    shape = "".join(".*" if part == "*" else re.escape(part.removeprefix("\\")) for part in parts)
    regex = re.compile(shape, re.DOTALL)

    def holds(data: Data) -> bool:
        value = _value(variable, data)
        return isinstance(value, str) and regex.fullmatch(value) is not None

    return holds


def _string(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


_COMPARISONS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}

_TESTS: dict[str, Callable[[Fields, str, Path], Condition]] = {
    **{
        f"{kind}{name}{path}": _comparing(read, compare, what)
        for kind, read, what in (
            ("String", _string, "String"),
            ("Numeric", _number, "Number"),
            ("Timestamp", moment_of, "Timestamp"),
        )
        for name, compare in _COMPARISONS.items()
        for path in ("", "Path")
    },
    "BooleanEquals": _comparing(_boolean, operator.eq, "Boolean"),
    "BooleanEqualsPath": _comparing(_boolean, operator.eq, "Boolean"),
    "StringMatches": _matching,
    "IsPresent": _checking(lambda value: True),
    "IsNull": _checking(lambda value: value is None),
    "IsString": _checking(lambda value: isinstance(value, str)),
    "IsNumeric": _checking(lambda value: _number(value) is not None),
    "IsBoolean": _checking(lambda value: isinstance(value, bool)),
    "IsTimestamp": _checking(lambda value: moment_of(value) is not None),
}
