"""One deployment of a template, from the resources that the stack has to those that it should.

moto (5.2.5) compares the texts of the old and the new template and lets each changed resource
update itself. It loses a resource whose type it cannot update; deletes before it creates; misses a
resource whose text is the same but refers to one that was replaced; resolves the same reference
anew each time; and leaves a half-done stack behind where something fails.

AWS goes by the resolved properties, in the order of the references, replaces what cannot change,
and deletes last. "Update behaviors of stack resources", AWS CloudFormation User Guide.
"""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import (
    ResourceMap,
    clean_json,
    resource_class_from_type,
    resource_name_property_from_type,
)

from fan_out.local.adaptations.stacks.custom_resources import custom_resource, is_custom
from fan_out.local.adaptations.stacks.generated_names import generated_name
from fan_out.local.adaptations.stacks.record import REPLACED, Record, Unsupported, can_update


class Journal(Protocol):
    """Is told what happens to each resource."""

    def began(self, what: str, logical_id: str, type: str, physical_id: str, why: str) -> None:
        """``what`` is CREATE, UPDATE or DELETE."""

    def done(self, what: str, record: Record) -> None:
        """It has been done."""

    def failed(self, what: str, logical_id: str, type: str, error: Exception) -> None:
        """It could not be done."""


class Deployment(ResourceMap):
    """moto's map of a stack's resources, in which to look one up is to deploy it.

    ``previous`` is the deployment that this one comes after. Raises ValidationError where
    parameters or conditions are wrong, before anything is touched.
    """

    def __init__(
        self,
        stack: Any,
        template: Any,
        parameters: Any,
        previous: "Deployment | None",
        journal: Journal,
    ) -> None:
        super().__init__(
            stack.stack_id,
            stack.name,
            parameters,
            stack.tags,
            region_name=stack.region_name,
            account_id=stack.account_id,
            template=template,
            cross_stack_resources=stack.cross_stack_resources,
        )
        self.records: dict[str, Record] = {}
        self.replaced: list[Record] = []
        self._previous = {} if previous is None else previous.records
        self._journal = journal
        self._under_way: list[str] = []
        self._changes: list[tuple[Record | None, Record]] = []
        self.load()

    def run(self) -> None:
        """Create and update everything. Raises what the first failure raised."""
        for logical_id in self._resource_json_map:
            self[logical_id]

    def clean_up(self) -> None:
        """Delete what is no longer wanted, last things first; what cannot be deleted stays."""
        gone = [
            record
            for logical_id, record in self._previous.items()
            if logical_id not in self.records and not record.retained
        ]
        for record in reversed(gone + [r for r in self.replaced if not r.retained_when_replaced]):
            with suppress(Exception):  # the journal has it; AWS goes on, too
                self.delete_record(record)

    def roll_back(self) -> None:
        """Undo what ``run`` has done, last things first."""
        for before, after in reversed(self._changes):
            if before is None:
                self.delete_record(after)
            else:
                self._journal.began("UPDATE", after.logical_id, after.type, after.physical_id, "")
                self._update(after, before)
                self._journal.done("UPDATE", before)
        self._changes.clear()

    def delete(self) -> None:
        """Delete everything that is not to be retained, last things first."""
        for record in reversed(list(self.records.values())):
            if not record.retained:
                self.delete_record(record)
                self.records.pop(record.logical_id)

    def delete_record(self, record: Record) -> None:
        """Delete one resource. Raises what moto raised."""
        self._journal.began("DELETE", record.logical_id, record.type, record.physical_id, "")
        try:
            self._delete_resource(record.model, record.definition())
        except Exception as error:
            self._journal.failed("DELETE", record.logical_id, record.type, error)
            raise
        self._journal.done("DELETE", record)

    def validate_outputs(self) -> None:
        """Leave outputs to when they are made: moto does not know what Unsupported could be."""

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, key: str) -> Any:
        if key not in self._parsed_resources:
            definition = self._resource_json_map[key]
            if key in self._under_way:
                raise ValidationError(
                    message=f"Circular dependency between resources: {self._under_way}"
                )
            self._under_way.append(key)
            self._parsed_resources[key] = self._settle(key, definition)
            self._under_way.remove(key)
        return self._parsed_resources[key]

    def _settle(self, logical_id: str, definition: dict[str, Any]) -> Any:
        """Deploy one resource and, first, what it refers to."""
        condition = definition.get("Condition")
        if condition is not None and not self.lazy_condition_map[condition]:
            return None
        depends = definition.get("DependsOn", [])
        for dependency in [depends] if isinstance(depends, str) else depends:
            self[dependency]
        wanted = self._wanted(logical_id, definition)
        before = self._previous.get(logical_id)
        if before is None:
            after = self._create(wanted)
        elif before.type != wanted.type or self._must_be_replaced(before, wanted):
            after = self._create(wanted)
            self.replaced.append(before)
        elif before.properties != wanted.properties:
            after = self._change(before, wanted)
        else:
            after = Record(**{**vars(wanted), "model": before.model})
        self.records[logical_id] = after
        return after.model

    def _wanted(self, logical_id: str, definition: dict[str, Any]) -> Record:
        """The resource as the template describes it, without a model as yet."""
        properties = _without_none(clean_json(definition.get("Properties") or {}, self))
        policies = {key: definition.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        return Record(logical_id, definition["Type"], properties, policies, None)

    def _must_be_replaced(self, before: Record, wanted: Record) -> bool:
        if before.properties == wanted.properties:
            return False
        name = resource_name_property_from_type(wanted.type)
        renamed = name is not None and before.properties.get(name) != wanted.properties.get(name)
        return renamed or wanted.type in REPLACED

    def _create(self, wanted: Record) -> Record:
        logical_id, type = wanted.logical_id, wanted.type
        model = None if is_custom(type) else resource_class_from_type(type)
        known = model is not None or is_custom(type)
        why = "" if known else f"the embedded AWS has no {type}: passed over"
        self._journal.began("CREATE", logical_id, type, "", why)
        try:
            created = self._created(wanted, model)
        except Exception as error:
            self._journal.failed("CREATE", logical_id, type, error)
            raise
        created.cf_resource_type = type
        created.logical_resource_id = logical_id
        after = Record(**{**vars(wanted), "model": created})
        self._changes.append((None, after))
        self._journal.done("CREATE", after)
        return after

    def _created(self, wanted: Record, model: Any) -> Any:
        stack_name = str(self._parsed_resources["AWS::StackName"])
        name = generated_name(wanted.type, stack_name, wanted.logical_id)
        if is_custom(wanted.type):
            return custom_resource(wanted.type, wanted.logical_id, wanted.properties)
        if model is None:
            return Unsupported(wanted.type, name)
        named_by = resource_name_property_from_type(wanted.type)
        return model.create_from_cloudformation_json(
            wanted.properties.get(named_by, name) if named_by else name,
            wanted.definition(),
            self._account_id,
            self._region_name,
            LogicalId=wanted.logical_id,
            StackId=self.stack_id,
            ResourceType=wanted.type,
        )

    def _change(self, before: Record, wanted: Record) -> Record:
        physical_id = before.physical_id
        self._journal.began("UPDATE", before.logical_id, before.type, physical_id, "")
        try:
            after = self._update(before, wanted)
        except Exception as error:
            self._journal.failed("UPDATE", before.logical_id, before.type, error)
            raise
        self._changes.append((before, after))
        self._journal.done("UPDATE", after)
        return after

    def _update(self, before: Record, wanted: Record) -> Record:
        """Give a resource other properties. Raises ValueError where moto's cannot change."""
        if isinstance(before.model, Unsupported):
            return Record(**{**vars(wanted), "model": before.model})
        if not can_update(wanted.type):
            if _without_tags(before) == _without_tags(wanted):
                return Record(**{**vars(wanted), "model": before.model})
            raise ValueError(
                f"the embedded AWS cannot change an {wanted.type}: destroy the stack, and "
                "deploy it anew"
            )
        model = resource_class_from_type(wanted.type).update_from_cloudformation_json(
            original_resource=before.model,
            new_resource_name=before.physical_id,
            cloudformation_json=wanted.definition(),
            account_id=self._account_id,
            region_name=self._region_name,
        )
        model.cf_resource_type = wanted.type
        model.logical_resource_id = wanted.logical_id
        return Record(**{**vars(wanted), "model": model})


def _without_tags(record: Record) -> dict[str, Any]:
    properties = copy.copy(record.properties)
    properties.pop("Tags", None)
    return properties


def _without_none(value: Any) -> Any:
    """Lists without the places of AWS::NoValue, which moto leaves in them."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value
