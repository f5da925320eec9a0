"""Create and update one resource of a stack, by the models of moto and, where it has none, ours.

moto (5.2.5) passes over a resource of a type that it does not have, so that what refers to it gets
nothing; and loses one that it cannot update. Here the first has a name that can be referred to, and
nothing else; the second is refused.
"""

from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import (
    resource_class_from_type,
    resource_name_property_from_type,
)

from fan_out.local.adaptations.stacks.custom_resources import custom_resource, is_custom
from fan_out.local.adaptations.stacks.generated_names import generated_name
from fan_out.local.adaptations.stacks.record import Record

REPLACED = {
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
}
"""The types that moto cannot update, and that AWS replaces, or that hold nothing to be lost."""


@dataclass(frozen=True)
class Place:
    """Where a stack's resources are."""

    account: str
    region: str
    stack_id: str
    stack_name: str


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


OWN_MODELS: dict[str, tuple[Any, str]] = {}
"""The types that are not moto's here: the model, and the property that names a resource."""


def is_missed(type: str) -> bool:
    """Whether a resource of the type is passed over here, and would do something in AWS."""
    known = is_custom(type) or _model_of(type) is not None
    return not known and type != "AWS::CDK::Metadata"


def create(wanted: Record, place: Place) -> Record:
    """Make the resource. Raises what moto raises."""
    return wanted.made(_model(wanted, place))


def must_be_replaced(before: Record, wanted: Record) -> bool:
    """Whether the properties that changed are such as AWS makes a new resource for."""
    if before.type != wanted.type:
        return True
    if before.properties == wanted.properties:
        return False
    name = _named_by(wanted.type)
    renamed = name is not None and before.properties.get(name) != wanted.properties.get(name)
    return renamed or wanted.type in REPLACED


def update(before: Record, wanted: Record, place: Place) -> Record:
    """Give a resource other properties. Raises ValueError where moto's cannot change."""
    if isinstance(before.model, Unsupported):
        return wanted.made(before.model)
    if not _can_update(wanted.type):
        if _without_tags(before) == _without_tags(wanted):
            return wanted.made(before.model)
        raise ValueError(
            f"the embedded AWS cannot change an {wanted.type}: destroy the stack, and deploy it "
            "anew"
        )
    model = _model_of(wanted.type).update_from_cloudformation_json(
        original_resource=before.model,
        new_resource_name=before.physical_id,
        cloudformation_json=wanted.definition(),
        account_id=place.account,
        region_name=place.region,
    )
    return wanted.made(model)


def _model(wanted: Record, place: Place) -> Any:
    if is_custom(wanted.type):
        return custom_resource(wanted.type, wanted.logical_id, wanted.properties)
    name = generated_name(wanted.type, place.stack_name, wanted.logical_id)
    model = _model_of(wanted.type)
    if model is None:
        return Unsupported(wanted.type, name)
    named_by = _named_by(wanted.type)
    return model.create_from_cloudformation_json(
        wanted.properties.get(named_by, name) if named_by else name,
        wanted.definition(),
        place.account,
        place.region,
        LogicalId=wanted.logical_id,
        StackId=place.stack_id,
        ResourceType=wanted.type,
    )


def _can_update(type: str) -> bool:
    model = _model_of(type)
    found = getattr(model, "update_from_cloudformation_json", None)
    return found is not None and not hasattr(found, "__isabstractmethod__")


def _without_tags(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.properties.items() if key != "Tags"}


def _model_of(type: str) -> Any:
    return OWN_MODELS[type][0] if type in OWN_MODELS else resource_class_from_type(type)


def _named_by(type: str) -> str | None:
    named = OWN_MODELS[type][1] if type in OWN_MODELS else resource_name_property_from_type(type)
    return None if named is None else str(named)
