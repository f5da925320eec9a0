"""The fields of a JSONata state mean what they mean in AWS.

moto (5.2.5) evaluates Output after Assign, with the variables as they have become, and where no
Catch or Retry reaches it; those of a Choice's Default, too, after a rule that leads to the same
state. A task or Map would write a failed evaluation a second time. A Condition of the wrong type
is a States.Runtime, and the text "2" a number of seconds. A Map without Items fails where it has
an ItemSelector. A state inside a JSONata Map is taken for JSONata, whatever the machine is; and the
languages of all definitions that are read at a time are in one list, where a definition that cannot
be read leaves its own. What a definition writes with a backslash, a quote or an emoji, is taken
with its backslashes, or for two halves of a character.

In AWS Output and Assign see the variables as they were when the state began; whatever fails in a
task can be caught, once, and is explained by one line. A state's language is its own or that of
the machine. "Passing data between states with variables" and "Handling errors in Step Functions
workflows", AWS Step Functions Developer Guide; "QueryLanguage", Amazon States Language.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.antlt4utils.antlr4utils import is_production
from moto.stepfunctions.parser.asl.component.common.catch.catch_outcome import CatchOutcome
from moto.stepfunctions.parser.asl.component.common.catch.catcher_decl import CatcherDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.query_language import (
    QueryLanguage,
    QueryLanguageMode,
)
from moto.stepfunctions.parser.asl.component.common.retry.retry_outcome import RetryOutcome
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import (
    HeartbeatSecondsJSONata,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsJSONata
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.choice.choice_rule import ChoiceRule
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison import (
    ConditionStringJSONata,
)
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_map.items.items import ItemsJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.max_concurrency import (
    MaxConcurrencyJSONata,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.fail.cause_decl import Cause
from moto.stepfunctions.parser.asl.component.state.fail.error_decl import Error
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.state_succeed.state_succeed import StateSucceed
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import SecondsJSONata
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from fan_out.local.adaptations.executions.jsonata import fail
from fan_out.local.adaptations.seam import adds, replaces

PREFIX = "An error occurred while executing the state "

_moto_from_props = CommonStateField.from_state_props
_moto_map_from_props = StateMap.from_state_props
_moto_input = CommonStateField._eval_state_input
_moto_rule = ChoiceRule.__init__
_moto_catcher = CatcherDecl.__init__
_moto_details = FailureEventException.get_execution_failed_event_details
_moto_cause = Cause._eval_body
_moto_error = Error._eval_body


def install() -> None:
    """Let the fields of JSONata states be read, checked and written as in AWS."""
    replaces(Preprocessor, "_open_query_language_scope")(_open_scope)
    replaces(Preprocessor, "_inner_string_of")(_text_of)
    replaces(preprocessor, "from_string_literal")(_text_of)
    replaces(CommonStateField, "from_state_props")(_from_props)
    replaces(CommonStateField, "_eval_state_input")(_enter)
    replaces(StateMap, "from_state_props")(_map_from_props)
    replaces(StateChoice, "_eval_state")(_choose)
    replaces(StateChoice, "_eval_state_output")(_leave_choice)
    replaces(ChoiceRule, "__init__")(_rule)
    replaces(CatcherDecl, "__init__")(_catcher)
    replaces(ExecutionState, "_eval_state")(_run)
    adds(StateMap, "_from_error")(_map_from_error)
    replaces(FailureEventException, "get_execution_failed_event_details")(_details)
    replaces(SecondsJSONata, "_get_wait_seconds")(_reads("Seconds"))
    replaces(MaxConcurrencyJSONata, "_eval_max_concurrency")(_reads("MaxConcurrency"))
    replaces(TimeoutSecondsJSONata, "_eval_seconds")(_reads("TimeoutSeconds"))
    replaces(HeartbeatSecondsJSONata, "_eval_seconds")(_reads("HeartbeatSeconds"))
    replaces(ConditionStringJSONata, "_eval_body")(_condition)
    replaces(ItemsJSONata, "_eval_body")(_items)
    replaces(Cause, "_eval_body")(_cause)
    replaces(Error, "_eval_body")(_error)


def _open_scope(self: Any, parse_tree: Any) -> None:
    scopes = vars(self).setdefault("_query_language_per_scope", [])
    language = declared = _declared(self, parse_tree)
    if scopes:
        language = declared or scopes[0]
        modes = (scopes[0].query_language_mode, language.query_language_mode)
        if modes == (QueryLanguageMode.JSONata, QueryLanguageMode.JSONPath):
            raise ValueError("QueryLanguage JSONPath in a definition with QueryLanguage JSONata")
    scopes.append(language or QueryLanguage())


def _declared(reader: Any, parse_tree: Any) -> Any:
    """The QueryLanguage that a state or a definition names, if it does."""
    production = is_production(parse_tree)
    for child in production.children if production is not None else ():
        for rule in (ASLParser.RULE_top_layer_stmt, ASLParser.RULE_state_stmt):
            if (statement := is_production(child, rule)) is not None:
                child = statement.children[0]
        if (found := is_production(child, ASLParser.RULE_query_language_decl)) is not None:
            return reader.visit(found)
    return None


def _text_of(parser_rule_context: Any) -> Any:
    text = parser_rule_context.getText()
    return json.loads(text) if text.startswith('"') or text == "null" else text


class OutputAndAssign(EvalComponent):
    """Stands in the place of Assign: evaluates Output first, which is kept until its turn."""

    def __init__(self, output: Any, assign: Any) -> None:
        self._output = output
        self._assign = assign

    def _eval_body(self, env: Any) -> None:
        self._output.jsonata_template_value.eval(env)
        output = env.stack.pop()
        if self._assign is not None:
            self._assign.eval(env)
        env.heap[KeptOutput] = output


class KeptOutput(EvalComponent):
    """Stands in the place of Output, whose turn it is."""

    def _eval_body(self, env: Any) -> None:
        env.states.reset(env.heap.pop(KeptOutput))


def _from_props(self: Any, state_props: Any) -> None:
    _moto_from_props(self, state_props)
    if self.output is not None and not isinstance(self, StateSucceed):  # which has no Assign
        self.assign_decl = OutputAndAssign(self.output, self.assign_decl)
        self.output = KeptOutput()


def _map_from_props(self: Any, state_props: Any) -> None:
    _moto_map_from_props(self, state_props)
    if self.items is None and self.items_path is None and self.item_reader is None:
        self.items = ItemsJSONata(StringJSONata("$states.input"))


class ByRule(str):
    """The name of the state that a rule of a Choice leads to."""


def _choose(self: Any, env: Any) -> None:
    for rule in self.choices_decl.rules:
        rule.eval(env)
        if env.stack.pop() is True:
            env.stack.append(ByRule(rule.next_stmt.name))
            return
    if self.default_state is None:
        raise RuntimeError(f"No branching option reached in state {self.name}")
    env.stack.append(self.default_state.state_name)


def _leave_choice(self: Any, env: Any) -> None:
    next_state = env.stack.pop()
    if not isinstance(next_state, ByRule):
        for field in (self.assign_decl, self.output):
            if field is not None:
                field.eval(env)
    if self._is_language_query_jsonpath():
        if self.output_path:
            self.output_path.eval(env)
        else:
            env.states.reset(input_value=env.stack.pop())
    env.next_state_name = str(next_state)


def _rule(
    self: Any, comparison: Any, next_stmt: Any, comment: Any, assign: Any, output: Any
) -> None:
    if output is not None:
        assign, output = OutputAndAssign(output, assign), KeptOutput()
    _moto_rule(self, comparison, next_stmt, comment, assign, output)


def _catcher(
    self: Any,
    error_equals: Any,
    next_decl: Any,
    result_path: Any,
    assign: Any,
    output: Any,
    comment: Any,
) -> None:
    if output is not None:
        assign, output = OutputAndAssign(output, assign), KeptOutput()
    _moto_catcher(self, error_equals, next_decl, result_path, assign, output, comment)


def _enter(self: Any, env: Any) -> None:
    env.entered = env.event_history_context.source_event_id
    _moto_input(self, env)


def _run(self: Any, env: Any) -> None:
    """Run a task, until it succeeds, is caught, or fails after its last retry."""
    env.states.context_object.context_object_data["State"]["RetryCount"] = 0
    while env.is_running():
        try:
            self._evaluate_with_timeout(env)
            return
        except Exception as problem:
            failure = self._from_error(env=env, ex=problem)
        if failure.event_type != HistoryEventType.EvaluationFailed:  # which is in the history
            env.event_manager.add_event(
                context=env.event_history_context,
                event_type=failure.event_type,
                event_details=failure.event_details,
            )
        error = self._construct_error_output_value(failure_event=failure)
        env.states.set_error_output(error)
        env.states.set_result(error)
        if self.retry and self._handle_retry(env, failure) == RetryOutcome.CanRetry:
            continue
        if self.catch:
            self._handle_catch(env=env, failure_event=failure)
            if env.stack[-1] == CatchOutcome.Caught:
                return
        self._handle_uncaught(env=env, failure_event=failure)


def _map_from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
    failure = ExecutionState._from_error(self, env, ex)
    if failure.event_type != HistoryEventType.EvaluationFailed:
        return failure
    of_the_map = HistoryEventType.MapStateFailed  # the other is in the history
    return FailureEvent(env, failure.error_name, of_the_map, failure.event_details)


def _details(self: Any) -> Any:
    error, cause = self.extract_error_cause_pair() or (None, None)
    if cause is not None and cause.startswith(PREFIX):
        return {"error": error, "cause": cause}
    return _moto_details(self)


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
