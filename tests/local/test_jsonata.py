"""JSONata in state machines, through the API of Step Functions."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from machines import Machines, invoke_task, map_of, one_state

from fan_out.local import EmbeddedAws
from fan_out.local.step_functions.jsonata import evaluate

ERROR = "States.QueryEvaluationError"
JSONATA = {"QueryLanguage": "JSONata"}
PASS = {"Type": "Pass"}
ECHO_OR_FAIL = """
def handler(event, context):
    if event == "bad":
        raise ValueError("bad record 57")
    return event
"""


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with EmbeddedAws(max_environments=3) as aws:
        yield Machines(aws)


@pytest.fixture(scope="module")
def echo(machines: Machines) -> str:
    return machines.function(ECHO_OR_FAIL)


def x(expression: str) -> str:
    return f"{{% {expression} %}}"


def chain(*states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A machine of states one after the other, named A, B, C, …."""
    names = "ABCDEFGH"[: len(states)]
    nexts = [{"Next": name} for name in names[1:]] + [{"End": True}]
    named = zip(names, states, nexts, strict=True)
    return {"StartAt": "A", "States": {name: {**s, **n} for name, s, n in named}, **fields}


def whole(state: dict[str, Any]) -> dict[str, Any]:
    """A machine of one state that is JSONata as a whole."""
    return one_state(state) | JSONATA


def task(function: str, payload: str = "$states.input", **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": x(payload)},
        "Output": x("$states.result.Payload"),
        **fields,
    }


def caught(state: dict[str, Any], names: list[str], **fields: Any) -> dict[str, Any]:
    """A JSONata machine of one state whose error leads to a second."""
    catch = [{"ErrorEquals": names, "Next": "B", **fields}]
    return chain({**state, "Catch": catch}, PASS, **JSONATA)


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def failure(described: dict[str, Any]) -> tuple[str, str]:
    assert described["status"] == "FAILED", described
    return described["error"], described["cause"]


# Expressions

DATA = {
    "list": [1, None, "x", {"b": None, "c": [3, 2.5, 1.0]}],
    "none": None,
    "text": 'it\'s "q" é\n',
    "jobs": [{"n": "p", "size": 3}, {"n": "q", "size": 10.0}, {"n": "r", "size": 7, "t": None}],
    "empty": [],
    "one": [5],
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.list[1]", None),
        ("$states.input.none", None),
        ("$type($states.input.none)", "null"),
        ("$count($states.input.none)", 1),
        ("$exists($states.input.jobs.t)", True),
        ("$exists($states.input.nothing)", False),
        ("$states.input.text", 'it\'s "q" é\n'),
        ("$string($states.input.jobs[0])", '{"n":"p","size":3}'),
        ("$string({'é': 1/3})", '{"é":0.333333333333333}'),
        ("$states.input.jobs[size > 3].n", ["q", "r"]),
        ("$states.input.jobs[size > 7].n", "q"),
        ("[$states.input.jobs[size > 99]]", []),
        ("$states.input.jobs{n: size}", {"p": 3, "q": 10, "r": 7}),
        ("$states.input.jobs^(>size).n", ["q", "r", "p"]),
        ("$states.input.jobs#$i.{'i': $i}", [{"i": 0}, {"i": 1}, {"i": 2}]),
        ("$states.input.jobs[0].size.%.n", "p"),
        ("$states.input.one", [5]),
        ("$states.input.empty", []),
        ("$map($states.input.one, function($v) { $v * 2 })", 10),
        ("$filter($states.input.list, function($v) { $v != null })[1]", "x"),
        ("$sum($states.input.jobs.size)", 20),
        ("{'a': null, 'b': $states.input.nothing}", {"a": None}),
        ("[1..3]", [1, 2, 3]),
        ("10/4 + 1/2", 3),
        ("($states.input.jobs ~> |$[n='p']|{'new': 1}|)[0]", {"n": "p", "size": 3, "new": 1}),
        ("($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(5))", 120),
        ("$string(1e20) & ' ' & $string(1e21)", "100000000000000000000 1e+21"),
    ],
)
def test_an_expression_has_the_value_that_the_reference_implementation_gives(
    machines: Machines, expression: str, value: Any
) -> None:
    answered = machines.run(whole({**PASS, "Output": x(expression)}), DATA)
    assert output(answered) == value
    assert ".0" not in answered["output"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1], 2.9)", [[1]]),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ("$range(1, 9, 9)", 1),
        ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
        ("$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"),
        ("$length($hash('', 'SHA-512'))", 128),
        ("$random(42)", 0.7275636800328681),
        ("$random() < 1 and $random() != $random()", True),
        ("$length($uuid())", 36),
        ("""$parse('{"a": [1, null, 2.0]}')""", {"a": [1, None, 2]}),
        ("$map(['[1]', 'null'], $parse)", [[1], None]),
    ],
)
def test_there_are_the_functions_that_aws_adds(
    machines: Machines, expression: str, value: Any
) -> None:
    assert output(machines.run(whole({**PASS, "Output": x(expression)}), {})) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("$states.input.nothing", "returned nothing (undefined)."),
        ("$partition([], 2)", "returned nothing (undefined)."),
        ("$partition([1], 0)", "returned nothing (undefined)."),
        ("$range(1, 5)", "returned nothing (undefined)."),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$hash('Hello', 'md5')", "SHA-512, got md5"),
        ("$parse('NaN')", "D3137: Invalid JSON: NaN is none"),
        ("$parse(null)", "T0410: Argument 1 of Object parse does not match Object signature"),
        ("1 +\n\n 'a'", "T2002: The right side of the + operator must evaluate to a number"),
        ("$parse('1e400')", "D1001: Number out of range: inf"),
        ("$sum", "returned an unsupported result type."),
        ("($f := function($x) { 1 + $f($x) }; $f(1))", "Check for non-terminating recursive"),
    ],
)
def test_an_expression_without_a_value_fails_the_execution_and_says_why_in_one_line(
    machines: Machines, expression: str, why: str
) -> None:
    execution = machines.start(whole({**PASS, "Output": {"v": x(expression)}}), {})
    error, cause = failure(machines.ended(execution))
    assert error == ERROR
    assert cause.startswith(
        "An error occurred while executing the state 'Only' (entered at the event id #2)."
        f" The JSONata expression '{' '.join(expression.split())}'"
    )
    assert why in cause
    assert "\n" not in cause
    events = machines.history(execution)
    assert [event["type"] for event in events[2:]] == ["EvaluationFailed", "ExecutionFailed"]
    assert events[2]["evaluationFailedEventDetails"] == {
        "error": ERROR,
        "cause": cause,
        "location": "Output/v",
        "state": "Only",
    }


