"""A stack is created, updated and deleted as a whole, or is as it was before.

moto (5.2.5) answers the request with an error where a resource cannot be made, and leaves the stack
in progress for ever; it does not refresh outputs and exports; it fails to update a stack whose
template has a parameter with a default, such as CDK's ``BootstrapVersion``; and it reads JSON
templates with its YAML parser, which takes a second for each 100 KB.

AWS rolls back, and the stack's status and events say so. "Stack status codes", AWS CloudFormation
User Guide.
"""

import json
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import OutputMap
from moto.cloudformation.utils import generate_stack_id
from moto.core.utils import utcnow

from fan_out.local.adaptations.seam import replaces
from fan_out.local.adaptations.stacks.deployment import Deployment
from fan_out.local.adaptations.stacks.events import StackEvents, reason_of


def install() -> None:
    """Let stacks be created, updated and deleted as in AWS."""
    moto_parse = Stack.parse_template

    @replaces(Stack, "parse_template")
    def parse(template: str) -> dict[str, Any]:
        try:
            return dict(json.loads(template))
        except ValueError:
            return moto_parse(template)

    @replaces(ChangeSet, "_parse_template")
    def parse_own(self: Any) -> None:
        self.template_dict = parse(self.template)

    @replaces(CloudFormationBackend, "create_stack")
    def create(
        self: Any,
        name: str,
        template: str,
        parameters: dict[str, Any],
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
        enable_termination_protection: bool | None = False,
        timeout_in_mins: int | None = None,
        stack_policy_body: str | None = None,
    ) -> Any:
        if any(stack.name == name for stack in self.stacks.values()):
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack = empty_stack(self, name, notification_arns, tags, role_arn)
        stack.enable_termination_protection = bool(enable_termination_protection)
        stack.timeout_in_minutes = timeout_in_mins
        stack.policy = stack_policy_body or ""
        deploy(self, stack, "CREATE", template, parameters)
        return stack

    @replaces(CloudFormationBackend, "update_stack")
    def update(
        self: Any,
        name: str,
        template: str,
        role_arn: str | None,
        parameters: list[dict[str, Any]],
        tags: dict[str, str] | None,
    ) -> Any:
        stack = self.get_stack(name)
        values = given_parameters(parameters, stack)
        if not changes(stack, template, values, tags):
            raise ValidationError(message="No updates are to be performed.")
        stack.role_arn = role_arn
        deploy(self, stack, "UPDATE", template, values, tags)
        return stack

    @replaces(CloudFormationBackend, "delete_stack")
    def delete(self: Any, name_or_stack_id: str) -> None:
        for stack in list(self.stacks.values()):
            if name_or_stack_id in (stack.name, stack.stack_id):
                _delete(self, stack)


def empty_stack(
    backend: Any,
    name: str,
    notification_arns: list[str] | None,
    tags: dict[str, str] | None,
    role_arn: str | None,
) -> Any:
    """A new stack without a resource, known to ``backend``."""
    stack: Any = Stack(  # type: ignore[abstract]
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
    )
    stack.cross_stack_resources = backend.exports
    backend.stacks[stack.stack_id] = stack
    return stack


def given_parameters(parameters: list[dict[str, Any]], stack: Any) -> dict[str, str]:
    """The values that were given: where an earlier one is to be kept, and was given, that."""
    values = {}
    for parameter in parameters:
        key = parameter["ParameterKey"]
        if "ParameterValue" in parameter and not parameter.get("UsePreviousValue"):
            values[key] = parameter["ParameterValue"]
        elif key in stack.parameters:
            values[key] = stack.parameters[key]
    return values


def changes(
    stack: Any, template: str, parameters: dict[str, str], tags: dict[str, str] | None
) -> bool:
    """Whether a deployment would change anything. ``tags`` None leaves them as they are."""
    return bool(
        stack.template_dict != Stack.parse_template(template)
        or stack.parameters != parameters
        or (tags is not None and stack.tags != tags)
    )


def deploy(
    backend: Any,
    stack: Any,
    kind: str,
    template: str,
    parameters: dict[str, str],
    tags: dict[str, str] | None = None,
) -> None:
    """Bring a stack to a template, or back to where it was. ``kind`` is CREATE or UPDATE.

    Raises ValidationError where the template cannot be read or parameters are missing; whatever
    goes wrong after that is told by the stack's status and events.
    """
    events = StackEvents(stack)
    before = stack.resource_map if isinstance(stack.resource_map, Deployment) else None
    text = Stack.parse_template(template)
    deployment = Deployment(stack, text, parameters, before, events)
    events.stack(f"{kind}_IN_PROGRESS", "User Initiated")
    try:
        deployment.run()
        outputs = OutputMap(deployment, text, stack.stack_id)
        exports = _exports(backend, stack, outputs)
    except Exception as error:
        _roll_back(deployment, events, kind, error)
        return
    for name in [name for name, export in backend.exports.items() if _own(export, stack)]:
        del backend.exports[name]
    backend.exports.update(exports)
    stack.template, stack.template_dict, stack.parameters = template, text, parameters
    stack.description = text.get("Description")
    stack.resource_map, stack.output_map = deployment, outputs
    if tags is not None:
        stack.tags = tags
    if kind == "UPDATE":
        stack.last_updated_time = utcnow()
        events.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        deployment.clean_up()
    events.stack(f"{kind}_COMPLETE")


def _exports(backend: Any, stack: Any, outputs: OutputMap) -> dict[str, Any]:
    """The stack's exports; evaluates its outputs. Raises what cannot be resolved."""
    list(outputs.values())
    exports = {export.name: export for export in outputs.exports}
    for name in exports:
        other = backend.exports.get(name)
        if other is not None and not _own(other, stack):
            raise ValidationError(
                message=f"Export with name {name} is already exported by stack "
                f"{other.exporting_stack_id}"
            )
    return exports


def _own(export: Any, stack: Any) -> bool:
    return bool(export.exporting_stack_id == stack.stack_id)


def _roll_back(deployment: Deployment, events: StackEvents, kind: str, error: Exception) -> None:
    status = "ROLLBACK" if kind == "CREATE" else "UPDATE_ROLLBACK"
    events.stack(f"{status}_IN_PROGRESS", reason_of(error))
    try:
        deployment.roll_back()
    except Exception as second:
        events.stack(f"{status}_FAILED", reason_of(second))
    else:
        events.stack(f"{status}_COMPLETE")


def _delete(backend: Any, stack: Any) -> None:
    if stack.enable_termination_protection:
        raise ValidationError(
            message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    events = StackEvents(stack)
    events.stack("DELETE_IN_PROGRESS", "User Initiated")
    try:
        if isinstance(stack.resource_map, Deployment):
            stack.resource_map.delete()
    except Exception as error:
        events.stack("DELETE_FAILED", reason_of(error))
        return
    events.stack("DELETE_COMPLETE")
    for name in [name for name, export in backend.exports.items() if _own(export, stack)]:
        del backend.exports[name]
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)
