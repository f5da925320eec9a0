"""What comes before a collect, and what it changes elsewhere in the machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_
from definitions import definition

import jobs
from fan_out import FailurePolicy, FanOut
from fan_out.collecting import is_plain
from fan_out.local.step_functions.jsonata import evaluate
from lambdas import worker

HALVE = FailurePolicy.tolerate(chunks=3, halve=True)
ADDED = {"Resumed", "WholeJob"}


def states(**parameters: Any) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=10, **parameters)
    return dict(definition(assertions.Template.from_stack(stack))["States"])


@pytest.mark.parametrize("more", [{}, {"on_failure": HALVE, "pass_input": True}], ids=["", "all"])
def test_a_collect_that_cannot_be_told_of_the_whole_job_changes_nothing_else(
    more: dict[str, Any],
) -> None:
    own = states(collect=jobs.adds, **more)
    without = states(**more)
    assert own.keys() - {"Collect"} == without.keys()
    assert own["Control"] == without["Control"]
    ended = {key: value for key, value in own["Map"].items() if key not in ("Next", "End")}
    assert ended == {key: without["Map"][key] for key in ended}


def test_where_chunks_are_cut_each_result_has_its_place_and_no_more_reaches_the_collect() -> None:
    own = states(collect=jobs.total, on_failure=HALVE)
    assert own["Map"]["ResultSelector"]["offsets.$"] == "$[*][*].offset"
    assert own["WholeJob"]["Parameters"]["offsets.$"] == "$offsets"
    assert own["Output"]["Parameters"].keys() == {"results.$", "failures.$", "counts.$"}
    assigned = own["Count"]["Assign"]["offsets"].removeprefix("{%").removesuffix("%}")
    for offsets in ([], [5], [5, 7]):
        given = {"results": [[1]] * len(offsets), "failures": [], "offsets": offsets}
        assert evaluate(assigned, {"states": {"input": given}}) == offsets
    uncollected = states(on_failure=HALVE)
    assert uncollected["Map"]["ResultSelector"].keys() == {"results.$", "failures.$"}
    assert uncollected["Count"]["Assign"].keys() == {"counts"}


def test_workers_are_given_the_input_without_the_answers_where_there_is_a_collect() -> None:
    own = states(collect=jobs.total, pass_input=True)
    given = own["Map"]["ItemSelector"]["with"]["input.$"]
    assert given == "States.JsonMerge($$.Execution.Input, $withoutResume, false)"
    assert own["Control"]["Assign"] == {"withoutResume": {"fanOutResume": {}}}
    assert states(pass_input=True)["Map"]["ItemSelector"]["with"]["input.$"] == "$$.Execution.Input"
    assert "Assign" not in states(collect=jobs.total)["Control"]


MODULE = """
from fan_out.runtime import collect as made, worker

def plain(answers, context): ...

@made
def decorated(answers, context): ...

def later(answers, context): ...
later = made(later)

def twice(answers, context): ...
if True:
    twice = made(twice)

class Handlers: ...
bound = made(plain)
"""


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("plain", True),
        ("decorated", False),
        ("later", False),
        ("twice", False),
        ("bound", False),
        ("made", False),
    ],
)
def test_a_name_is_plain_where_its_function_has_no_decorator(
    importable: Callable[[dict[str, str]], Path], name: str, known: bool
) -> None:
    importable({"collectors.py": MODULE})
    assert is_plain(f"collectors.{name}") is known


def test_a_function_is_plain_where_it_was_not_made_so_and_of_an_existing_one_it_is_not_known() -> (
    None
):
    assert is_plain(jobs.adds)
    assert not is_plain(jobs.total)
    stack = cdk.Stack(cdk.App(), "Stack")
    existing = lambda_.Function.from_function_arn(
        stack, "Existing", "arn:aws:lambda:us-east-1:123456789012:function:collects"
    )
    assert not is_plain(existing)
    assert states(collect="jobs.total").keys() >= ADDED
    assert not ADDED & states(collect=jobs.adds).keys()