def test_an_expression_changes_nothing_that_it_reads() -> None:
    scope = {"states": {"input": copy.deepcopy(DATA)}}
    for expression in (
        "$sort($states.input.jobs, function($a, $b) { $a.size < $b.size })",
        "$states.input ~> |jobs|{'size': null}, 'n'|",
        "$append($states.input.one, 6)",
    ):
        result = evaluate(expression, scope)
        result.clear()
        assert scope == {"states": {"input": DATA}}


def test_an_expression_reads_no_more_than_it_refers_to() -> None:
    """A Map evaluates its ItemSelector for each item, and each sees all items."""

    class Untouchable(list[Any]):
        def __iter__(self) -> Any:
            raise AssertionError("it was read")

    given = {"items": Untouchable(), "a": {"b": 1, "c": 2}, "é-": [3], "d": 4}
    scope = {"states": {"input": given}, "v": {"x": Untouchable(), "y": 5}}
    assert evaluate("$states.input.a.b", scope) == 1
    assert evaluate("$states.input.a.b + $states.input.d/2 + $v.y/2", scope) == 5.5
    assert evaluate("($s := $states.input.a; $s.c)", scope) == 2
    del given["items"]  # what is written in other ways reads all
    assert evaluate("$states.input.`é-`[0] + $states . input . a . c", scope) == 5
    assert evaluate("$states.input.a.b.%.c", scope) == 2


def test_what_is_a_quarter_of_a_megabyte_goes_through(machines: Machines) -> None:
    given = {"text": "é\"'\\" * 20_000}
    state = {**PASS, "Output": x("$states.input.text")}
    assert output(machines.run(whole(state), given)) == given["text"]


# States


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"a": x("$states.input.n + 1"), "b": ["c", 1, None, x("$states.input")]}, None),
        ([x("$states.input.n"), {"x": x("'y'")}], [2, {"x": "y"}]),
        ("a text", "a text"),
        ("no {% 1 %} here", "no {% 1 %} here"),
        (x("$states.context.State.Name"), "Only"),
        (3, 3),
        (None, None),
    ],
)
def test_output_is_a_template(machines: Machines, given: Any, value: Any) -> None:
    if isinstance(given, dict):
        value = {"a": 3, "b": ["c", 1, None, {"n": 2}]}
    for kind in ("Pass", "Succeed"):
        definition = whole({"Type": kind, "Output": given})
        if kind == "Succeed":
            del definition["States"]["Only"]["End"]
        assert output(machines.run(definition, {"n": 2})) == value


