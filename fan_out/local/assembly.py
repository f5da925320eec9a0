"""Deploy a synthesized cloud assembly (``cdk.out``) without the CDK CLI.

Publishes the file assets of its stacks and creates or updates these through CloudFormation, in the
order of their dependencies: what the CLI does, in a fraction of its time. For tests on the embedded
AWS; roles, Docker images and context lookups are the CLI's own.
"""

import graphlib
import json
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fan_out.local.assets import AssetError, publish

if TYPE_CHECKING:
    import boto3

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
"""Where ``cdk bootstrap`` leaves its version, and a stack's template looks for it."""

SECONDS_BETWEEN_LOOKS = 0.1


class DeployError(RuntimeError):
    """A stack could not be deployed. The message is one line that ends with the reason."""


@dataclass(frozen=True)
class Stack:
    """A stack of an assembly: its name, its template's text, and where its assets are listed."""

    name: str
    template: str
    region: str | None
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    assets: tuple[Path, ...] = ()


def deploy(
    assembly: Path, session: "boto3.Session", stacks: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Deploy all stacks, or those named, and answer ``{stack name: {output key: value}}``.

    Stages in the assembly are looked into. Raises DeployError with the reason, for a name that no
    stack has, and where an asset is no file.
    """
    found = list(_stacks_of(assembly))
    unknown = set(stacks or ()) - {stack.name for stack in found}
    if unknown:
        names = ", ".join(stack.name for stack in found)
        raise DeployError(f"no stack {', '.join(sorted(unknown))} in {assembly}, only {names}")
    chosen = [stack for stack in found if stacks is None or stack.name in stacks]
    return {stack.name: _deploy(stack, session) for stack in chosen}


def _stacks_of(assembly: Path) -> Iterator[Stack]:
    """The stacks of an assembly and of the assemblies in it, each after what it depends on."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    if manifest.get("missing"):
        raise DeployError(f"{assembly} wants context lookups, which are for the CDK CLI")
    artifacts = manifest.get("artifacts", {})
    needs = {name: artifact.get("dependencies", []) for name, artifact in artifacts.items()}
    for name in graphlib.TopologicalSorter(needs).static_order():
        artifact = artifacts[name]
        if artifact["type"] == "aws:cloudformation:stack":
            yield _stack(assembly, name, artifact, artifacts)
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks_of(assembly / artifact["properties"]["directoryName"])


def _stack(assembly: Path, name: str, artifact: Any, artifacts: Any) -> Stack:
    properties = artifact["properties"]
    region = artifact.get("environment", "").rpartition("/")[2]
    needed = [artifacts[each] for each in artifact.get("dependencies", [])]
    return Stack(
        name=properties.get("stackName", name),
        template=(assembly / properties["templateFile"]).read_text(),
        region=None if region in ("", "unknown-region") else region,
        parameters=properties.get("parameters", {}),
        tags=properties.get("tags", {}),
        assets=tuple(
            assembly / each["properties"]["file"]
            for each in needed
            if each["type"] == "cdk:asset-manifest"
        ),
    )


def _deploy(stack: Stack, session: "boto3.Session") -> dict[str, str]:
    """Publish one stack's assets, create or update it, and answer its outputs."""
    _stand_in_for_bootstrap(session, stack.region)
    for manifest in stack.assets:
        try:
            publish(manifest, session, stack.region)
        except AssetError as error:
            raise DeployError(f"stack {stack.name}: {error}") from error
    client = session.client("cloudformation", region_name=stack.region)
    _request(stack, client)
    described = _settled(stack.name, client)
    if described["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(f"stack {stack.name} failed: {_reason(described, client)}")
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


def _request(stack: Stack, client: Any) -> None:
    request = {
        "StackName": stack.name,
        "TemplateBody": stack.template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in stack.parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        if _exists(stack.name, client):
            client.update_stack(**request)
        else:
            client.create_stack(**request)
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" not in message:
            raise DeployError(f"stack {stack.name} failed: {message}") from error


def _exists(name: str, client: Any) -> bool:
    """Whether there is such a stack; one that was never created is deleted, as the CLI does it."""
    try:
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError:
        return False
    if status in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"):
        client.delete_stack(StackName=name)
        return False
    return True


def _settled(name: str, client: Any) -> Any:
    while True:
        described = client.describe_stacks(StackName=name)["Stacks"][0]
        if not described["StackStatus"].endswith("_IN_PROGRESS"):
            return described
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _reason(described: Any, client: Any) -> str:
    """The first failure since the stack began to be changed."""
    reason = str(described["StackStatus"])
    for event in client.describe_stack_events(StackName=described["StackId"])["StackEvents"]:
        if event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event:
            reason = f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        elif _is_the_beginning(event):
            break
    return reason


def _is_the_beginning(event: Any) -> bool:
    own = event["ResourceType"] == "AWS::CloudFormation::Stack"
    return bool(own and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"))


def _stand_in_for_bootstrap(session: "boto3.Session", region: str | None) -> None:
    client = session.client("ssm", region_name=region)
    try:
        client.get_parameter(Name=BOOTSTRAP_PARAMETER)
    except ClientError:
        client.put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String")
