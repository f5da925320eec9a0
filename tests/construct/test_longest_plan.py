"""The longest plan of each machine leaves room to try again, and the docs say how long it is."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from fan_out import FailurePolicy, FanOut
from fan_out.runtime.budget import EVENTS_PER_RETRY, EVENTS_PER_ROUND, HISTORY_EVENTS, MOST_CHUNKS
from fan_out.runtime.sizing import PLAN_VARIABLE, events_around, events_per_chunk, longest_plan
from lambdas import worker

SIZING = (Path(__file__).parent.parent.parent / "docs" / "sizing.md").read_text()
TOLERATE = FailurePolicy.tolerate(chunks=3)
HALVE = FailurePolicy.tolerate(percent=5, halve=True)
COLLECT = "lambdas.worker.handler"


def told(**parameters: Any) -> dict[str, Any]:
    """What the control function of such a fan-out is told."""
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=1, **parameters)
    functions = assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function")
    variables = (one["Properties"].get("Environment", {}) for one in functions.values())
    (plan,) = [one["Variables"] for one in variables if PLAN_VARIABLE in one.get("Variables", {})]
    return dict(json.loads(plan[PLAN_VARIABLE]))


@pytest.mark.parametrize(
    ("parameters", "most"),
    [
        ({}, 3_569),
        ({"pass_input": True}, 3_569),
        ({"collect": COLLECT}, 3_567),
        ({"carry_on": True}, 2_269),
        ({"carry_on": True, "collect": COLLECT, "pass_input": True}, 2_269),
        ({"on_failure": TOLERATE}, 1_083),
        ({"on_failure": TOLERATE, "collect": COLLECT}, 1_083),
        ({"on_failure": TOLERATE, "carry_on": True}, 1_083),
        ({"on_failure": HALVE, "carry_on": True, "collect": COLLECT}, 1_083),
    ],
)
def test_the_longest_plan_leaves_room_for_two_tries_more(
    parameters: dict[str, Any], most: int
) -> None:
    chosen = told(**parameters)
    assert longest_plan(chosen) == most
    again = EVENTS_PER_RETRY + (EVENTS_PER_ROUND if "carry_on" in parameters else 0)
    taken = events_around(chosen) + events_per_chunk(chosen) * most
    assert taken + 2 * again <= HISTORY_EVENTS
    one_more = taken + events_per_chunk(chosen) + 2 * again
    assert one_more > HISTORY_EVENTS or "on_failure" in parameters  # whose bytes end the plan
    assert f"{most:,}" in SIZING


def test_the_default_machine_is_told_nothing_of_its_limits() -> None:
    assert told(pass_input=True).keys() == {"maxConcurrency", "withinSeconds", "atMost"}
    assert longest_plan({}) == MOST_CHUNKS


def test_the_page_on_carrying_on_says_the_same() -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "carrying-on.md"
    assert f"at most {longest_plan(told(carry_on=True)):,} chunks" in page.read_text()
