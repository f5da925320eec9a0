"""What the machine counts, expression by expression, with the figures of the limits."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from definitions import definition
from hypothesis import given
from hypothesis import strategies as st

from fan_out import FailurePolicy, FanOut, tolerance
from fan_out.local.step_functions.jsonata import evaluate
from fan_out.runtime.budget import (
    BYTES_WITHOUT_CAUSE,
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    EVENTS_PER_CUT,
    EVENTS_TO_HALVE,
    HISTORY_EVENTS,
    PAYLOAD_BYTES,
    RESULT_OVERHEAD,
)
from lambdas import worker


def states(policy: FailurePolicy) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=10, on_failure=policy)
    return dict(definition(assertions.Template.from_stack(stack))["States"])


def value_of(expression: str, **scope: Any) -> Any:
    return evaluate(expression.removeprefix("{%").removesuffix("%}"), scope)


def planned(policy: FailurePolicy, chunks: int, given: Any = None) -> dict[str, Any]:
    """What is assigned for a plan of so many chunks of 10."""
    plan = [{"oneJobProcessingCount": 10, "offset": 10 * n} for n in range(chunks)]
    seen = {"input": plan, "context": {"Execution": {"Input": given or {}}}}
    assigned = states(policy)["Plan"]["Assign"]
    return {name: value_of(how, states=seen) for name, how in assigned.items()}


@pytest.mark.parametrize("chunks", [1, 2, 10, 40, 100, 200, 541, 600, 1_083])
def test_however_all_chunks_fail_what_is_told_of_them_fits(chunks: int) -> None:
    for policy in (FailurePolicy.tolerate(chunks=1), FailurePolicy.tolerate(chunks=1, halve=True)):
        assigned = planned(policy, chunks)
        parts = assigned["mostParts"]
        each = BYTES_WITHOUT_CAUSE + assigned["causeBytes"]
        assert assigned["causeBytes"] >= 60
        assert chunks * parts * each <= PAYLOAD_BYTES - RESULT_OVERHEAD
        events = EVENTS_PER_CHUNK + EVENTS_TO_HALVE + EVENTS_PER_CUT * (parts - 1)
        assert parts == 1 or chunks * events <= HISTORY_EVENTS - EVENTS_AROUND
        assert assigned["records"] == 10 * chunks


def test_the_fewer_chunks_there_are_the_more_parts_each_may_have() -> None:
    policy = FailurePolicy.tolerate(chunks=1, halve=True)
    most = {chunks: planned(policy, chunks)["mostParts"] for chunks in (0, 10, 40, 100, 200, 600)}
    assert most == {0: 64, 10: 64, 40: 27, 100: 10, 200: 5, 600: 1}


def within(policy: FailurePolicy, failed: int, chunks: int, done_before: int = 0) -> bool:
    (rule,) = states(policy)["WithinLimit"]["Choices"]
    seen = {"input": {"counts": {"failed": failed, "chunks": chunks}}}
    return not value_of(rule["Condition"], states=seen, doneBefore=done_before)


@given(percent=st.integers(0, 1_000), chunks=st.integers(0, 1_083))
def test_a_percentage_is_met_exactly(percent: int, chunks: int) -> None:
    """In tenths of a percent: as many may fail as whole numbers say."""
    limit = tolerance._most(FailurePolicy.tolerate(percent=percent / 10))
    rule = f"$states.input.counts.failed > {limit}"
    most = percent * chunks // 1_000
    for failed, over in ((most, False), (most + 1, True)):
        seen = {"input": {"counts": {"failed": failed, "chunks": chunks}}}
        assert value_of(rule, states=seen, doneBefore=0) is over


def test_a_percentage_is_of_the_whole_job_where_a_run_resumes_another() -> None:
    policy = FailurePolicy.tolerate(percent=5)
    given_input = {"fanOutResume": {"chunks": [], "of": "arn", "done": 95}}
    assert planned(policy, 5, given_input)["doneBefore"] == 95
    assert planned(policy, 5)["doneBefore"] == 0
    assert planned(policy, 5, [1, 2])["doneBefore"] == 0
    assert within(policy, failed=5, chunks=5, done_before=95)
    assert not within(policy, failed=1, chunks=5)


COUNT = [
    ([], [], [0, 0, 0, 10]),
    ([[1, 2]], [], [1, 1, 0, 10]),
    ([None, 5], [3], [3, 2, 1, 7]),
    ([{"answers": [1], "badRecords": [{"record": 1}]}], [], [1, 1, 0, 9]),
    (
        [{"answers": [], "badRecords": []}, {"badRecords": 7}, [{"badRecords": [1]}]],
        [],
        [3, 3, 0, 10],
    ),
]


@pytest.mark.parametrize(("results", "failed", "expected"), COUNT)
def test_chunks_and_records_are_counted(
    results: list[Any], failed: list[int], expected: list[int]
) -> None:
    failures = [{"chunk": {"oneJobProcessingCount": size, "offset": 0}} for size in failed]
    output = states(FailurePolicy.tolerate(chunks=1))["Count"]["Output"]
    seen = {"input": {"results": results, "failures": failures}}
    counts = {
        name: value_of(how, states=seen, records=10) for name, how in output["counts"].items()
    }
    assert [
        counts[name] for name in ("chunks", "succeeded", "failed", "recordsSucceeded")
    ] == expected
    assert value_of(output["results"], states=seen) == results
    assert value_of(output["failures"], states=seen) == failures


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ('{"errorMessage": "bad record", "errorType": "ValueError"}', "bad record"),
        ('{"errorType":"Sandbox.Timedout","errorMessage":"timed out"}', "timed out"),
        ('{"errorMessage": null, "errorType": "E"}', '{"errorMessage":'),
        ("plain words", "plain words"),
        ("", ""),
        ("x" * 60, "x" * 50),
        ("é" * 60, "é" * 16),
        ('"' * 60, '"' * 16),
        ("two\nlines " * 9, "two\nlines two\nli"),
        ("{" + "x" * 32_766 + "}", "{" + "x" * 49),  # cut off by Step Functions: no JSON
    ],
)
def test_a_cause_is_what_the_function_said(cause: str, expected: str) -> None:
    failed = states(FailurePolicy.tolerate(chunks=1))["Map"]["ItemProcessor"]["States"]["Failed"]
    chunk = {"oneJobProcessingCount": 3, "offset": 6, "items": ["a", "b", "c"]}
    seen = {
        "input": {"Error": "E" * 100, "Cause": cause},
        "context": {"Map": {"Item": {"Value": chunk}}},
    }
    told = value_of(failed["Output"], states=seen, causeBytes=50)["failure"]
    assert told["chunk"] == {"oneJobProcessingCount": 3, "offset": 6}
    assert told["error"] == "E" * 60
    assert told["cause"] == expected
