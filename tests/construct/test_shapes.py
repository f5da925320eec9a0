"""Each shape of the machine, state by state: a change of one shows here."""

import json
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk import assertions
from cdk_nag import AwsSolutionsChecks
from definitions import definition
from syrupy.assertion import SnapshotAssertion

from fan_out import FailurePolicy, FanOut
from lambdas import worker

TOLERATE = FailurePolicy.tolerate(percent=5)
COLLECT = "lambdas.worker.handler"


SHAPES = pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="default"),
        pytest.param({"pass_input": True}, id="pass_input"),
        pytest.param({"carry_on": True}, id="carry_on"),
        pytest.param({"collect": COLLECT}, id="collect"),
        pytest.param({"on_failure": FailurePolicy.tolerate(chunks=3)}, id="tolerate"),
        pytest.param({"on_failure": FailurePolicy.tolerate(chunks=3, halve=True)}, id="halve"),
        pytest.param({"on_failure": FailurePolicy.tolerate(chunks=3, records=9)}, id="records"),
        pytest.param(
            {"on_failure": TOLERATE, "carry_on": True, "collect": COLLECT, "pass_input": True},
            id="all",
        ),
    ],
)


@SHAPES
def test_the_states_are_these(parameters: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=10, **parameters)
    template = assertions.Template.from_stack(stack)
    assert definition(template) == snapshot
    functions = 3 if "collect" in parameters else 2
    template.resource_count_is("AWS::Lambda::Function", functions)


@SHAPES
def test_cdk_nag_and_cfn_lint_find_nothing(parameters: dict[str, Any]) -> None:
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))  # a finding fails the synth
    FanOut(cdk.Stack(app, "Stack"), "Job", worker=worker.handler, chunk_size=10, **parameters)
    template = app.synth().get_stack_by_name("Stack").template
    assert cfnlint.api.lint(json.dumps(template), regions=["us-east-1"]) == []


def test_errors_of_ones_own_are_tried_again_in_the_worker_alone() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    given: dict[str, Any] = {"collect": COLLECT, "retry_on": ["ThrottledByVendor"]}
    FanOut(stack, "Job", worker=worker.handler, chunk_size=10, carry_on=True, **given)
    states = definition(assertions.Template.from_stack(stack))["States"]
    inner = states["Map"]["ItemProcessor"]["States"]
    own = {
        name: "ThrottledByVendor" in state["Retry"][0]["ErrorEquals"]
        for name, state in {**states, **inner}.items()
        if "Retry" in state
    }
    assert own == {"Control": False, "Collect": False, "Worker": True, "CarryOn": True}


def test_on_failure_stop_is_the_default() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=10, on_failure=FailurePolicy.stop())
    states = definition(assertions.Template.from_stack(stack))["States"]
    assert states.keys() == {"Control", "Map"}
    assert "Catch" not in states["Map"]["ItemProcessor"]["States"]["Worker"]
