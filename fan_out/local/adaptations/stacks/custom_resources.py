"""Custom resources are refused, but for the one with which CDK empties a bucket.

moto (5.2.5) invokes the function behind a custom resource in the background, tells it to answer to
an address inside Docker, and leaves the stack in progress for ever where no answer comes. Most of
them are CDK's own, on Node.js, which no function runs on here.
"""

from typing import Any

from fan_out.local.adaptations.stacks.buckets import empty


def is_custom(type: str) -> bool:
    """Whether a resource type is one that a function implements."""
    return type.startswith("Custom::") or type == "AWS::CloudFormation::CustomResource"


def custom_resource(type: str, logical_id: str, properties: dict[str, Any]) -> Any:
    """The custom resource, where it is known. Raises ValueError where it is not."""
    if type != "Custom::S3AutoDeleteObjects":
        raise ValueError(f"the embedded AWS runs no custom resources: {logical_id} is a {type}")
    return AutoDeleteObjects(logical_id, properties["BucketName"])


class AutoDeleteObjects:
    """CDK's ``auto_delete_objects``: empties the bucket when it is deleted itself, before that."""

    def __init__(self, logical_id: str, bucket_name: str) -> None:
        self.physical_resource_id = logical_id
        self._bucket_name = bucket_name

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Refuse: it has no attributes."""
        raise ValueError(f"Custom::S3AutoDeleteObjects has no attribute {attribute_name}")

    def delete(self, account_id: str, region_name: str) -> None:
        """Empty the bucket."""
        empty(self._bucket_name, account_id, region_name)
