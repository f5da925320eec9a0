"""A bucket of a template can change its tags, and is not deleted while something is in it.

moto (5.2.5) fails to update a bucket that has tags and a generated name; and reports a bucket that
is not empty as deleted, when it is still there.

AWS fails to delete it; CDK's ``auto_delete_objects`` empties it before. "AWS::S3::Bucket", AWS
CloudFormation User Guide.
"""

from typing import Any

from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

from fan_out.local.adaptations.seam import replaces

_moto_update = FakeBucket.__dict__["update_from_cloudformation_json"].__func__


def install() -> None:
    """Let CloudFormation change and delete buckets as in AWS."""
    replaces(FakeBucket, "update_from_cloudformation_json")(_update)
    replaces(FakeBucket, "delete_from_cloudformation_json")(_delete)


def _update(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Any:
    cloudformation_json["Properties"]["BucketName"] = original_resource.name
    return _moto_update(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    )


def _delete(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
) -> None:
    backend = s3_backends[account_id][get_partition(region_name)]
    if backend.delete_bucket(resource_name) is None:
        raise ValueError(f"the bucket you tried to delete is not empty: {resource_name}")


def empty(bucket_name: str, account: str, region: str) -> None:
    """Delete all objects of a bucket, and all versions of them."""
    bucket = s3_backends[account][get_partition(region)].buckets.get(bucket_name)
    if bucket is not None:
        bucket.keys.clear()
