"""What one deployment of a stack knows of one resource."""

import copy
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import resource_class_from_type

REPLACED = {
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
}
"""The types that moto cannot update, and that AWS replaces, or that hold nothing to be lost."""


class Unsupported:
    """Stands for a resource of a type that moto does not have: only its name can be asked for."""

    def __init__(self, type: str, name: str) -> None:
        self.type = type
        self.physical_resource_id = name

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Refuse: there is nothing that has attributes."""
        raise ValueError(
            f"the embedded AWS has no {self.type}, so that Fn::GetAtt cannot ask for its "
            f"{attribute_name}"
        )

    def delete(self, account_id: str, region_name: str) -> None:
        """Do nothing: there is nothing to delete."""


@dataclass(frozen=True)
class Record:
    """A resource: its type, its resolved properties, and moto's object for it."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    policies: dict[str, Any]
    model: Any

    @property
    def physical_id(self) -> str:
        """The name or ARN by which AWS and ``Ref`` know it."""
        return str(getattr(self.model, "physical_resource_id", None) or self.logical_id)

    @property
    def retained(self) -> bool:
        """Whether it outlives its stack."""
        return str(self.policies.get("DeletionPolicy", "")).startswith("Retain")

    @property
    def retained_when_replaced(self) -> bool:
        """Whether it outlives the resource that takes its place."""
        return str(self.policies.get("UpdateReplacePolicy", "")).startswith("Retain")

    def definition(self) -> dict[str, Any]:
        """A template's text for it, resolved, that moto may change as it likes."""
        return {"Type": self.type, "Properties": copy.deepcopy(self.properties)}


def can_update(type: str) -> bool:
    """Whether moto can change a resource of the type."""
    model = resource_class_from_type(type)
    update = getattr(model, "update_from_cloudformation_json", None)
    return update is not None and not hasattr(update, "__isabstractmethod__")
