"""JSONata in state machines, through the API of Step Functions."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from machines import Machines, map_of, one_state

from fan_out.local import EmbeddedAws
from fan_out.local.step_functions.jsonata import evaluate

ERROR = "States.QueryEvaluationError"
JSONATA = {"QueryLanguage": "JSONata"}
PASS = {"Type": "Pass"}


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with EmbeddedAws(max_environments=3) as aws:
        yield Machines(aws)


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
        ("[7 % 2.5, -7 % 4, 1/0 > 0 ? 0 : 1]", [2, -3, 0]),
        ("[-1/0, 0/0, 5 % 0]", ["-Infinity", "NaN", "NaN"]),
        ("$sort([3, 1, 2], function($a, $b) { $a - $b > 0 ? 1 : 0 })", [1, 2, 3]),
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
        ("$parse('NaN')", "D3137: Invalid JSON: NaN is not a JSON value"),
        ("$parse(null)", "T0410: Argument 1 of Object parse does not match Object signature"),
        ("1 +\n\n 'a'", "T2002: The right side of the + operator must evaluate to a number"),
        ("$parse('1e400')", "D3137: Invalid JSON: Out of range float values"),
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


def test_many_iterations_at_a_time_do_not_get_into_each_others_way(machines: Machines) -> None:
    inner = {**PASS, "Output": x("$map([1..20], function($n) { $n * $states.input })[-1]")}
    items = list(range(200))
    assert output(machines.run(map_of(inner) | JSONATA, items)) == [20 * item for item in items]