def test_what_a_definition_writes_is_taken_as_it_is(machines: Machines) -> None:
    text = 'a "b" \\ é 😀'
    quoted = json.dumps(text, ensure_ascii=False)
    definition = chain(
        {**PASS, "Assign": {"v": text, "o": {text: [text]}}, "Output": {text: [text]}},
        {**PASS, "Output": x(f"[$states.input, $o, $v = {quoted}, {quoted}]")},
        **JSONATA,
    )
    assert output(machines.run(definition, {})) == [{text: [text]}, {text: [text]}, True, text]
    jsonpath = chain(
        {**PASS, "Assign": {"v": text}}, {**PASS, "Parameters": {"v.$": "$v", "t": text}}
    )
    assert output(machines.run(jsonpath, {})) == {"v": text, "t": text}


def test_output_and_assign_see_the_variables_as_the_state_began(machines: Machines) -> None:
    definition = chain(
        {**PASS, "Assign": {"n": 1, "text": x("$states.input.text")}},
        {**PASS, "Assign": {"n": x("$n + 1"), "old": x("$n")}, "Output": x("$n")},
        {**PASS, "Output": {"in": x("$states.input"), "n": x("[$n, $old]"), "t": x("$text")}},
        **JSONATA,
    )
    assert output(machines.run(definition, {"text": 'a "b" \\ $n'})) == {
        "in": 1,
        "n": [2, 1],
        "t": 'a "b" \\ $n',
    }


def test_a_choice_takes_the_first_rule_that_is_true_with_its_output(machines: Machines) -> None:
    rules = [
        {"Condition": x("$states.input.n > 5"), "Next": "B", "Output": "many"},
        {
            "Condition": x("$states.input.n > 1"),
            "Next": "B",
            "Assign": {"seen": True},
            "Output": x("{'n': $states.input.n, 'seen': $exists($seen)}"),
        },
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "C", "Output": "few"}
    definition = chain(PASS, PASS, PASS, **JSONATA)
    definition["States"]["A"] = choice
    assert output(machines.run(definition, {"n": 6})) == "many"
    assert output(machines.run(definition, {"n": 2})) == {"n": 2, "seen": False}
    assert output(machines.run(definition, {"n": 1})) == "few"


def test_a_rule_that_leads_where_the_default_does_keeps_its_own_output(machines: Machines) -> None:
    rule = {"Condition": x("$states.input"), "Next": "B", "Output": "rule", "Assign": {"by": "r"}}
    definition = chain(PASS, {**PASS, "Output": [x("$states.input"), x("$by")]}, **JSONATA)
    definition["States"]["A"] = {
        "Type": "Choice",
        "Choices": [rule],
        "Default": "B",
        "Output": "default",
        "Assign": {"by": "d"},
    }
    assert output(machines.run(definition, True)) == ["rule", "r"]
    assert output(machines.run(definition, False)) == ["default", "d"]


def test_a_fail_state_has_the_error_and_cause_of_its_expressions(machines: Machines) -> None:
    fail = {"Type": "Fail", "Error": x("'Bad' & $states.input"), "Cause": x('"it\'s " & 1')}
    definition = {"StartAt": "A", "States": {"A": fail}, **JSONATA}
    assert failure(machines.run(definition, "Input")) == ("BadInput", "it's 1")


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Wait", "Seconds": x("'1'")},
        {"Type": "Wait", "Seconds": x("0.5")},
        {"Type": "Wait", "Seconds": x("-1")},
        {"Type": "Fail", "Error": x("1")},
        {"Type": "Choice", "Choices": [{"Condition": x("1"), "Next": "Only"}]},
    ],
)
def test_a_field_whose_value_is_of_the_wrong_type_is_named(
    machines: Machines, state: dict[str, Any]
) -> None:
    definition = whole(state)
    if state["Type"] != "Wait":
        del definition["States"]["Only"]["End"]
    error, cause = failure(machines.run(definition, {}))
    assert error == ERROR
    assert "returned an unexpected result type. Expected '" in cause


