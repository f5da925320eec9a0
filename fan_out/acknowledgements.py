"""The very few findings of cdk-nag and cfn-lint that are accepted, each with its reason.

Written as metadata, so that the library depends on neither.
"""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one wildcard (rule AwsSolutions-IAM5) below ``construct``."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=reason)
    )


def acknowledge_dependency_on_role(construct: IConstruct) -> None:
    """Accept cfn-lint's W3005: CDK makes a function and a machine depend on their role twice."""
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
