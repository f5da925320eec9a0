"""The states of the machine: Control -> Map(Worker) [-> Collect], as in the diagram."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from fan_out.functions import timeout_of
from fan_out.runtime.budget import LAMBDA_SECONDS
from fan_out.runtime.carry_on import CARRY_ON_KEY, CARRY_ON_STATE
from fan_out.runtime.chunk import CHUNK_KEY, EXECUTION_KEY, INPUT_KEY, WITH_KEY

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

BOTH_IN_ONE = f"States.JsonMerge($.{CHUNK_KEY}, $.{WITH_KEY}, false)"
"""The worker's payload where the Map adds something to each chunk: the chunk, with more keys."""


def define(
    scope: Construct,
    *,
    control: lambda_.IFunction,
    worker: lambda_.IFunction,
    collect: lambda_.IFunction | None,
    max_concurrency: int,
    pass_input: bool,
    carry_on: bool,
) -> sfn.IChainable:
    """Define the machine: the control's plan, a worker for each chunk of it, and the collect."""
    states = Construct(scope, "States")
    added = _added_to_each_chunk(pass_input=pass_input, carry_on=carry_on)
    each_chunk = sfn.Map(
        states,
        "Map",
        items_path="$",
        max_concurrency=max_concurrency,
        item_selector=({f"{CHUNK_KEY}.$": "$$.Map.Item.Value", WITH_KEY: added} if added else None),
    )
    payload = sfn.TaskInput.from_json_path_at(BOTH_IN_ONE) if added else None
    work = _invoke(states, "Worker", worker, payload)
    each_chunk.item_processor(_until_finished(states, work, worker) if carry_on else work)
    chain = _invoke(states, "Control", control).next(each_chunk)
    return chain if collect is None else chain.next(_invoke(states, "Collect", collect))


def _added_to_each_chunk(*, pass_input: bool, carry_on: bool) -> dict[str, str]:
    """What the Map adds to each chunk, once, so that it is not copied into the plan."""
    added = {}
    if pass_input:
        added[f"{INPUT_KEY}.$"] = "$$.Execution.Input"
    if carry_on:
        added[f"{EXECUTION_KEY}.$"] = "$$.Execution.Name"
    return added


def _until_finished(
    scope: Construct, first_round: tasks.LambdaInvoke, worker: lambda_.IFunction
) -> sfn.IChainable:
    """The worker, again and again with what it has left: Worker -> Finished? <-> CarryOn."""
    next_round = _invoke(scope, CARRY_ON_STATE, worker)
    finished = sfn.Choice(scope, "Finished")
    left = sfn.Condition.is_present(f"$.{CARRY_ON_KEY}")
    finished.when(left, next_round).otherwise(sfn.Succeed(scope, "Done"))
    next_round.next(finished)
    return first_round.next(finished)


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
    """Just above the function's own; one that is not known may be the longest there is."""
    own = timeout_of(function) or cdk.Duration.seconds(LAMBDA_SECONDS)
    return own.plus(cdk.Duration.seconds(GRACE_SECONDS))