def test_a_wait_takes_its_seconds_from_an_expression(machines: Machines) -> None:
    wait = {"Type": "Wait", "Seconds": x("$states.input.s"), "Output": x("$states.input.s")}
    described = machines.run(whole(wait), {"s": 1})
    assert output(described) == 1
    assert (described["stopDate"] - described["startDate"]).total_seconds() >= 1


def test_a_task_has_arguments_output_and_assign(machines: Machines, echo: str) -> None:
    state = task(
        echo,
        "{'list': $states.input, 'null': null}",
        Assign={"status": x("$states.result.StatusCode")},
        TimeoutSeconds=x("10 + 20"),
    )
    definition = chain(state, {**PASS, "Output": [x("$states.input"), x("$status")]}, **JSONATA)
    assert output(machines.run(definition, [1])) == [{"list": [1], "null": None}, 200]


def test_a_caught_error_is_in_the_catchers_output_and_assign(machines: Machines, echo: str) -> None:
    definition = caught(
        task(echo),
        ["ValueError"],
        Assign={"error": x("$states.errorOutput.Error")},
        Output=x("$parse($states.errorOutput.Cause).errorMessage & ' of ' & $states.input"),
    )
    definition["States"]["B"]["Output"] = [x("$error"), x("$states.input")]
    assert output(machines.run(definition, "bad")) == ["ValueError", "bad record 57 of bad"]


@pytest.mark.parametrize("names", [[ERROR], ["States.ALL"]])
@pytest.mark.parametrize(
    "fields",
    [
        {"Arguments": {"FunctionName": x("$states.input.nothing")}},
        {"Output": x("$states.result.nothing")},
        {"Assign": {"v": x("1 + 'a'")}},
        {"TimeoutSeconds": x("'a'")},
    ],
)
def test_a_failed_evaluation_of_a_task_can_be_caught(
    machines: Machines, echo: str, fields: dict[str, Any], names: list[str]
) -> None:
    definition = caught(task(echo, "1") | fields, names, Output=x("$states.errorOutput"))
    execution = machines.start(definition, {})
    error = output(machines.ended(execution))
    assert error["Error"] == ERROR
    assert error["Cause"].startswith(
        "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata"
    )
    types = [event["type"] for event in machines.history(execution)]
    assert types.count("EvaluationFailed") == 1


def test_a_failed_evaluation_leaves_the_variables_as_they_were(
    machines: Machines, echo: str
) -> None:
    definition = caught(
        task(echo, "1", Assign={"v": 1}, Output=x("$nothing")), [ERROR], Output=x("$exists($v)")
    )
    definition["States"]["B"]["Output"] = [x("$states.input"), x("$exists($v)")]
    assert output(machines.run(definition, {})) == [False, False]


def test_an_evaluation_that_fails_in_a_map_is_explained_once(machines: Machines) -> None:
    inner = {**PASS, "Output": x("$states.input.nothing")}
    error, cause = failure(machines.run(map_of(inner) | JSONATA, [1]))
    assert error == ERROR
    assert cause.count("An error occurred") == 1
    assert "the state 'Inner'" in cause


def test_a_map_has_items_a_selector_and_the_variables_around_it(
    machines: Machines, echo: str
) -> None:
    selected = {
        "item": x("$states.context.Map.Item.Value"),
        "index": x("$states.context.Map.Item.Index"),
        "of": x("$count($states.input.jobs)"),
        "outer": x("$outer"),
    }
    each = task(echo, "$merge([$states.input, {'inner': $outer.a}])", Assign={"own": 1})
    definition = map_of(
        each,
        Items=x("$states.input.jobs[size > 3]"),
        ItemSelector=selected,
        MaxConcurrency=x("$outer.most"),
        Output=x("{'count': $count($states.result), 'all': $states.result}"),
    )
    definition["States"]["Before"] = {
        **PASS,
        "Assign": {"outer": {"a": [None, "'"], "most": 2}},
        "Next": "Map",
    }
    definition |= {"StartAt": "Before", **JSONATA}
    jobs = [{"n": "q", "size": 10}, {"n": "r", "size": 7, "t": None}]
    outer = {"a": [None, "'"], "most": 2}
    assert output(machines.run(definition, DATA)) == {
        "count": 2,
        "all": [
            {"item": job, "index": index, "of": 3, "outer": outer, "inner": outer["a"]}
            for index, job in enumerate(jobs)
        ],
    }


