"""What one deployment of a stack knows of one resource."""

import copy
from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class Record:
    """A resource: its type, its resolved properties, and moto's object for it, its model."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    policies: dict[str, Any]
    model: Any = None

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

    def made(self, model: Any) -> Self:
        """The same with a model, which learns what it is in its stack."""
        model.cf_resource_type = self.type
        model.logical_resource_id = self.logical_id
        return replace(self, model=model)
