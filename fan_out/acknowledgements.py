"""The very few findings of cdk-nag and cfn-lint that are accepted, each with its reason.

Written as metadata, so that the library depends on neither.
"""

import json
from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one wildcard (rule AwsSolutions-IAM5) below ``construct``."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=reason)
    )


def acknowledge_versions(machine: IConstruct, functions: Sequence[lambda_.IFunction]) -> None:
    """Accept that CDK grants a machine the versions of its functions along with them."""
    for function in functions:
        arn = cdk.Stack.of(machine).resolve(function.function_arn)
        acknowledge(
            machine,
            f"Resource::{_as_cdk_nag_writes(arn)}:*",
            "CDK grants a function with its versions; the machine names no version",
        )


def acknowledge_dependency_on_role(construct: IConstruct) -> None:
    """Accept cfn-lint's W3005: CDK makes a function and a machine depend on their role twice."""
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})


def _as_cdk_nag_writes(arn: Any) -> str:
    """A resolved ARN as text, with ``<LogicalId.Attribute>`` for what CloudFormation fills in."""
    if isinstance(arn, str):
        return arn
    ((intrinsic, value),) = arn.items()
    if intrinsic == "Fn::GetAtt":
        return f"<{'.'.join(value)}>"
    if intrinsic == "Ref":
        return f"<{value}>"
    if intrinsic == "Fn::Join":
        return str(value[0]).join(_as_cdk_nag_writes(part) for part in value[1])
    return json.dumps(arn)
