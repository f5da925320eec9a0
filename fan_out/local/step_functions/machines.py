"""The state machines of an account: made, changed, described and deleted."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fan_out.local.step_functions.definition import Machine
from fan_out.local.step_functions.fields import InvalidDefinition
from fan_out.local.step_functions.reading import read_definition
from fan_out.local.step_functions.requests import (
    ApiError,
    check_name,
    check_role,
    needed,
    page_of,
    refuse,
)

NO_LOGGING = {"level": "OFF", "includeExecutionData": False}
NO_TRACING = {"enabled": False}
OWN_KEY = {"type": "AWS_OWNED_KEY"}


@dataclass(frozen=True, kw_only=True)
class StateMachine:
    """A state machine as it is at a time: an update makes another value."""

    arn: str
    name: str
    definition: str
    machine: Machine = field(repr=False, compare=False)
    role: str
    logging: Mapping[str, Any]
    tracing: Mapping[str, Any]
    encryption: Mapping[str, Any]
    created: datetime
    revision: str

    def described(self) -> dict[str, Any]:
        """DescribeStateMachine's answer."""
        return {
            "stateMachineArn": self.arn,
            "name": self.name,
            "status": "ACTIVE",
            "definition": self.definition,
            "roleArn": self.role,
            "type": "STANDARD",
            "creationDate": self.created.timestamp(),
            "loggingConfiguration": self.logging,
            "tracingConfiguration": self.tracing,
            "encryptionConfiguration": self.encryption,
            "revisionId": self.revision,
        }


class StateMachines:
    """The state machines of one account, in all regions; thread safe.

    Requests and answers are those of the API. Each method raises ApiError.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._machines: dict[str, StateMachine] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def create(self, request: Mapping[str, Any], region: str) -> dict[str, Any]:
        """CreateStateMachine. The same request again answers the same machine."""
        refuse(request, "publish", "versionDescription")
        name = check_name(needed(request, "name"))
        if request.get("type") not in (None, "STANDARD"):
            raise ApiError(
                "InvalidDefinition",
                f"the embedded AWS has no state machines of type {request['type']}: {name} must be "
                "STANDARD",
            )
        definition = needed(request, "definition")
        machine = StateMachine(
            arn=f"arn:aws:states:{region}:{self._account}:stateMachine:{name}",
            name=name,
            definition=definition,
            machine=_read(definition),
            role=check_role(needed(request, "roleArn")),
            logging=request.get("loggingConfiguration") or NO_LOGGING,
            tracing=request.get("tracingConfiguration") or NO_TRACING,
            encryption=request.get("encryptionConfiguration") or OWN_KEY,
            created=datetime.now(UTC),
            revision=str(uuid.uuid4()),
        )
        with self._lock:
            other = self._machines.setdefault(machine.arn, machine)
            if _changeable(other) != _changeable(machine):
                raise ApiError(
                    "StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'"
                )
            if other is machine:
                self._tags[machine.arn] = _tags(request.get("tags"))
        return {"stateMachineArn": other.arn, "creationDate": other.created.timestamp()}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateStateMachine. Executions that run go on with what they were started with."""
        refuse(request, "publish", "versionDescription")
        given = {
            name: request[key]
            for key, name in (
                ("definition", "definition"),
                ("roleArn", "role"),
                ("loggingConfiguration", "logging"),
                ("tracingConfiguration", "tracing"),
                ("encryptionConfiguration", "encryption"),
            )
            if request.get(key) is not None
        }
        if not given:
            raise ApiError(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the "
                "TracingConfiguration, or the EncryptionConfiguration must be specified",
            )
        if "role" in given:
            check_role(given["role"])
        if "definition" in given:
            given["machine"] = _read(given["definition"])
        with self._lock:
            before = self._found(needed(request, "stateMachineArn"))
            after = replace(before, **given, revision=str(uuid.uuid4()))
            self._machines[after.arn] = after
        return {"updateDate": datetime.now(UTC).timestamp(), "revisionId": after.revision}

    def find(self, arn: str) -> StateMachine:
        """The state machine with this ARN."""
        with self._lock:
            return self._found(arn)

    def exists(self, arn: str) -> bool:
        """Whether there is a state machine with this ARN."""
        with self._lock:
            return arn in self._machines

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteStateMachine. One that is not there is deleted, too."""
        with self._lock:
            arn = needed(request, "stateMachineArn")
            self._machines.pop(arn, None)
            self._tags.pop(arn, None)
        return {}

    def list_all(self, request: Mapping[str, Any], region: str) -> dict[str, Any]:
        """ListStateMachines."""
        with self._lock:
            found = [
                {
                    "stateMachineArn": one.arn,
                    "name": one.name,
                    "type": "STANDARD",
                    "creationDate": one.created.timestamp(),
                }
                for one in self._machines.values()
                if one.arn.split(":")[3] == region
            ]
        return page_of(found, request, "stateMachines")

    def tag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """TagResource."""
        with self._lock:
            self._tags_of(request).update(_tags(request.get("tags")))
        return {}

    def untag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UntagResource."""
        with self._lock:
            tags = self._tags_of(request)
            for key in request.get("tagKeys") or []:
                tags.pop(key, None)
        return {}

    def list_tags(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListTagsForResource."""
        with self._lock:
            tags = self._tags_of(request)
            return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _found(self, arn: str) -> StateMachine:
        if not arn.startswith("arn:") or ":stateMachine:" not in arn:
            raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
        found = self._machines.get(arn)
        if found is None:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return found

    def _tags_of(self, request: Mapping[str, Any]) -> dict[str, str]:
        arn = needed(request, "resourceArn")
        if arn not in self._machines:
            raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")
        return self._tags[arn]


def _read(definition: str) -> Machine:
    try:
        return read_definition(definition)
    except InvalidDefinition as error:
        raise ApiError("InvalidDefinition", str(error)) from None


def _changeable(machine: StateMachine) -> tuple[Any, ...]:
    return (
        machine.definition,
        machine.role,
        machine.logging,
        machine.tracing,
        machine.encryption,
    )


def _tags(given: Any) -> dict[str, str]:
    return {str(tag["key"]): str(tag["value"]) for tag in given or []}
