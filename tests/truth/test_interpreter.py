"""The interpreter alone, on a clock of its own, in what is no case: redrive, stopping, delays."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from alone import FUNCTION, MACHINE, Alone
from hypothesis import given
from hypothesis import strategies as st

from fan_out.local.step_functions.execution import Execution
from fan_out.local.step_functions.fields import InvalidDefinition
from fan_out.local.step_functions.reading import read_definition

PASS = {"Type": "Pass", "End": True}


def machine(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": {**state, "End": True}}, **fields}


def task(function: str, name: str = "A", **fields: Any) -> dict[str, Any]:
    return {
        "StartAt": name,
        "States": {name: {"Type": "Task", "Resource": FUNCTION + function, "End": True, **fields}},
    }


def each(processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return machine({"Type": "Map", "ItemProcessor": processor, **fields})


@contextmanager
def begun(
    definition: dict[str, Any], given: Any = None, **functions: Callable[[Any, Any], Any]
) -> Iterator[tuple[Alone, Execution]]:
    """An execution that is not yet run, of a machine whose functions are these."""
    alone = Alone({MACHINE: read_definition(json.dumps(definition))})
    for name, function in functions.items():
        setattr(alone.world.functions, name, function)
    try:
        yield alone, alone.world.execution(MACHINE, f"{MACHINE}:case", given)
    finally:
        alone.close()


def types_of(execution: Execution) -> list[str]:
    return [event["type"] for event in execution.history.events]


def output(execution: Execution) -> Any:
    assert execution.status == "SUCCEEDED", execution.history.events[-1]
    return json.loads(execution.history.events[-1]["executionSucceededEventDetails"]["output"])


class Flaky:
    """Fails for some items, until it is mended; notes what it is called with."""

    def __init__(self, *bad: Any) -> None:
        self.bad = set(bad)
        self.calls: list[Any] = []

    def __call__(self, event: Any, context: Any) -> Any:
        self.calls.append(event)
        if event in self.bad:
            raise ValueError(event)
        return event * 10

    def mend(self) -> None:
        self.bad.clear()
        self.calls.clear()


def redriven(alone: Alone, execution: Execution) -> None:
    execution.redrive(1, "2026-01-01T00:00:00.000Z")
    alone.run(execution.run())


def test_a_redrive_goes_on_with_the_task_that_failed() -> None:
    flaky = Flaky(1)
    definition = task("flaky", Next="B", InputPath="$.n", ResultPath="$.r")
    del definition["States"]["A"]["End"]
    definition["States"]["B"] = {
        "Type": "Pass",
        "Parameters": {
            "r.$": "$.r",
            "count.$": "$$.Execution.RedriveCount",
            "time.$": "$$.Execution.RedriveTime",
        },
        "End": True,
    }
    with begun(definition, {"n": 1}, flaky=flaky) as (alone, execution):
        alone.run(execution.run())
        assert execution.status == "FAILED"
        flaky.mend()
        redriven(alone, execution)
        assert output(execution) == {"r": 10, "count": 1, "time": "2026-01-01T00:00:00.000Z"}
        assert types_of(execution)[4:] == [
            "LambdaFunctionFailed",
            "ExecutionFailed",
            "ExecutionRedriven",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ]


def test_a_redrive_gives_a_task_its_attempts_anew() -> None:
    flaky = Flaky(1)
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    with begun(task("flaky", Retry=retry), 1, flaky=flaky) as (alone, execution):
        alone.run(execution.run())
        redriven(alone, execution)
        assert flaky.calls == [1] * 6


def test_a_redrive_of_a_map_runs_what_failed_or_was_never_started() -> None:
    flaky = Flaky(2)
    definition = each(task("flaky", "B"), MaxConcurrency=1)
    with begun(definition, [1, 2, 3], flaky=flaky) as (alone, execution):
        alone.run(execution.run())
        assert flaky.calls == [1, 2]
        flaky.mend()
        redriven(alone, execution)
        assert flaky.calls == [2, 3]
        assert output(execution) == [10, 20, 30]
        assert types_of(execution).count("MapStateStarted") == 1
        assert types_of(execution).count("MapIterationSucceeded") == 3


def test_a_redrive_finds_its_place_in_a_map_in_a_map() -> None:
    flaky = Flaky(4)
    inner = {**each(task("flaky", "C"), MaxConcurrency=1)["States"]["A"]}
    definition = each({"StartAt": "B", "States": {"B": inner}}, MaxConcurrency=1)
    with begun(definition, [[1, 2], [3, 4, 5]], flaky=flaky) as (alone, execution):
        alone.run(execution.run())
        flaky.mend()
        redriven(alone, execution)
        assert flaky.calls == [4, 5]
        assert output(execution) == [[10, 20], [30, 40, 50]]


def test_a_redrive_of_a_parallel_runs_the_branches_that_have_not_succeeded() -> None:
    flaky = Flaky("bad")
    branches = [task("flaky", "B", Parameters="good"), task("flaky", "C", Parameters="bad")]
    definition = machine({"Type": "Parallel", "Branches": branches})
    with begun(definition, {}, flaky=flaky) as (alone, execution):
        alone.run(execution.run())
        flaky.mend()
        redriven(alone, execution)
        assert flaky.calls == ["bad"]
        assert output(execution) == ["good" * 10, "bad" * 10]


def test_an_execution_that_took_too_long_can_be_redriven() -> None:
    definition = each(
        {"StartAt": "B", "States": {"B": {"Type": "Wait", "SecondsPath": "$", "End": True}}},
        MaxConcurrency=1,
    )
    with begun({**definition, "TimeoutSeconds": 10}, [7, 8]) as (alone, execution):
        alone.run(execution.run())
        assert execution.status == "TIMED_OUT"
        assert types_of(execution)[-1] == "ExecutionTimedOut"
        redriven(alone, execution)
        assert output(execution) == [7, 8]


@pytest.mark.parametrize(
    "definition",
    [
        machine({"Type": "Wait", "Seconds": 60}),
        each({"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 60, "End": True}}}),
        task(
            "fail",
            Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 9}],
        ),
    ],
)
def test_nothing_is_written_after_an_execution_was_stopped(definition: dict[str, Any]) -> None:
    with begun(definition, ["x"] if "Map" in str(definition) else "x") as (alone, execution):

        async def stopped() -> None:
            running = asyncio.ensure_future(execution.run())
            await alone.world.sleep(5)
            execution.stop("Enough", None)
            await running

        alone.run(stopped())
        assert execution.status == "ABORTED"
        last = execution.history.events[-1]
        assert last["executionAbortedEventDetails"] == {"error": "Enough"}
        assert last["previousEventId"] == 0


def test_a_stopped_parent_stops_the_execution_that_it_waits_for() -> None:
    child = MACHINE + "child"
    parameters = {"StateMachineArn": child, "Input": {}}
    resource = "arn:aws:states:::states:startExecution.sync"
    parent = machine({"Type": "Task", "Resource": resource, "Parameters": parameters})
    machines = {
        MACHINE: read_definition(json.dumps(parent)),
        child: read_definition(json.dumps(machine({"Type": "Wait", "Seconds": 60}))),
    }
    alone = Alone(machines)
    stopped: list[str] = []

    async def stop_execution(execution: str) -> None:
        stopped.append(execution)

    alone.world.stop_execution = stop_execution  # type: ignore[method-assign]
    execution = alone.world.execution(MACHINE, f"{MACHINE}:parent", {})

    async def work() -> None:
        running = asyncio.ensure_future(execution.run())
        await alone.world.sleep(5)
        execution.stop(None, None)
        await running
        await alone.world.sleep(0)

    alone.run(work())
    alone.close()
    assert [arn.rpartition(":")[0] for arn in stopped] == [
        child.replace("stateMachine", "execution")
    ]


def test_each_delay_is_longer_by_the_backoff_up_to_the_longest() -> None:
    retrier = {"ErrorEquals": ["ValueError"], "IntervalSeconds": 2, "MaxAttempts": 5}
    retry = [{**retrier, "BackoffRate": 3, "MaxDelaySeconds": 20}]
    with begun(task("fail", Retry=retry), "x") as (alone, execution):
        alone.run(execution.run())
        times = [
            event["timestamp"]
            for event in execution.history.events
            if event["type"] == "LambdaFunctionScheduled"
        ]
        delays = [round(after - before) for before, after in pairwise(times)]
        assert delays == [2, 6, 18, 20, 20]


def test_a_delay_that_no_number_holds_is_the_longest() -> None:
    retrier = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "BackoffRate": 1e300}
    retry = [{**retrier, "IntervalSeconds": 30, "MaxDelaySeconds": 30}]
    with begun(task("fail", Retry=retry), "x") as (alone, execution):
        began = alone.loop.time()
        alone.run(execution.run())
        assert 89 <= alone.loop.time() - began < 120


def test_a_fault_of_the_interpreter_ends_the_execution() -> None:
    with begun(task("echo"), "x") as (alone, execution):

        async def broken(*arguments: Any) -> Any:
            raise RuntimeError("a fault")

        alone.world.invoke = broken  # type: ignore[method-assign]
        alone.run(execution.run())
        details = execution.history.events[-1]["executionFailedEventDetails"]
        assert details == {"error": "States.Runtime", "cause": "RuntimeError: a fault"}


def test_ten_thousand_iterations_take_their_turns() -> None:
    nothing = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    with begun(each(nothing), list(range(5_000))) as (alone, execution):
        alone.run(execution.run())
        assert output(execution) == list(range(5_000))


VALID = {
    "Comment": "everything once",
    "StartAt": "A",
    "TimeoutSeconds": 60,
    "States": {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"a.$": "States.Array($.x, 'y')"}},
            "ResultSelector": {"p.$": "$.Payload"},
            "ResultPath": "$.r",
            "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.ALL"], "BackoffRate": 1.5}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "W", "Assign": {"v.$": "$.Error"}}],
            "Next": "W",
        },
        "W": {"Type": "Wait", "TimestampPath": "$.t", "Next": "C"},
        "C": {
            "Type": "Choice",
            "Choices": [{"And": [{"Variable": "$.a", "StringMatches": "*"}], "Next": "P"}],
            "Default": "M",
        },
        "P": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "S", "States": {"S": PASS}}],
            "End": True,
        },
        "M": {
            "Type": "Map",
            "QueryLanguage": "JSONata",
            "Items": "{% $states.input %}",
            "MaxConcurrency": 3,
            "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "e"}}},
            "End": True,
        },
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = dict(enumerate(value)) if isinstance(value, list) else value
    for key, item in inside.items() if isinstance(inside, dict) else ():
        yield from places(item, (*path, key))


JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "$.a", "$$", "{% 1 %}", "{%", [], [[]], [None], {}, {"x": 1}]
)


def refusal_of(definition: str) -> str:
    """Why a definition is refused; nothing where it is taken."""
    try:
        read_definition(definition)
    except InvalidDefinition as error:
        return str(error)
    return ""


def test_the_definition_that_is_spoilt_below_is_taken() -> None:
    assert refusal_of(json.dumps(VALID)) == ""


@given(st.sampled_from(list(places(VALID))[1:]), JUNK)
def test_whatever_stands_in_a_definition_is_taken_or_refused_in_one_line(
    place: tuple[Any, ...], junk: Any
) -> None:
    spoilt = json.loads(json.dumps(VALID))
    holder = spoilt
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = junk
    assert "\n" not in refusal_of(json.dumps(spoilt))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a definition",
        "[]",
        '{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": NaN, "End": true}}}',
        "[" * 100_000 + "]" * 100_000,
        json.dumps(machine({"Type": "Pass", "Result": "x" * 1_048_576})),
        '{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": '
        + '{"a": ' * 6_000
        + "1"
        + "}" * 6_000
        + ', "End": true}}}',
    ],
    ids=["empty", "words", "array", "twice", "nan", "deep array", "large", "deep"],
)
def test_a_text_that_is_no_definition_is_refused_in_one_line(text: str) -> None:
    refusal = refusal_of(text)
    assert "\n" not in refusal
    assert 0 < len(refusal) < 300
