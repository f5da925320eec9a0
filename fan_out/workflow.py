"""The states of the machine: Control -> Map(Worker), as in the diagram."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from fan_out.quotas import LAMBDA_SECONDS

GRACE_SECONDS = 15
"""A task's timeout above its function's: room for a cold start, so that the function's own
timeout, which says what happened, comes first."""

TRANSIENT_ERRORS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    # CDK's own retry leaves this one out: a burst of workers meets the concurrency limit first
    "Lambda.TooManyRequestsException",
]

CHUNK_AND_INPUT = {
    "chunk.$": "$$.Map.Item.Value",
    "with": {"input.$": "$$.Execution.Input"},
}
"""What the Map makes of each chunk where the workers get the execution's input too: it is added
here, once, and not copied into every chunk of the plan."""

BOTH_IN_ONE = "States.JsonMerge($.chunk, $.with, false)"
"""The worker's payload of it: the chunk, with one key more."""


def define(
    scope: Construct,
    *,
    control: lambda_.IFunction,
    worker: lambda_.IFunction,
    max_concurrency: int,
    pass_input: bool,
) -> sfn.IChainable:
    """Define the machine: the control's plan, and a worker for each chunk of it."""
    states = Construct(scope, "States")
    each_chunk = sfn.Map(
        states,
        "Map",
        items_path="$",
        max_concurrency=max_concurrency,
        item_selector=CHUNK_AND_INPUT if pass_input else None,
    )
    payload = sfn.TaskInput.from_json_path_at(BOTH_IN_ONE) if pass_input else None
    each_chunk.item_processor(_invoke(states, "Worker", worker, payload))
    return _invoke(states, "Control", control).next(each_chunk)


def _invoke(
    scope: Construct,
    name: str,
    function: lambda_.IFunction,
    payload: sfn.TaskInput | None = None,
) -> tasks.LambdaInvoke:
    """A task that gives the function its payload (default: the input as it is), and goes on with
    the bare answer."""
    task = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=payload,
        output_path="$.Payload",
        task_timeout=sfn.Timeout.duration(_task_timeout(function)),
        retry_on_service_exceptions=False,
    )
    task.add_retry(
        errors=TRANSIENT_ERRORS,
        interval=cdk.Duration.seconds(2),
        max_attempts=6,
        backoff_rate=2,
        max_delay=cdk.Duration.seconds(60),
        jitter_strategy=sfn.JitterType.FULL,
    )
    return task


def _task_timeout(function: lambda_.IFunction) -> cdk.Duration:
    """Just above the function's own; an imported function's is not known, and may be the most."""
    own = function.timeout if isinstance(function, lambda_.Function) else None
    if own is None or own.is_unresolved():
        own = cdk.Duration.seconds(LAMBDA_SECONDS)
    return own.plus(cdk.Duration.seconds(GRACE_SECONDS))
