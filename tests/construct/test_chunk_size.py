"""ChunkSize is a checked choice, and the control function is told of it."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_

from fan_out import ChunkSize, FanOut
from fan_out.runtime.sizing import PLAN_VARIABLE
from lambdas import worker

SECONDS = lambda_.FunctionOptions(timeout=cdk.Duration.seconds(100))


def told(**parameters: Any) -> dict[str, Any]:
    """What the control function of a fan-out with these parameters is told."""
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, **parameters)
    functions = assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function")
    (text,) = [
        one["Properties"]["Environment"]["Variables"][PLAN_VARIABLE]
        for one in functions.values()
        if "Environment" in one["Properties"]
    ]
    return json.loads(text)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"chunk_size": 10}, {"atMost": 10, "maxConcurrency": 0, "withinSeconds": 720}),
        (
            {"chunk_size": ChunkSize.at_most(10), "max_concurrency": 4},
            {"atMost": 10, "maxConcurrency": 4, "withinSeconds": 720},
        ),
        (
            {"chunk_size": ChunkSize.even(jobs=8), "worker_options": SECONDS},
            {"jobs": 8, "maxConcurrency": 0, "withinSeconds": 80},
        ),
        (
            {
                "chunk_size": ChunkSize.to_fit(
                    seconds_per_record=0.05, overhead_seconds=2, within=cdk.Duration.minutes(12)
                )
            },
            {
                "secondsPerRecord": 0.05,
                "overheadSeconds": 2,
                "maxConcurrency": 0,
                "withinSeconds": 720,
            },
        ),
        (
            {"chunk_size": ChunkSize.to_fit(seconds_per_record=1), "worker_options": SECONDS},
            {
                "secondsPerRecord": 1,
                "overheadSeconds": 0,
                "maxConcurrency": 0,
                "withinSeconds": 80,
            },
        ),
    ],
)
def test_the_control_is_told_of_the_choice(
    parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert told(**parameters) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ChunkSize.at_most(0), "chunk_size must be a whole number from 1"),
        (lambda: ChunkSize.even(jobs=0), "jobs must be a whole number from 1 to"),
        (lambda: ChunkSize.even(jobs=True), "got True (a bool)"),
        (
            lambda: ChunkSize.to_fit(seconds_per_record=0),
            "seconds_per_record must be a number from 1e-09 to 900, got 0",
        ),
        (lambda: ChunkSize.to_fit(seconds_per_record=float("nan")), "got nan (a float)"),
        (lambda: ChunkSize.to_fit(seconds_per_record="1"), "got '1' (a str)"),  # type: ignore[arg-type]
        (
            lambda: ChunkSize.to_fit(seconds_per_record=1, overhead_seconds=-1),
            "overhead_seconds must be a number from 0 to 900, got -1",
        ),
        (
            lambda: ChunkSize.to_fit(seconds_per_record=1, within=cdk.Duration.minutes(16)),
            "within (seconds) must be a number from 1e-09 to 900, got 960",
        ),
        (
            lambda: ChunkSize.to_fit(seconds_per_record=1, within=300),  # type: ignore[arg-type]
            "within must be a Duration, no token, got 300",
        ),
        (
            lambda: ChunkSize.to_fit(
                seconds_per_record=1, overhead_seconds=cdk.Token.as_number({"Ref": "Overhead"})
            ),
            "overhead_seconds must be known at synth, got a token",
        ),
        (lambda: told(chunk_size=[10]), "chunk_size must be a ChunkSize or a whole number"),
        (
            lambda: told(
                chunk_size=ChunkSize.to_fit(seconds_per_record=90), worker_options=SECONDS
            ),
            "a record must fit into 80 seconds, got 90 seconds and 0 of overhead",
        ),
        (
            lambda: told(
                chunk_size=ChunkSize.to_fit(seconds_per_record=1, within=cdk.Duration.seconds(101)),
                worker_options=SECONDS,
            ),
            "within must be at most the worker's timeout, 100 seconds, got 101 seconds",
        ),
    ],
)
def test_what_is_wrong_is_refused_at_synth_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        make()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_time_to_fit_is_needed_where_the_workers_timeout_is_not_known() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    imported = lambda_.Function.from_function_name(stack, "Imported", "elsewhere")
    with pytest.raises(ValueError, match="within is needed where the worker's timeout is not"):
        FanOut(stack, "Job", worker=imported, chunk_size=ChunkSize.to_fit(seconds_per_record=1))


def test_the_input_is_added_by_the_map_and_not_copied_into_the_plan() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    FanOut(stack, "Job", worker=worker.handler, chunk_size=1, pass_input=True)
    machines = assertions.Template.from_stack(stack).find_resources(
        "AWS::StepFunctions::StateMachine"
    )
    (machine,) = machines.values()
    text = json.dumps(machine["Properties"]["DefinitionString"]).replace("\\", "")
    assert '"ItemSelector":{"chunk.$":"$$.Map.Item.Value","with":{"input.$":' in text
    assert '"Payload.$":"States.JsonMerge($.chunk, $.with, false)"' in text
