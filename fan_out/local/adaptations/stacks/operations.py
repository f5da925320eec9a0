"""A stack is created, updated and deleted as a whole, or is as it was before.

moto (5.2.5) answers the request with an error where a resource cannot be made, and leaves the stack
in progress for ever; it does not refresh outputs and exports; it fails to update a stack whose
template has a parameter with a default, such as CDK's ``BootstrapVersion``; and it reads JSON
templates with its YAML parser, several times, each of which takes 0.3 s for 100 KB.

What AWS does instead is in ``transitions``.
"""

import json
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.utils import generate_stack_id

from fan_out.local.adaptations.seam import replaces
from fan_out.local.adaptations.stacks import transitions

_moto_parse = Stack.parse_template


def install() -> None:
    """Let stacks be created, updated and deleted as in AWS."""
    replaces(Stack, "parse_template")(_parse)
    replaces(ChangeSet, "_parse_template")(_parse_own)
    replaces(CloudFormationBackend, "create_stack")(_create)
    replaces(CloudFormationBackend, "update_stack")(_update)
    replaces(CloudFormationBackend, "delete_stack")(_delete)


def _parse(template: str) -> dict[str, Any]:
    try:
        return dict(json.loads(template))
    except ValueError:
        return _moto_parse(template)


def _parse_own(self: Any) -> None:
    self.template_dict = _parse(self.template)


def _create(
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
    transitions.deploy(self, stack, "CREATE", template, parameters)
    return stack


def _update(
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
    transitions.deploy(self, stack, "UPDATE", template, values, tags)
    return stack


def _delete(self: Any, name_or_stack_id: str) -> None:
    for stack in list(self.stacks.values()):
        if name_or_stack_id in (stack.name, stack.stack_id):
            transitions.delete(self, stack)


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
