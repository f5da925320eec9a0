"""A nested stack is updated in place, has outputs, and fails with its parent.

moto (5.2.5) deletes a nested stack and makes it anew in order to update it, knows no
Fn::GetAtt Outputs, and takes one that failed for one that did not.

"AWS::CloudFormation::Stack", AWS CloudFormation User Guide.
"""

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

from fan_out.local.adaptations.seam import adds, replaces
from fan_out.local.adaptations.stacks.events import failure_of
from fan_out.local.adaptations.stacks.operations import changes
from fan_out.local.adaptations.stacks.transitions import deploy


def install() -> None:
    """Let CloudFormation make, change and ask nested stacks."""
    replaces(Stack, "create_from_cloudformation_json")(_create)
    replaces(Stack, "update_from_cloudformation_json")(_update)
    replaces(Stack, "delete_from_cloudformation_json")(_delete)
    replaces(Stack, "physical_resource_id")(_physical_id)
    adds(Stack, "get_cfn_attribute")(_attribute)


def _create(
    cls: Any,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    backend = cloudformation_backends[account_id][region_name]
    template, parameters, tags = _wanted(cloudformation_json, account_id, region_name)
    stack = backend.create_stack(resource_name, template, parameters, tags=tags)
    return _unless_failed(stack)


def _update(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Any:
    backend = cloudformation_backends[account_id][region_name]
    template, parameters, tags = _wanted(cloudformation_json, account_id, region_name)
    if changes(original_resource, template, parameters, tags):
        deploy(backend, original_resource, "UPDATE", template, parameters, tags)
    return _unless_failed(original_resource)


def _delete(
    cls: Any,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> None:
    backend = cloudformation_backends[account_id][region_name]
    backend.delete_stack(resource_name)
    if resource_name in backend.stacks:
        raise ValueError(failure_of(backend.stacks[resource_name]))


def _physical_id(self: Any) -> str:
    return str(self.stack_id)


def _attribute(self: Any, attribute_name: str) -> Any:
    output = self.output_map.get(attribute_name.removeprefix("Outputs."))
    if output is None:
        raise UnformattedGetAttTemplateException
    return output.value


def _wanted(definition: Any, account: str, region: str) -> tuple[str, dict[str, str], Any]:
    """Template, parameters and tags of a nested stack."""
    properties = definition["Properties"]
    template = get_stack_from_s3_url(properties["TemplateURL"], account, get_partition(region))
    parameters = {key: str(value) for key, value in properties.get("Parameters", {}).items()}
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return template, parameters, tags


def _unless_failed(stack: Any) -> Any:
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise ValueError(f"embedded stack {stack.name} failed: {failure_of(stack)}")
    return stack
