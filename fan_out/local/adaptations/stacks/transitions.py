"""A stack goes from one status to the next, with its resources, outputs and exports.

AWS rolls back where something fails, and the stack's status and events say so. "Stack status
codes", AWS CloudFormation User Guide.
"""

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.parsing import OutputMap
from moto.core.utils import utcnow

from fan_out.local.adaptations.stacks.deployment import Deployment
from fan_out.local.adaptations.stacks.events import StackEvents, reason_of


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
    tags = stack.tags if tags is None else tags
    deployment = Deployment(stack, text, parameters, tags, before, events)
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


def delete(backend: Any, stack: Any) -> None:
    """Delete a stack, but for what is to be retained. Raises ValidationError if it is protected."""
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