def test_a_map_is_over_its_input_unless_it_says_otherwise(machines: Machines) -> None:
    selected = {"v": x("$states.context.Map.Item.Value")}
    assert output(machines.run(map_of(PASS) | JSONATA, [1, 2])) == [1, 2]
    definition = map_of(PASS, ItemSelector=selected) | JSONATA
    assert output(machines.run(definition, [1])) == [{"v": 1}]
    assert output(machines.run(map_of(PASS, Items=[1, x("2")]) | JSONATA, {})) == [1, 2]


def test_many_iterations_at_a_time_do_not_get_into_each_others_way(machines: Machines) -> None:
    inner = {**PASS, "Output": x("$map([1..20], function($n) { $n * $states.input })[-1]")}
    items = list(range(200))
    assert output(machines.run(map_of(inner) | JSONATA, items)) == [20 * item for item in items]


def test_items_that_are_no_list_can_be_caught(machines: Machines) -> None:
    state = map_of(PASS, Items=x("$states.input.one[0]"))["States"]["Map"]
    definition = caught(state, [ERROR], Output=x("$states.errorOutput.Cause"))
    del definition["States"]["A"]["End"]
    execution = machines.start(definition, DATA)
    assert "field 'Items'" in output(machines.ended(execution))
    types = [event["type"] for event in machines.history(execution)]
    assert types.count("EvaluationFailed") == 1


def test_branches_have_arguments_and_their_answers_an_output(machines: Machines) -> None:
    add = {**PASS, "Output": x("$states.input.n + 1")}
    parallel = {
        "Type": "Parallel",
        "Branches": [one_state(add, "One"), one_state(add, "Other")],
        "Arguments": {"n": x("$states.input")},
        "Output": x("$sum($states.result)"),
    }
    assert output(machines.run(whole(parallel), 1)) == 4


# Both languages in one machine


def test_jsonata_states_among_jsonpath_states_leave_these_as_they_are(
    machines: Machines, echo: str
) -> None:
    definition = chain(
        {
            **PASS,
            "Parameters": {"n.$": "$.n", "t.$": "States.Format('{}!', $.n)"},
            "ResultPath": "$.a",
        },
        {
            **PASS,
            **JSONATA,
            "Output": x("$merge([$states.input, {'b': null}])"),
            "Assign": {"v": x("{'deep': [1, {'x': $states.input.n}]}"), "text": 'it\'s "q"'},
        },
        invoke_task(echo, ResultPath="$.c", OutputPath="$"),
        {
            **PASS,
            "Parameters": {
                "in.$": "$.c.Payload.a",
                "v.$": "$v",
                "x.$": "$v.deep[1]",
                "f.$": "States.Format('{}!', $text)",
                "t.$": "$text",
            },
        },
    )
    assert output(machines.run(definition, {"n": 1})) == {
        "in": {"n": 1, "t": "1!"},
        "v": {"deep": [1, {"x": 1}]},
        "x": {"x": 1},
        "f": 'it\'s "q"!',
        "t": 'it\'s "q"',
    }


def test_a_jsonata_state_works_in_the_map_of_a_jsonpath_machine(
    machines: Machines, echo: str
) -> None:
    inner = task(echo, "$states.input.v * $factor") | JSONATA
    definition = map_of(
        inner,
        ItemsPath="$.items",
        ItemSelector={"v.$": "$$.Map.Item.Value"},
        ResultPath="$.done",
    )
    definition["States"]["Before"] = {**PASS, "Assign": {"factor.$": "$.factor"}, "Next": "Map"}
    definition["StartAt"] = "Before"
    given = {"items": [1, 2], "factor": 10}
    assert output(machines.run(definition, given)) == {**given, "done": [10, 20]}


def test_what_is_in_a_jsonata_map_has_the_language_of_the_machine(machines: Machines) -> None:
    inner = {**PASS, "Parameters": {"v.$": "$"}}
    definition = map_of(inner, Items=x("$states.input.a"), Output=x("$states.result"), **JSONATA)
    assert output(machines.run(definition, {"a": [1, 2]})) == [{"v": 1}, {"v": 2}]


def test_a_definition_that_cannot_be_read_does_not_change_the_language_of_the_next(
    machines: Machines,
) -> None:
    for state in ({**PASS, "QueryLanguage": "JSONPath"}, {**PASS, "Parameters": {"a.$": "$"}}):
        with pytest.raises(machines.states.exceptions.InvalidDefinition):
            machines.machine(whole(state))
    definition = one_state({**PASS, "Parameters": {"a.$": "$"}})
    assert output(machines.run(definition, 1)) == {"a": 1}
