"""The construct: check, wire, expose, grant."""

from collections.abc import Callable, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fan_out.acknowledgements import (
    acknowledge,
    acknowledge_dependency_on_role,
)
from fan_out.chunk_size import ChunkSize, chunk_size_given
from fan_out.collecting import is_plain
from fan_out.failure_policy import FailurePolicy
from fan_out.functions import (
    NEWEST_PYTHON,
    FunctionDefaults,
    check_runtime,
    function_from,
    is_function,
)
from fan_out.instructions import (
    check_that_control_can_be_told,
    check_that_worker_can_be_told,
    margin_instructions,
    plan_instructions,
    tell,
)
from fan_out.map_options import MapOptions, check_types
from fan_out.retry import Retry
from fan_out.runtime.numbers import described
from fan_out.runtime.role import role_of
from fan_out.shipping.include import check_include
from fan_out.workflow import Workflow

BUILT_IN_CONTROL = "fan_out.runtime.control.count_from_input"

MACHINE_REASON = "X-Ray and the delivery of logs know no resources: a wildcard is all IAM offers"

SMALL: dict[str, Any] = {"timeout": cdk.Duration.minutes(5), "memory_size": 256}
"""What counting takes."""

A_WHOLE_VCPU: dict[str, Any] = {"timeout": cdk.Duration.minutes(15), "memory_size": 1769}
"""Lambda gives one whole vCPU at 1,769 MB ("Configure Lambda function memory")."""

Handler = Callable[..., Any] | str | lambda_.IFunction
"""A function at the top of a module, its dotted name, or an existing Lambda function."""


