"""What this interpreter would get wrong without a word is refused when a machine is created.

moto (5.2.5) runs a Distributed Map whose failed children become ``null`` in a Map that succeeds,
ignores tolerances and writes an empty manifest; and it keeps an EXPRESS machine as a STANDARD one.
None of that shows before, at best, the execution. And it answers another machine of the same name
as if it were the one that was to be created.

Here CreateStateMachine and UpdateStateMachine, and so CloudFormation, refuse the first with
InvalidDefinition, and say which state it is; and the last with StateMachineAlreadyExists, as AWS.
"""

import json
from collections.abc import Iterator
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from fan_out.local.adaptations.seam import replaces

DISTRIBUTED = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
"""The fields of a Map state that mean something in Distributed mode alone."""


class InvalidDefinitionError(AWSError):
    """The definition cannot be run here. The message is one line."""

    TYPE = "InvalidDefinition"
    STATUS = 400


class StateMachineAlreadyExistsError(AWSError):
    """There is a machine of that name with another definition."""

    TYPE = "StateMachineAlreadyExists"
    STATUS = 400


_moto_validate = StepFunctionsParserBackend._validate_definition
_moto_create = StepFunctionsParserBackend.create_state_machine


def install() -> None:
    """Refuse, on top of what moto itself refuses."""
    replaces(StepFunctionsParserBackend, "_validate_definition")(_validate)
    replaces(StepFunctionsParserBackend, "create_state_machine")(_create)


def _validate(definition: str) -> None:
    try:
        machine = json.loads(definition)
    except ValueError as problem:
        raise InvalidDefinitionError(f"the definition is no JSON: {problem}") from problem
    for refusal in refusals(machine):
        raise InvalidDefinitionError(f"the embedded AWS has no {refusal}")
    try:
        _moto_validate(definition=definition)
    except Exception as error:
        raise InvalidDefinitionError(str(getattr(error, "message", error))) from error


def _create(
    self: Any,
    name: str,
    definition: str,
    roleArn: str,  # noqa: N803 - moto's name
    tags: Any = None,
    publish: Any = None,
    loggingConfiguration: Any = None,  # noqa: N803
    tracingConfiguration: Any = None,  # noqa: N803
    encryptionConfiguration: Any = None,  # noqa: N803
    version_description: Any = None,
    sm_type: Any = None,
) -> Any:
    if sm_type not in (None, "STANDARD"):
        raise InvalidDefinitionError(
            f"the embedded AWS has no state machines of type {sm_type}: {name} must be STANDARD"
        )
    for other in self.state_machines:
        if other.name == name and other.definition != definition:
            raise StateMachineAlreadyExistsError(f"State Machine Already Exists: '{other.arn}'")
    return _moto_create(
        self,
        name,
        definition,
        roleArn,
        tags,
        publish,
        loggingConfiguration,
        tracingConfiguration,
        encryptionConfiguration,
        version_description,
        sm_type,
    )


def refusals(machine: Any) -> Iterator[str]:
    """What a definition has that is not to be had here, at any depth."""
    if not isinstance(machine, dict):
        return
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        if isinstance(state, dict):
            yield from _refusals_of(name, state)


def _refusals_of(name: str, state: dict[str, Any]) -> Iterator[str]:
    for key in ("ItemProcessor", "Iterator"):
        inner = state.get(key)
        if isinstance(inner, dict):
            config = inner.get("ProcessorConfig")
            if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
                yield f"Distributed Map: state {name!r} has ProcessorConfig.Mode DISTRIBUTED"
            yield from refusals(inner)
    for key in DISTRIBUTED:
        if key in state:
            yield f"Distributed Map: state {name!r} has {key}"
    branches = state.get("Branches")
    for branch in branches if isinstance(branches, list) else ():
        yield from refusals(branch)
