"""A log group of a template can change, and its ARN is the one that AWS gives.

moto (5.2.5) cannot update AWS::Logs::LogGroup, takes each tag for its two values in whatever order
they come, and answers Fn::GetAtt Arn without the ``:*`` at its end.

AWS changes retention and tags in place: "AWS::Logs::LogGroup", AWS CloudFormation User Guide.
"""

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.logs.models import LogGroup, logs_backends

from fan_out.local.adaptations.seam import adds, replaces


def install() -> None:
    """Let CloudFormation make and change log groups as in AWS."""
    replaces(LogGroup, "create_from_cloudformation_json")(_create)
    adds(LogGroup, "update_from_cloudformation_json")(_update)
    replaces(LogGroup, "get_cfn_attribute")(_attribute)


def _create(
    cls: Any,
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    properties = cloudformation_json["Properties"]
    backend = logs_backends[account_id][region_name]
    return backend.create_log_group(
        resource_name,
        _tags(properties),
        RetentionInDays=properties.get("RetentionInDays"),
        kmsKeyId=properties.get("KmsKeyId"),
    )


def _update(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Any:
    properties = cloudformation_json["Properties"]
    backend = logs_backends[account_id][region_name]
    original_resource.retention_in_days = properties.get("RetentionInDays")
    original_resource.kms_key_id = properties.get("KmsKeyId")
    backend.tagger.delete_all_tags_for_resource(original_resource.arn)
    backend.tag_resource(original_resource.arn, _tags(properties))
    return original_resource


def _attribute(self: Any, attribute_name: str) -> str:
    if attribute_name != "Arn":
        raise UnformattedGetAttTemplateException
    return f"{self.arn}:*"


def _tags(properties: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