class FanOut(Construct):
    """Run ``worker`` on Lambda once for each chunk of the work that ``control`` counts.

    Two functions and a Step Functions machine, ``Control -> Map(Worker)``. Start it with any JSON
    object: ``oneJobProcessMaxCount`` in it overrides ``chunk_size``, ``totalProcessRecordCount``
    is what the built-in control counts. Its output is the list of the workers' answers, in order;
    where failures are tolerated ``{"results", "failures", "counts"}``; or what ``collect`` answers.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        worker: Handler,
        control: Handler | None = None,
        collect: Handler | None = None,
        chunk_size: ChunkSize | int | None = None,
        max_concurrency: int = 0,
        pass_input: bool = False,
        carry_on: bool | cdk.Duration = False,
        on_failure: FailurePolicy | None = None,
        retry: Retry | None = None,
        retry_on: Sequence[str] = (),
        include: Sequence[str] = (),
        runtime: lambda_.Runtime = NEWEST_PYTHON,
        worker_options: lambda_.FunctionOptions | None = None,
        control_options: lambda_.FunctionOptions | None = None,
        collect_options: lambda_.FunctionOptions | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        include_execution_data: bool = False,
        tracing: bool = True,
    ) -> None:
        """Check the parameters, and wire the functions and the machine.

        Args:
            scope: The stack or construct that it belongs to.
            id: Its id in there.
            worker: Handles one chunk: a function at the top of a module, its dotted name
                (``"lambdas.worker.handler"``, resolved without importing it), or a Lambda function.
            control: Answers the number of records (with ``@control``) or a list of chunks. Default:
                the execution input's ``totalProcessRecordCount``.
            collect: Makes the run's output of the workers' answers (with ``@collect``). Default:
                the output is the list of the answers.
            chunk_size: How large a chunk is: a ``ChunkSize``, or an int for at most so many
                records. Needed with the built-in control.
            max_concurrency: Workers at a time, from 1 to 40; 0 for as many as Step Functions
                starts, which is 40.
            pass_input: Whether every worker gets the execution's input, as ``chunk.input``; and its
                name, so that ``chunk.key`` has keys.
            carry_on: Whether a worker (made by ``@worker``) stops before its timeout and is started
                again with what is left; a Duration says how long before. Default for that: 10 %
                of its timeout, at most a minute.
            on_failure: What a failed chunk does to its run. Default: ``FailurePolicy.stop()``, the
                first one ends it.
            retry: How often and when a task is tried again. Default: ``Retry()``, 6 times, after
                2, 4, 8 … at most 60 seconds.
            retry_on: Which errors of the worker are worth that, by their names
                (``["ThrottledByVendor"]``), besides throttling and Lambda's transient ones.
            include: What the zips of the handlers hold besides the code that these import: modules
                that are imported by names which only a run knows, data, and files that look like
                secrets (``["common.plugins", "jobs/ca.pem"]``, names or paths on the import path).
            runtime: The Python of the functions that are made here, ``Runtime.PYTHON_3_10`` or
                later. Default: the newest, ``Runtime.PYTHON_3_14``.
            worker_options: Memory, timeout, VPC, layers, environment, role … of the worker.
                Default: 15 minutes, 1,769 MB (one whole vCPU), arm64.
            control_options: The same of the control. Default: 5 minutes, 256 MB, arm64.
            collect_options: The same of the collect. Default: 15 minutes, 1,769 MB, arm64.
            removal_policy: What becomes of the log group when the stack goes. Default: it stays.
            log_retention: How long the logs of both functions and the machine are kept.
            include_execution_data: Whether the machine's log holds inputs and outputs too.
            tracing: Whether X-Ray traces the machine and the functions.

        Raises:
            ValueError: In one line: which parameter, its bound, and what was given.
        """
        _check_id(id)
        options = MapOptions(
            max_concurrency=max_concurrency,
            pass_input=pass_input,
            carry_on=carry_on,
            on_failure=FailurePolicy.stop() if on_failure is None else on_failure,
            retry=Retry() if retry is None else retry,
            retry_on=retry_on,
            collects=collect is not None,
        )
        check_types(bool, include_execution_data=include_execution_data, tracing=tracing)
        check_types(cdk.RemovalPolicy, removal_policy=removal_policy)
        check_types(logs.RetentionDays, log_retention=log_retention)
        for part, given in (("worker", worker), ("control", control), ("collect", collect)):
            _check_role(part, given)
        if options.carries_on and callable(worker) and role_of(worker) is None:
            raise ValueError(f"carry_on needs a worker made by @worker, got {_name_of(worker)}")
        check_include(include)
        if include and all(is_function(one) for one in (worker, control, collect) if one):
            raise ValueError("include needs a handler to package, got existing functions alone")
        check_runtime(runtime)
        size = chunk_size_given(chunk_size)
        if size is None and control is None:
            raise ValueError(
                "chunk_size is needed where there is no control: the built-in one cuts"
            )
        if collect is None and collect_options is not None:
            raise ValueError("collect_options need a collect, got None")
        if size is not None:
            check_that_control_can_be_told(control)
        if options.carries_on:
            check_that_worker_can_be_told(worker)
        super().__init__(scope, id)

        self._runtime = runtime
        self._tracing = tracing
        self._include = tuple(include)
        self._log_group = logs.LogGroup(
            self, "Logs", retention=log_retention, removal_policy=removal_policy
        )
        self._worker = self._function("worker", worker, worker_options, **A_WHOLE_VCPU)
        if options.carries_on:
            tell(self._worker, margin_instructions(options.carry_on, self._worker))
        self._control = self._function(
            "control", BUILT_IN_CONTROL if control is None else control, control_options, **SMALL
        )
        if size is not None or not is_function(control):
            tell(self._control, plan_instructions(self, size, self._worker, options))
        self._collect = (
            None
            if collect is None
            else self._function("collect", collect, collect_options, **A_WHOLE_VCPU)
        )
        whole_job = collect is not None and not is_plain(collect)
        self._state_machine = self._machine(options, include_execution_data, whole_job)

    def _function(
        self, name: str, given: Handler, options: Any, **defaults: Any
    ) -> lambda_.IFunction:
        return function_from(
            self,
            name.capitalize(),
            name,
            given,
            runtime=self._runtime,
            options=options,
            include=self._include,
            defaults=FunctionDefaults(tracing=self._tracing, log_group=self._log_group, **defaults),
        )

    def _machine(
        self, options: MapOptions, include_execution_data: bool, whole_job: bool
    ) -> sfn.StateMachine:
        workflow = Workflow(
            control=self._control,
            worker=self._worker,
            collect=self._collect,
            options=options,
            whole_job=whole_job,
        )
        machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(workflow.define(self)),
            logs=sfn.LogOptions(
                destination=self._log_group,
                level=sfn.LogLevel.ALL,
                include_execution_data=include_execution_data,
            ),
            tracing_enabled=self._tracing,
        )
        acknowledge(machine, "Resource::*", MACHINE_REASON)
        acknowledge_dependency_on_role(machine)
        return machine

    @property
    def control_function(self) -> lambda_.IFunction:
        """The function that answers the plan."""
        return self._control

    @property
    def worker_function(self) -> lambda_.IFunction:
        """The function that handles one chunk."""
        return self._worker

    @property
    def collect_function(self) -> lambda_.IFunction | None:
        """The function that makes the output of the answers; None where there is none."""
        return self._collect

    @property
    def state_machine(self) -> sfn.StateMachine:
        """The machine that starts a worker for each chunk."""
        return self._state_machine

    @property
    def log_group(self) -> logs.LogGroup:
        """Where the machine and both functions log."""
        return self._log_group

    def grant_start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow ``grantee`` to start a run."""
        return self._state_machine.grant_start_execution(grantee)

    def metric_failed(self, **options: Any) -> cloudwatch.Metric:
        """How many runs failed; options as of ``cloudwatch.Metric``."""
        return self._state_machine.metric_failed(**options)

    def metric_succeeded(self, **options: Any) -> cloudwatch.Metric:
        """How many runs succeeded; options as of ``cloudwatch.Metric``."""
        return self._state_machine.metric_succeeded(**options)

    def metric_time(self, **options: Any) -> cloudwatch.Metric:
        """How long runs took, in milliseconds; options as of ``cloudwatch.Metric``."""
        return self._state_machine.metric_time(**options)


def _check_role(part: str, given: Any) -> None:
    role = role_of(given)
    if role not in (None, part):
        raise ValueError(f"{part} must not be made by @{role}, got {_name_of(given)}")


def _name_of(given: Any) -> str:
    return getattr(given, "__name__", None) or described(given)


def _check_id(id: Any) -> None:
    if not isinstance(id, str) or not id.strip() or cdk.Token.is_unresolved(id):
        raise ValueError(f"id must be a string with at least one character, got {described(id)}")
