"""Step Functions in the embedded AWS: its tasks call the embedded Lambda, its logs go to the log
groups, and templates have its machines."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends

from fan_out.local.adaptations.functions.invocation import STATUS
from fan_out.local.adaptations.functions.logs import append
from fan_out.local.step_functions.requests import ApiError
from fan_out.local.step_functions.service import StepFunctions
from fan_out.local.step_functions.world import Answer, Call, Child, ServiceError


def step_functions(account: str, environments: int, directory: Path) -> StepFunctions:
    """Step Functions whose tasks wait for each other where more than ``environments`` would run."""
    # as many as there are Lambda environments: a task's time begins when it has one
    threads = ThreadPoolExecutor(environments, thread_name_prefix="task")
    service: StepFunctions

    def world_of(region: str) -> EmbeddedWorld:
        return EmbeddedWorld(account, region, threads, lambda: service)

    service = StepFunctions(account, world_of, _deliver, directory)
    return service


class EmbeddedWorld:
    """What executions of one region need: see ``step_functions.world.World``."""

    def __init__(
        self,
        account: str,
        region: str,
        threads: ThreadPoolExecutor,
        service: Callable[[], StepFunctions],
    ) -> None:
        self._account = account
        self._region = region
        self._threads = threads
        self._service = service

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Come back that much later."""
        await asyncio.sleep(seconds)

    async def invoke(self, call: Call, started: Callable[[], None]) -> Answer:
        """Invoke a function, in a thread of its own: the one that serves its Runtime API."""
        loop = asyncio.get_running_loop()

        def work() -> Answer:
            loop.call_soon_threadsafe(started)
            return self._invoked(call)

        return await loop.run_in_executor(self._threads, work)

    async def start_execution(self, machine: str, name: str | None, input: str) -> Child:
        """Start an execution."""
        request: dict[str, Any] = {"stateMachineArn": machine, "input": input}
        executions = self._service().executions
        try:
            begun = executions.start(request if name is None else {**request, "name": name})
            return Child(executions.describe({"executionArn": begun["executionArn"]}))
        except ApiError as error:
            raise ServiceError(error.code, error.message, error.status, "") from None

    async def end_of(self, execution: str) -> Child:
        """Wait for the end of an execution."""
        run = self._service().executions.find(execution)
        await run.until_its_end()
        return Child(run.described())

    async def stop_execution(self, execution: str) -> None:
        """Stop an execution."""
        run = self._service().executions.find(execution)
        if run.execution is not None:
            run.execution.stop(None, None)

    def _invoked(self, call: Call) -> Answer:
        arn = re.fullmatch(r"arn:[^:]+:lambda:([^:]+):.*", call.function)
        backend = lambda_backends[self._account][arn[1] if arn else self._region]
        headers: dict[str, str] = {}
        asked = {"x-amz-invocation-type": call.kind}
        try:
            payload: Any = backend.invoke(
                call.function, call.qualifier, call.payload.encode(), asked, headers
            )
        except JsonRESTError as error:
            raise ServiceError(str(error.error_type), str(error.message), error.code, "") from None
        return Answer(
            payload=payload.decode(),
            status=STATUS[call.kind],
            version=headers["x-amz-executed-version"],
            request_id=headers.get("x-amzn-requestid", ""),
            failed="x-amz-function-error" in headers,
        )


def _deliver(group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
    arn = group.split(":")
    account, region, name = arn[4], arn[3], arn[6]
    if name in logs_backends[account][region].groups:  # AWS makes none either
        append(account, region, name, stream, lines)


class StateMachineResource:
    """AWS::StepFunctions::StateMachine of a template. "AWS::StepFunctions::StateMachine", AWS
    CloudFormation User Guide."""

    service: StepFunctions

    def __init__(self, arn: str, name: str) -> None:
        self.arn = arn
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        """What Ref answers: its ARN."""
        return self.arn

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """What Fn::GetAtt answers."""
        if attribute_name not in ("Arn", "Name"):
            raise UnformattedGetAttTemplateException
        return self.arn if attribute_name == "Arn" else self.name

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, definition: Any, account_id: str, region_name: str, **more: Any
    ) -> "StateMachineResource":
        """Create one. Raises ValueError where there is one of this name."""
        properties = definition["Properties"]
        request = _request(properties) | {"name": resource_name}
        request |= {"type": properties.get("StateMachineType"), "tags": _tags(properties)}
        machines = cls.service.machines
        arn = f"arn:aws:states:{region_name}:{account_id}:stateMachine:{resource_name}"
        if machines.exists(arn):
            raise ValueError(f"State Machine Already Exists: {resource_name}")
        return cls(machines.create(request, region_name)["stateMachineArn"], resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, cloudformation_json: Any, **more: Any
    ) -> "StateMachineResource":
        """Change it in place. Raises ValueError where that cannot be."""
        properties, arn = cloudformation_json["Properties"], original_resource.arn
        kind = properties.get("StateMachineType", "STANDARD")
        if kind != "STANDARD":
            raise ValueError(f"a state machine cannot change its type to {kind}")
        machines = cls.service.machines
        machines.update({"stateMachineArn": arn, **_request(properties)})
        before = machines.list_tags({"resourceArn": arn})["tags"]
        machines.untag({"resourceArn": arn, "tagKeys": [tag["key"] for tag in before]})
        machines.tag({"resourceArn": arn, "tags": _tags(properties)})
        return cls(arn, original_resource.name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it."""
        self.service.machines.delete({"stateMachineArn": self.arn})


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What the API is asked for, of what a template says."""
    return {
        "definition": definition(properties),
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": _in_api_case(properties.get("LoggingConfiguration"))
        or {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": _in_api_case(properties.get("TracingConfiguration"))
        or {"enabled": False},
        "encryptionConfiguration": _in_api_case(properties.get("EncryptionConfiguration"))
        or {"type": "AWS_OWNED_KEY"},
    }


def definition(properties: Mapping[str, Any]) -> str:
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


def _tags(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = _in_api_case(properties.get("Tags", []))
    return tags
