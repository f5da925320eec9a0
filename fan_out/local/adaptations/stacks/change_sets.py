"""A change set belongs to one stack, and executing it is a deployment.

moto (5.2.5) finds a change set by its name alone, and the CDK CLI gives all of its own the same;
answers as for a missing stack where there is none, which the CLI waits for after it deleted one;
makes a second stack of the same name; compares no tags; and shows no outputs of a stack that was
created in this way. "CreateChangeSet", AWS CloudFormation API Reference.
"""

from contextlib import suppress
from typing import Any

from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    ValidationError,
)
from moto.cloudformation.models import ChangeSet
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_changeset_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult

from fan_out.local.adaptations.seam import replaces
from fan_out.local.adaptations.stacks.events import StackEvents
from fan_out.local.adaptations.stacks.operations import changes, empty_stack, given_parameters
from fan_out.local.adaptations.stacks.transitions import deploy

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


class ChangeSetNotFoundError(CloudFormationError):
    """There is no change set of that name for that stack."""

    code = "ChangeSetNotFound"


def install() -> None:
    """Let change sets be made, found and executed as in AWS."""
    replaces(CloudFormationResponse, "create_change_set")(_create)
    replaces(CloudFormationResponse, "describe_change_set")(_describe)
    replaces(CloudFormationResponse, "delete_change_set")(_delete)
    replaces(CloudFormationResponse, "list_change_sets")(_list_all)
    replaces(CloudFormationResponse, "execute_change_set")(_execute)


def _create(self: Any) -> ActionResult:
    backend = self.cloudformation_backend
    name = self._get_param("ChangeSetName")
    validate_create_change_set(name)
    kind = self._get_param("ChangeSetType", "UPDATE")
    stack = _stack_for(self, backend, kind)
    if any(_matches(each, name, stack.name) for each in backend.change_sets.values()):
        raise AlreadyExistsException(f"ChangeSet {name} already exists")
    change_set = _change_set(self, backend, stack, name, kind)
    backend.change_sets[change_set.change_set_id] = change_set
    return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})


def _describe(self: Any) -> ActionResult:
    return ActionResult(_found(self))


def _delete(self: Any) -> EmptyResult:
    with suppress(ChangeSetNotFoundError):  # AWS is content with that, too
        del self.cloudformation_backend.change_sets[_found(self).change_set_id]
    return EmptyResult()


def _list_all(self: Any) -> ActionResult:
    name = self._get_param("StackName")
    every = self.cloudformation_backend.change_sets.values()
    return ActionResult({"Summaries": [each for each in every if _is_for(each, name)]})


def _execute(self: Any) -> EmptyResult:
    change_set = _found(self)
    if change_set.execution_status != "AVAILABLE":
        raise CloudFormationError(
            f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
            f"execution status of [{change_set.execution_status}]"
        )
    change_set.execution_status = "EXECUTE_COMPLETE"
    backend, stack = self.cloudformation_backend, change_set.stack
    stack.role_arn = change_set.role_arn
    deploy(
        backend,
        stack,
        change_set.change_set_type,
        change_set.template,
        change_set.parameters,
        change_set.tags,
    )
    for other in [each for each in backend.change_sets.values() if each.stack is stack]:
        del backend.change_sets[other.change_set_id]
    return EmptyResult()


def _stack_for(response: Any, backend: Any, kind: str) -> Any:
    """The stack that a change set is to change: for a CREATE a new one, under review."""
    name = response._get_param("StackName")
    stack = next((each for each in backend.stacks.values() if _is(each, name)), None)
    if kind == "UPDATE":
        return stack or backend.get_stack(name)  # which raises
    if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            message=f"Stack [{name}] already exists and cannot be created again with the "
            f"changeSet [{response._get_param('ChangeSetName')}]."
        )
    if stack is None:
        tags = _tags(response)
        arns = response._get_param("NotificationARNs", [])
        stack = empty_stack(backend, name, arns, tags, response._get_param("RoleARN"))
        StackEvents(stack).stack("REVIEW_IN_PROGRESS", "User Initiated")
    return stack


def _change_set(response: Any, backend: Any, stack: Any, name: str, kind: str) -> ChangeSet:
    response.validate_template_and_stack_body()
    url = response._get_param("TemplateURL")
    template = response._get_param("TemplateBody")
    if url:
        template = response._get_stack_from_s3_url(url)
    elif response._get_bool_param("UsePreviousTemplate", False):
        template = stack.template
    parameters = given_parameters(response._get_param("Parameters", []), stack)
    tags = _tags(response)
    change_set = ChangeSet(
        change_set_type=kind,
        change_set_id=generate_changeset_id(name, backend.region_name, backend.account_id),
        change_set_name=name,
        stack=stack,
        template=template,
        parameters=parameters,
        description=response._get_param("Description"),
        notification_arns=response._get_param("NotificationARNs", []),
        tags=tags,
        role_arn=response._get_param("RoleARN"),
    )
    if kind == "CREATE" or changes(stack, template, parameters, tags):
        change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"
    else:
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NO_CHANGES
    return change_set


def _tags(response: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}


def _found(response: Any) -> Any:
    """The change set that a request names, by its ARN, or by its name and its stack's."""
    name, stack = response._get_param("ChangeSetName"), response._get_param("StackName")
    for change_set in response.cloudformation_backend.change_sets.values():
        if _matches(change_set, name, stack):
            return change_set
    raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")


def _matches(change_set: Any, name: str, stack: str | None) -> bool:
    if name == change_set.change_set_id:
        return True
    return bool(name == change_set.change_set_name and _is_for(change_set, stack))


def _is_for(change_set: Any, stack: str | None) -> bool:
    return stack is not None and _is(change_set.stack, stack)


def _is(stack: Any, name_or_id: str) -> bool:
    return name_or_id in (stack.name, stack.stack_id)
