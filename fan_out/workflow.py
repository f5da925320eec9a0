"""The states of the machine: Control -> Map(Worker) [-> Collect], as in the diagram."""

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from fan_out import collecting, halving, tolerance
from fan_out.functions import timeout_of, without_other_versions
from fan_out.map_options import MapOptions
from fan_out.runtime.budget import LAMBDA_SECONDS
from fan_out.runtime.carry_on import CARRY_ON_KEY, CARRY_ON_STATE
from fan_out.runtime.chunk import CHUNK_KEY, EXECUTION_KEY, INPUT_KEY, WITH_KEY
from fan_out.runtime.collect import COLLECT_STATE
from fan_out.runtime.resumed import INPUT_WITHOUT_RESUME
from fan_out.runtime.tolerated import RESULT_KEY

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


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """What the machine is made of: the functions, and how they are called.

    ``whole_job``: the collect is told of what earlier executions did that this one resumes.
    """

    control: lambda_.IFunction
    worker: lambda_.IFunction
    collect: lambda_.IFunction | None
    options: MapOptions
    whole_job: bool = False

    @property
    def _remembers_places(self) -> bool:
        return self.whole_job and self.options.on_failure.halve

    def define(self, scope: Construct) -> sfn.IChainable:
        """Define the states: the control's plan, a worker for each chunk of it, the collect."""
        states = Construct(scope, "States")
        assigned = collecting.ASSIGNED if self.whole_job and self.options.pass_input else None
        control = self._invoke(states, "Control", self.control, assign=assigned)
        collect: sfn.IChainable | None = None
        if self.collect is not None:
            collect = self._invoke(states, COLLECT_STATE, self.collect)
        if collect is not None and self.whole_job:
            collect = collecting.before(states, collect, parts=self._remembers_places)
        each_chunk = self._map(states)
        if self.options.on_failure.tolerates:
            end = collect or sfn.Succeed(states, "Succeeded")
            checked = tolerance.checked(
                states, self.options.on_failure, end, places=self._remembers_places
            )
            return (
                control.next(tolerance.plan(states, self.options.on_failure))
                .next(each_chunk)
                .next(checked)
            )
        chain = control.next(each_chunk)
        return chain.next(collect) if collect else chain

    def _map(self, scope: Construct) -> sfn.Map:
        added = self._added_to_each_chunk()
        selector: dict[str, Any] | None = None
        if self.options.on_failure.halve:
            selector = halving.item_selector(added)
        elif added:
            selector = {f"{CHUNK_KEY}.$": "$$.Map.Item.Value", WITH_KEY: added}
        each_chunk = sfn.Map(
            scope,
            "Map",
            items_path="$",
            max_concurrency=self.options.max_concurrency,
            item_selector=selector,
            result_selector=tolerance.results_of_the_map(
                self.options.on_failure, places=self._remembers_places
            ),
        )
        if self.options.on_failure.halve:
            return each_chunk.item_processor(self._until_nothing_is_left(scope))
        payload = sfn.TaskInput.from_json_path_at(BOTH_IN_ONE) if added else None
        return each_chunk.item_processor(self._each_chunk(scope, payload))

    def _until_nothing_is_left(self, scope: Construct) -> sfn.IChainable:
        """What is done with one chunk that may be cut."""
        payload = halving.payload(carries_on=self.options.carries_on)
        worker = tasks.LambdaInvoke.jsonata(
            scope,
            "Worker",
            payload=sfn.TaskInput.from_text(tolerance.expression(payload)),
            outputs=tolerance.expression(
                halving.finished(carries_on=self.options.carries_on, places=self._remembers_places)
            ),
            **_of_the_function(scope, "Worker", self.worker),
        )
        return halving.until_nothing_is_left(
            scope, self._retried(worker, self.worker), places=self._remembers_places
        )

    def _each_chunk(self, scope: Construct, payload: sfn.TaskInput | None) -> sfn.IChainable:
        """What is done with one chunk."""
        tolerates = self.options.on_failure.tolerates
        # a worker that may not have finished is asked for that before its answer is one
        wrapped = tolerates and not self.options.carries_on
        first = self._invoke(scope, "Worker", self.worker, payload, wrapped=wrapped)
        again = (
            self._invoke(scope, CARRY_ON_STATE, self.worker) if self.options.carries_on else None
        )
        if tolerates:
            failed = tolerance.failed(scope)
            for task in filter(None, (first, again)):
                tolerance.catch_all(task, failed)
        return first if again is None else self._until_finished(scope, first, again)

    def _until_finished(
        self, scope: Construct, first: tasks.LambdaInvoke, again: tasks.LambdaInvoke
    ) -> sfn.IChainable:
        """The worker, again and again with what it has left: Worker -> Finished? <-> CarryOn."""
        done: sfn.IChainable = (
            sfn.Pass(scope, "Done", parameters={f"{RESULT_KEY}.$": "$"})
            if self.options.on_failure.tolerates
            else sfn.Succeed(scope, "Done")
        )
        finished = sfn.Choice(scope, "Finished")
        left = sfn.Condition.is_present(f"$.{CARRY_ON_KEY}")
        finished.when(left, again).otherwise(done)
        again.next(finished)
        return first.next(finished)

    def _added_to_each_chunk(self) -> dict[str, str]:
        """What the Map adds to each chunk, once, so that it is not copied into the plan."""
        added = {}
        if self.options.pass_input:
            given = INPUT_WITHOUT_RESUME if self.whole_job else "$$.Execution.Input"
            added[f"{INPUT_KEY}.$"] = given
        if self.options.carries_on:
            added[f"{EXECUTION_KEY}.$"] = "$$.Execution.Name"
        return added

    def _invoke(
        self,
        scope: Construct,
        name: str,
        function: lambda_.IFunction,
        payload: sfn.TaskInput | None = None,
        *,
        wrapped: bool = False,
        assign: dict[str, Any] | None = None,
    ) -> tasks.LambdaInvoke:
        """A task that gives the function its payload (default: the input as it is), and goes on
        with the bare answer, or with ``{"result": <the answer>}`` where that is ``wrapped``."""
        answer: dict[str, Any] = (
            {"result_selector": tolerance.RESULT_OF_A_TASK}
            if wrapped
            else {"output_path": "$.Payload"}
        )
        task = tasks.LambdaInvoke(
            scope,
            name,
            payload=payload,
            assign=assign,
            **_of_the_function(scope, name, function),
            **answer,
        )
        return self._retried(task, function)

    def _retried(self, task: tasks.LambdaInvoke, function: lambda_.IFunction) -> tasks.LambdaInvoke:
        """Try the task again upon transient errors, and upon those of the worker's own."""
        own = self.options.retry_on if function is self.worker else ()
        retry = self.options.retry
        task.add_retry(
            errors=[*TRANSIENT_ERRORS, *own],
            interval=retry.interval,
            max_attempts=retry.attempts,
            backoff_rate=retry.backoff,
            max_delay=retry.max_delay,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return task


def _of_the_function(scope: Construct, name: str, function: lambda_.IFunction) -> dict[str, Any]:
    """What the task ``name`` is given of its function: it waits just longer; where the function's
    timeout is not known, for the longest that there is."""
    own = timeout_of(function) or cdk.Duration.seconds(LAMBDA_SECONDS)
    return {
        "lambda_function": without_other_versions(scope, f"{name}Function", function),
        "task_timeout": sfn.Timeout.duration(own.plus(cdk.Duration.seconds(GRACE_SECONDS))),
        "retry_on_service_exceptions": False,
    }
