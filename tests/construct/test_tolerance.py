"""What the machine counts, expression by expression, with the figures of the limits."""

import functools
import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from definitions import definition
from hypothesis import given, settings
from hypothesis import strategies as st

from fan_out import FailurePolicy, FanOut
from fan_out.local.step_functions.jsonata import evaluate
from fan_out.runtime.budget import (
    BYTES_WITHOUT_CAUSE,
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    EVENTS_TO_COLLECT,
    EVENTS_TO_COUNT,
    EVENTS_TO_HALVE,
    HISTORY_EVENTS,
    PAYLOAD_BYTES,
    RESULT_OVERHEAD,
)
from lambdas import worker

EVENTS_PER_CUT = 18
"""Two more tries, of TaskStateEntered/Exited, TaskScheduled/Started/Failed, entering and leaving
Cut and Left."""


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
        around = EVENTS_AROUND + EVENTS_TO_COUNT + EVENTS_TO_COLLECT
        assert chunks * events <= HISTORY_EVENTS - around
        assert assigned["records"] == 10 * chunks


def test_the_fewer_chunks_there_are_the_more_parts_each_may_have() -> None:
    policy = FailurePolicy.tolerate(chunks=1, halve=True)
    most = {chunks: planned(policy, chunks)["mostParts"] for chunks in (0, 10, 40, 100, 200, 600)}
    assert most == {0: 64, 10: 64, 40: 27, 100: 10, 200: 5, 600: 1}


def ends_in(
    policy: FailurePolicy,
    failed: int = 0,
    chunks: int = 1,
    bad: int = 0,
    records: int = 1,
    **before: int,
) -> str:
    """The state that follows where so many have failed, in this run and before."""
    counts = {"failed": failed, "chunks": chunks, "records": records}
    scope = {
        "counts": {**counts, "recordsSucceeded": records - bad},
        **{"doneBefore": 0, "recordsBefore": 0, "badBefore": 0, **before},
    }
    choice = limits(policy)
    met = (rule["Next"] for rule in choice["Choices"] if value_of(rule["Condition"], **scope))
    return str(next(met, choice["Default"]))


@functools.cache
def limits(policy: FailurePolicy) -> dict[str, Any]:
    return dict(states(policy)["WithinLimit"])


@settings(max_examples=40, deadline=None)
@given(percent=st.integers(0, 1_000), chunks=st.integers(0, 1_083))
def test_a_percentage_is_met_exactly(percent: int, chunks: int) -> None:
    """In tenths of a percent: as many may fail as whole numbers say."""
    policy = FailurePolicy.tolerate(percent=percent / 10)
    most = percent * chunks // 1_000
    assert ends_in(policy, most, chunks) == "Output"
    assert ends_in(policy, most + 1, chunks) == "TooManyFailures"


@settings(max_examples=40, deadline=None)
@given(percent=st.integers(0, 1_000), records=st.integers(0, 10**9))
def test_a_percentage_of_the_records_is_met_exactly(percent: int, records: int) -> None:
    policy = FailurePolicy.tolerate(records_percent=percent / 10)
    most = percent * records // 1_000
    assert ends_in(policy, bad=most, records=records) == "Output"
    assert ends_in(policy, bad=most + 1, records=records) == "TooManyBadRecords"


def test_each_limit_that_is_given_holds_and_no_other() -> None:
    both = FailurePolicy.tolerate(chunks=2, records=30)
    assert ends_in(both, failed=2, bad=30, records=100) == "Output"
    assert ends_in(both, failed=3, bad=30, records=100) == "TooManyFailures"
    assert ends_in(both, failed=1, bad=31, records=100) == "TooManyBadRecords"
    assert ends_in(FailurePolicy.tolerate(chunks=2), bad=100, records=100) == "Output"
    assert ends_in(FailurePolicy.tolerate(records=30), failed=3, bad=30, records=100) == "Output"
    assert ends_in(FailurePolicy.tolerate(records=0), bad=1) == "TooManyBadRecords"


def test_bad_records_are_counted_over_the_whole_job_where_a_run_resumes_another() -> None:
    policy = FailurePolicy.tolerate(records_percent=5)
    given_input = {"fanOutResume": {"chunks": [], "done": 9, "records": 90, "badRecords": 3}}
    assigned = planned(policy, 1, given_input)
    assert (assigned["recordsBefore"], assigned["badBefore"]) == (90, 3)
    assert planned(policy, 1)["recordsBefore"] == planned(policy, 1)["badBefore"] == 0
    before = {"recordsBefore": 90, "badBefore": 3}
    assert ends_in(policy, bad=2, records=10, **before) == "Output"
    assert ends_in(policy, bad=3, records=10, **before) == "TooManyBadRecords"
    assert ends_in(FailurePolicy.tolerate(records=5), bad=3, **before) == "TooManyBadRecords"
    assert "badBefore" not in planned(FailurePolicy.tolerate(chunks=1), 1)


def test_the_cause_says_what_was_compared() -> None:
    policy = FailurePolicy.tolerate(records=1)
    counts = {"records": 10, "recordsSucceeded": 7}
    cause = states(policy)["TooManyBadRecords"]["Cause"]
    told = value_of(cause, counts=counts, badBefore=3, recordsBefore=90)
    assert json.loads(told) == {**counts, "jobBadRecords": 6, "jobRecords": 100}
    assert states(policy)["TooManyBadRecords"]["Error"] == "FanOut.TooManyBadRecords"
    assert "TooManyFailures" not in states(policy)
    assert "TooManyBadRecords" not in states(FailurePolicy.tolerate(chunks=1))


def test_a_percentage_is_of_the_whole_job_where_a_run_resumes_another() -> None:
    policy = FailurePolicy.tolerate(percent=5)
    given_input = {"fanOutResume": {"chunks": [], "of": "arn", "done": 95}}
    assert planned(policy, 5, given_input)["doneBefore"] == 95
    assert planned(policy, 5)["doneBefore"] == 0
    assert planned(policy, 5, [1, 2])["doneBefore"] == 0
    assert ends_in(policy, failed=5, chunks=5, doneBefore=95) == "Output"
    assert ends_in(policy, failed=1, chunks=5) == "TooManyFailures"


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
    count = states(FailurePolicy.tolerate(chunks=1))["Count"]
    seen = {"input": {"results": results, "failures": failures}}
    counts = {
        name: value_of(how, states=seen, records=10)
        for name, how in count["Assign"]["counts"].items()
    }
    assert [
        counts[name] for name in ("chunks", "succeeded", "failed", "recordsSucceeded")
    ] == expected
    assert "Output" not in count  # what is counted passes through as it is


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
