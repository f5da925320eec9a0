"""Output and Assign see the variables as they were when the state began.

moto (5.2.5) evaluates Output after Assign, with the variables as they have become, and where no
Catch or Retry reaches it; those of a Choice's Default, too, after a rule that leads to the same
state. A Map without Items fails where it has an ItemSelector.

"Passing data between states with variables", AWS Step Functions Developer Guide.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.catch.catcher_decl import CatcherDecl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.choice.choice_rule import ChoiceRule
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.state_map.items.items import ItemsJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.state_succeed.state_succeed import StateSucceed

from fan_out.local.adaptations.seam import replaces

_moto_from_props = CommonStateField.from_state_props
_moto_map_from_props = StateMap.from_state_props
_moto_rule = ChoiceRule.__init__
_moto_catcher = CatcherDecl.__init__


def install() -> None:
    """Let what a state goes on with, and keeps, be evaluated as in AWS."""
    replaces(CommonStateField, "from_state_props")(_from_props)
    replaces(StateMap, "from_state_props")(_map_from_props)
    replaces(StateChoice, "_eval_state")(_choose)
    replaces(StateChoice, "_eval_state_output")(_leave_choice)
    replaces(ChoiceRule, "__init__")(_rule)
    replaces(CatcherDecl, "__init__")(_catcher)


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
