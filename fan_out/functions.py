"""From a handler, as a Python object, to its Lambda function."""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from fan_out.acknowledgements import acknowledge, acknowledge_dependency_on_role
from fan_out.handlers import find_handler
from fan_out.package import staged
from fan_out.quotas import (
    DEFAULT_LAMBDA_SECONDS,
    check_environment,
    check_memory,
    check_timeout,
)
from fan_out.requirements import Target
from fan_out.runtime.numbers import described
from fan_out.shipping.layers import layers_of

NEWEST_PYTHON = lambda_.Runtime.PYTHON_3_14

OLDEST_PYTHON = 10
"""The minor version of the oldest Python that Lambda still makes functions for: "Lambda runtimes",
AWS Lambda Developer Guide. It is the oldest that ``fan_out.runtime`` is written for, too."""

XRAY_REASON = "X-Ray's actions know no resources: a wildcard is all that IAM offers"
NO_STAGING = "aws:cdk:disable-asset-staging"
"""The context key with which CDK refers to assets where they are, instead of copying them."""

VPC_REASON = "network interfaces have no ARN before Lambda has made them"

OPTIONS_OF_THE_LOG = {
    "log_removal_policy": "give FanOut removal_policy instead",
    "log_retention": "give FanOut log_retention instead",
    "log_retention_role": "the fan-out's log group needs none",
    "log_retention_retry_options": "the fan-out's log group needs none",
}
"""What makes CDK add a second way to keep logs, and what to do instead."""


@dataclass(frozen=True)
class FunctionDefaults:
    """What a function gets where the user's ``FunctionOptions`` say nothing."""

    timeout: cdk.Duration
    memory_size: int
    tracing: bool
    log_group: logs.ILogGroup


def check_runtime(runtime: Any) -> None:
    """Raise ValueError unless ``runtime`` is a Python that Lambda has and fan_out works with."""
    if not isinstance(runtime, lambda_.Runtime):
        raise ValueError(
            f"runtime must be an aws_lambda.Runtime such as Runtime.PYTHON_3_14, "
            f"got {described(runtime)}"
        )
    python = re.fullmatch(r"python3\.([0-9]+)", runtime.name)
    if python is None or int(python[1]) < OLDEST_PYTHON:
        raise ValueError(
            f"runtime must be a Python from 3.{OLDEST_PYTHON}, such as Runtime.PYTHON_3_14, "
            f"got {runtime.name}"
        )


def is_function(given: Any) -> bool:
    """Whether ``given`` is an existing ``lambda_.IFunction``, of whatever kind."""
    return hasattr(given, "function_arn") and hasattr(given, "grant_invoke")


def timeout_of(function: lambda_.IFunction) -> cdk.Duration | None:
    """The timeout of a function; None where it is not known: of an imported one, or a token."""
    if not isinstance(function, lambda_.Function):
        return None
    timeout = function.timeout or cdk.Duration.seconds(DEFAULT_LAMBDA_SECONDS)
    return None if timeout.is_unresolved() else timeout


def without_other_versions(scope: Construct, id: str, function: lambda_.IFunction) -> Any:
    """The same function for one who calls it by its ARN, and is to be granted no other.

    CDK grants a function with all of its versions, ``ARN:*``, and a version alone; it takes any
    function's ARN for that of a version. Adds no resource.
    """
    return lambda_.Version.from_version_arn(scope, id, function.function_arn)


def function_from(
    scope: Construct,
    id: str,
    parameter: str,
    given: Any,
    *,
    runtime: lambda_.Runtime,
    options: lambda_.FunctionOptions | None,
    defaults: FunctionDefaults,
    include: Sequence[str] = (),
) -> lambda_.IFunction:
    """Build the function for ``given``, or answer it where it already is one.

    ``parameter`` (``"worker"``, ``"control"``) is how errors call it; ``include`` names what the
    handler needs and no import shows. Raises ValueError where the
    handler cannot be found, an option is out of Lambda's limits, or options come with an existing
    function, which they could not change.
    """
    if is_function(given):
        if options is not None:
            raise ValueError(f"{parameter}_options cannot change the existing function {parameter}")
        return given  # type: ignore[no-any-return]
    settings = _settings(parameter, options, defaults)
    handler = find_handler(parameter, given)
    role = settings.get("role") or _role(scope, f"{id}Role", settings)
    unstaged = bool(scope.node.try_get_context(NO_STAGING))
    target = _target(runtime, settings["architecture"])
    layers = layers_of(settings, target.python)
    with staged(handler, target, include=include, layers=layers, keep=unstaged) as package:
        function = lambda_.Function(
            scope,
            id,
            **{**settings, "role": role},
            runtime=runtime,
            handler=handler.dotted_name,
            code=lambda_.Code.from_asset(str(package.folder)),
        )
    for warning, text in package.warnings.items():
        cdk.Annotations.of(function).add_warning_v2(warning, text)
    acknowledge_dependency_on_role(function)
    settings["log_group"].grant_write(function)
    return function


def _settings(
    parameter: str, options: lambda_.FunctionOptions | None, defaults: FunctionDefaults
) -> dict[str, Any]:
    """The defaults and, over them, what the user said; checked against Lambda's limits."""
    said = _said(parameter, options)
    settings = {
        "architecture": lambda_.Architecture.ARM_64,
        "timeout": defaults.timeout,
        "memory_size": defaults.memory_size,
        "tracing": lambda_.Tracing.ACTIVE if defaults.tracing else lambda_.Tracing.DISABLED,
        "log_group": defaults.log_group,
        **said,
        "environment": said.get("environment", {}),
    }
    name = f"{parameter}_options"
    check_timeout(f"{name}.timeout", settings["timeout"])
    check_memory(f"{name}.memory_size", settings["memory_size"])
    check_environment(f"{name}.environment", settings["environment"])
    return settings


def _said(parameter: str, options: lambda_.FunctionOptions | None) -> dict[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, lambda_.FunctionOptions):
        raise ValueError(
            f"{parameter}_options must be aws_lambda.FunctionOptions, "
            f"got a {type(options).__name__}"
        )
    for name, instead in OPTIONS_OF_THE_LOG.items():
        if getattr(options, name) is not None:
            raise ValueError(f"{parameter}_options.{name}: {instead}")
    if reserved := [name for name in options.environment or {} if name.startswith("FAN_OUT_")]:
        raise ValueError(
            f"{parameter}_options.environment must not have names that start with FAN_OUT_, "
            f"got {', '.join(reserved)}"
        )
    names = list(inspect.signature(lambda_.FunctionOptions).parameters)
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _role(scope: Construct, id: str, settings: Mapping[str, Any]) -> iam.Role:
    """A role of its own, granted what it needs: no managed policy, which grants on every log. Only
    Lambda may assume it, and only for this account."""
    own_account = {"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}}
    lambda_service = iam.ServicePrincipal("lambda.amazonaws.com", conditions=own_account)
    role = iam.Role(scope, id, assumed_by=lambda_service)
    if settings.get("vpc") is not None:
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:DeleteNetworkInterface",
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                resources=["*"],
            )
        )
        acknowledge(role, "Resource::*", VPC_REASON)
    elif settings["tracing"] is not lambda_.Tracing.DISABLED:
        acknowledge(role, "Resource::*", XRAY_REASON)
    return role


def _target(runtime: lambda_.Runtime, architecture: lambda_.Architecture) -> Target:
    machine = "aarch64" if architecture.name == lambda_.Architecture.ARM_64.name else "x86_64"
    return Target(python=runtime.name.removeprefix("python"), machine=machine)
