"""The value of a field's expression is of the type that the field needs.

moto (5.2.5) makes a Condition of the wrong type a States.Runtime, and takes the text "2" for a
number of seconds.

In AWS the state ends with States.QueryEvaluationError. "Handling errors in Step Functions
workflows", AWS Step Functions Developer Guide.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import (
    HeartbeatSecondsJSONata,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsJSONata
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison import (
    ConditionStringJSONata,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.items.items import ItemsJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.max_concurrency import (
    MaxConcurrencyJSONata,
)
from moto.stepfunctions.parser.asl.component.state.fail.cause_decl import Cause
from moto.stepfunctions.parser.asl.component.state.fail.error_decl import Error
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import SecondsJSONata

from fan_out.local.adaptations.executions.jsonata.evaluation import fail
from fan_out.local.adaptations.seam import replaces

_moto_cause = Cause._eval_body
_moto_error = Error._eval_body


def install() -> None:
    """Check what the fields' expressions answer."""
    replaces(SecondsJSONata, "_get_wait_seconds")(_reads("Seconds"))
    replaces(MaxConcurrencyJSONata, "_eval_max_concurrency")(_reads("MaxConcurrency"))
    replaces(TimeoutSecondsJSONata, "_eval_seconds")(_reads("TimeoutSeconds"))
    replaces(HeartbeatSecondsJSONata, "_eval_seconds")(_reads("HeartbeatSeconds"))
    replaces(ConditionStringJSONata, "_eval_body")(_condition)
    replaces(ItemsJSONata, "_eval_body")(_items)
    replaces(Cause, "_eval_body")(_cause)
    replaces(Error, "_eval_body")(_error)


def _reads(field: str) -> Callable[[Any, Any], int]:
    """What reads a field with a whole number of 0 or more."""

    def read(self: Any, env: Any) -> int:
        def matches(value: Any) -> bool:
            return type(value) is int and value >= 0

        return int(_typed(env, self.string_jsonata, field, "non-negative integer", matches))

    return read


def _condition(self: Any, env: Any) -> None:
    value = _typed(env, self.string_jsonata, "Condition", "boolean", _is(bool))
    env.stack.append(value)


def _items(self: Any, env: Any) -> None:
    env.stack.append(_typed(env, self.string_jsonata, "Items", "array", _is(list)))


def _cause(self: Any, env: Any) -> None:
    _text(self, env, "Cause", _moto_cause)


def _error(self: Any, env: Any) -> None:
    _text(self, env, "Error", _moto_error)


def _text(field: Any, env: Any, name: str, moto: Callable[[Any, Any], None]) -> None:
    if isinstance(field.string_expression, StringJSONata):
        env.stack.append(_typed(env, field.string_expression, name, "string", _is(str)))
    else:
        moto(field, env)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _typed(env: Any, expression: Any, field: str, kind: str, matches: Callable[[Any], bool]) -> Any:
    """The value of a field's expression; the state ends where it is of another kind."""
    expression.eval(env)
    value = env.stack.pop()
    if not matches(value):
        fail(
            env,
            f"The JSONata expression '{expression.expression}' specified for the field '{field}'"
            f" returned an unexpected result type. Expected '{kind}', but was: {json.dumps(value)}",
        )
    return value
