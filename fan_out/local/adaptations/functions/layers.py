"""A layer of a template has an ARN to refer to, can be deleted, and stays with its functions.

moto (5.2.5) has no physical id for AWS::Lambda::LayerVersion, so that a function of the same
template cannot name it; overlooks its LayerName; and deletes none.

AWS: Ref is the version's ARN. A function that has a layer keeps it when the layer is deleted.
"AWS::Lambda::LayerVersion", AWS CloudFormation User Guide.
"""

from typing import Any

from moto.awslambda.models import LayerVersion
from moto.awslambda.utils import get_backend

from fan_out.local.adaptations.seam import adds, replaces

_deleted: dict[str, bytes] = {}


def install() -> None:
    """Let CloudFormation name and delete layers."""
    adds(LayerVersion, "physical_resource_id", property)(_physical_id)
    replaces(LayerVersion, "cloudformation_name_type")(_named_by)
    adds(LayerVersion, "delete")(_delete)


def _physical_id(self: Any) -> str:
    return str(self.arn)


def _named_by() -> str:
    return "LayerName"


def _delete(self: Any, account_id: str, region_name: str) -> None:
    _deleted[self.arn] = self.code_bytes
    get_backend(account_id, region_name).delete_layer_version(self.name, str(self.version))


def layers_of(function: Any) -> tuple[bytes, ...]:
    """The zips of a function's layers, in their order."""
    backend = get_backend(function.account_id, function.region)
    zips = []
    for layer in function.layers:
        version = backend.layers_versions_by_arn(layer["Arn"])
        zips.append(_deleted[layer["Arn"]] if version is None else version.code_bytes)
    return tuple(zips)
