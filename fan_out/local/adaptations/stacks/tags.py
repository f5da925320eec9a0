"""A stack's tags are tags of its resources.

moto (5.2.5) keeps them with the stack alone. CloudFormation gives them to every resource that can
have tags, beneath those of the resource itself: "Resource tag", AWS CloudFormation User Guide. CDK
relies on it: ``Stack(tags=...)`` writes none into the template.
"""

from collections.abc import Mapping
from typing import Any

TAGGED = {
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::StepFunctions::StateMachine",
}
"""The types that get them here: those of a fan-out, and whose tags can change."""


def with_stack_tags(
    type: str, properties: dict[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """The properties of a resource in a stack that has ``tags``."""
    if type not in TAGGED or not tags:
        return properties
    own = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    merged = {**tags, **own}
    return {
        **properties,
        "Tags": [{"Key": key, "Value": value} for key, value in merged.items()],
    }
