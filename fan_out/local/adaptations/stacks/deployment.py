"""One deployment of a template, from the resources that the stack has to those that it should.

moto (5.2.5) compares the texts of the old and the new template and lets each changed resource
update itself. It deletes before it creates, misses a resource whose text is the same but refers to
one that was replaced, and leaves a half-done stack behind where something fails.

AWS goes by the resolved properties, in the order of the references, replaces what cannot change,
and deletes last. "Update behaviors of stack resources", AWS CloudFormation User Guide.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

from fan_out.local.adaptations.stacks.record import Record
from fan_out.local.adaptations.stacks.resource_changes import (
    Place,
    create,
    is_missed,
    must_be_replaced,
    update,
)
from fan_out.local.adaptations.stacks.tags import with_stack_tags


class Journal(Protocol):
    """Is told what happens to each resource: it is to CREATE, UPDATE or DELETE it."""

    def began(self, what: str, record: Record, why: str | None = None) -> None:
        """It is about to be done."""

    def done(self, what: str, record: Record) -> None:
        """It has been done."""

    def skipped(self, record: Record) -> None:
        """It is not deleted: it is to be retained."""

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
        tags: dict[str, str],
        previous: "Deployment | None",
        journal: Journal,
    ) -> None:
        super().__init__(
            stack.stack_id,
            stack.name,
            parameters,
            tags,
            region_name=stack.region_name,
            account_id=stack.account_id,
            template=template,
            cross_stack_resources=stack.cross_stack_resources,
        )
        self.records: dict[str, Record] = {}
        self._place = Place(stack.account_id, stack.region_name, stack.stack_id, stack.name)
        self._previous = {} if previous is None else previous.records
        self._journal = journal
        self._under_way: list[str] = []
        self._changes: list[tuple[Record | None, Record]] = []
        self._replaced: list[Record] = []
        self._failure: Exception | None = None
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
        gone += [record for record in self._replaced if not record.retained_when_replaced]
        for record in reversed(gone):
            with suppress(Exception):  # the journal has it; AWS goes on, too
                self._delete(record)

    def roll_back(self) -> None:
        """Undo what ``run`` has done, last things first."""
        for before, after in reversed(self._changes):
            if before is None:
                self._delete(after)
            else:
                self._journal.began("UPDATE", after)
                update(after, before, self._place)
                self._journal.done("UPDATE", before)

    def delete(self) -> None:
        """Delete everything that is not to be retained, last things first."""
        for record in reversed(list(self.records.values())):
            if record.retained:
                self._journal.skipped(record)
                continue
            self._delete(record)
            self.records.pop(record.logical_id)

    def validate_outputs(self) -> None:
        """Leave outputs to when they are made: moto does not know what stands in for others."""

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
            self._parsed_resources[key] = self._told(key, definition)
            self._under_way.remove(key)
        return self._parsed_resources[key]

    def _told(self, logical_id: str, definition: dict[str, Any]) -> Any:
        """Deploy one resource; tell the journal of a failure where it happens, and only there."""
        try:
            return self._settle(logical_id, definition)
        except Exception as error:
            if error is not self._failure:
                self._failure = error
                what = "UPDATE" if logical_id in self._previous else "CREATE"
                self._journal.failed(what, logical_id, definition["Type"], error)
            raise

    def _settle(self, logical_id: str, definition: dict[str, Any]) -> Any:
        """Deploy one resource and, first, what it depends on and refers to."""
        condition = definition.get("Condition")
        if condition is not None and not self.lazy_condition_map[condition]:
            return None
        depends = definition.get("DependsOn", [])
        for dependency in [depends] if isinstance(depends, str) else depends:
            self[dependency]
        type = definition["Type"]
        properties = _without_none(clean_json(definition.get("Properties") or {}, self))
        tagged = with_stack_tags(type, properties, self.tags)
        wanted = Record(logical_id, type, tagged, definition)
        before = self._previous.get(logical_id)
        if before is None or must_be_replaced(before, wanted):
            after = self._create(wanted)
            self._replaced += [] if before is None else [before]
        elif before.properties != wanted.properties:
            after = self._update(before, wanted)
        else:
            after = replace(wanted, model=before.model)
        self.records[logical_id] = after
        return after.model

    def _create(self, wanted: Record) -> Record:
        type = wanted.type
        why = f"the embedded AWS has no {type}: passed over" if is_missed(type) else None
        self._journal.began("CREATE", wanted, why)
        after = create(wanted, self._place)
        self._changes.append((None, after))
        self._journal.done("CREATE", after)
        return after

    def _update(self, before: Record, wanted: Record) -> Record:
        self._journal.began("UPDATE", before)
        after = update(before, wanted, self._place)
        self._changes.append((before, after))
        self._journal.done("UPDATE", after)
        return after

    def _delete(self, record: Record) -> None:
        """Delete one resource. Raises what moto raised."""
        self._journal.began("DELETE", record)
        try:
            self._delete_resource(record.model, record.definition())
        except Exception as error:
            self._journal.failed("DELETE", record.logical_id, record.type, error)
            raise
        self._journal.done("DELETE", record)


def _without_none(value: Any) -> Any:
    """Lists without the places of AWS::NoValue, which moto leaves in them."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value
