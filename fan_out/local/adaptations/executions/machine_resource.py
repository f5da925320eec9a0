"""A state machine of a template is one that executes, with all that the template says of it.

moto (5.2.5) has two stores of state machines, one that only pretends to execute and one that does,
and CloudFormation creates its machines in the first. Of a machine's properties it knows the
definition as text, the role and the tags, which it never takes away; nothing of logging, tracing,
type, an object for a definition, or substitutions in it. Its Fn::GetAtt lacks Arn.

"AWS::StepFunctions::StateMachine", AWS CloudFormation User Guide.
"""

import json
import re
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from fan_out.local.adaptations.seam import replaces

OFF = {"level": "OFF", "includeExecutionData": False}


def install() -> None:
    """Let CloudFormation make and change the machines that execute."""
    replaces(StateMachine, "create_from_cloudformation_json")(_create)
    replaces(StateMachine, "update_from_cloudformation_json")(_update)
    replaces(StateMachine, "delete_from_cloudformation_json")(_delete)
    replaces(StateMachine, "cloudformation_name_type")(_named_by)
    replaces(StateMachine, "get_cfn_attribute")(_attribute)


def _create(
    cls: Any,
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    properties = cloudformation_json["Properties"]
    backend = stepfunctions_parser_backends[account_id][region_name]
    if any(machine.name == resource_name for machine in backend.state_machines):
        raise ValueError(f"State Machine Already Exists: {resource_name}")
    return backend.create_state_machine(
        resource_name,
        definition(properties),
        properties["RoleArn"],
        tags=_tags(properties),
        loggingConfiguration=_in_api_case(properties.get("LoggingConfiguration")),
        tracingConfiguration=_in_api_case(properties.get("TracingConfiguration")),
        encryptionConfiguration=_in_api_case(properties.get("EncryptionConfiguration")),
        sm_type=properties.get("StateMachineType"),
    )


def _update(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Any:
    properties = cloudformation_json["Properties"]
    kind = properties.get("StateMachineType", "STANDARD")
    if kind != original_resource.type:
        raise ValueError(f"a state machine cannot change its type to {kind}")
    backend: Any = stepfunctions_parser_backends[account_id][region_name]
    arn = original_resource.arn
    machine = backend.update_state_machine(
        arn,
        definition=definition(properties),
        role_arn=properties["RoleArn"],
        logging_configuration=_in_api_case(properties.get("LoggingConfiguration")) or OFF,
        tracing_configuration=_in_api_case(properties.get("TracingConfiguration"))
        or {"enabled": False},
        encryption_configuration=_in_api_case(properties.get("EncryptionConfiguration"))
        or {"type": "AWS_OWNED_KEY"},
    )
    backend.tagger.delete_all_tags_for_resource(arn)
    backend.tagger.tag_resource(arn, _tags(properties))
    return machine


def _delete(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
) -> None:
    stepfunctions_parser_backends[account_id][region_name].delete_state_machine(resource_name)


def _named_by() -> str:
    return "StateMachineName"


def _attribute(self: Any, attribute_name: str) -> Any:
    if attribute_name not in ("Arn", "Name"):
        raise UnformattedGetAttTemplateException
    return getattr(self, attribute_name.lower())


def definition(properties: dict[str, Any]) -> str:
    """The definition in the Amazon States Language, of whatever form it is given in.

    Raises ValueError where it is in S3, or there is none or more than one.
    """
    if "DefinitionS3Location" in properties:
        raise ValueError("the embedded AWS reads no DefinitionS3Location: use DefinitionString")
    given = [properties[key] for key in ("DefinitionString", "Definition") if key in properties]
    if len(given) != 1:
        raise ValueError(
            f"a state machine has one of DefinitionString and Definition, got {len(given)}"
        )
    text = given[0] if isinstance(given[0], str) else json.dumps(given[0])
    values = properties.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{([^}]+)\}", lambda m: str(values.get(m[1], m[0])), text)


def _in_api_case(value: Any) -> Any:
    """A property as the API spells it: ``LogGroupArn`` is ``logGroupArn``."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _in_api_case(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_api_case(item) for item in value]
    return value


def _tags(properties: dict[str, Any]) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = _in_api_case(properties.get("Tags", []))
    return tags
