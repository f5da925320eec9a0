"""Which state machine to run: the one among the outputs of the stacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fan_out.cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from fan_out.cli.aws import Aws

ARN = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:\s]+(:[^:\s]+)?")
EXECUTION_ARN = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:\s]+:[^:\s]+")
EXECUTION_NAME = re.compile(r"[^:\s]{1,80}")


@dataclass(frozen=True)
class Machine:
    """A state machine, and the output of which stack it was found in."""

    arn: str
    stack: str | None = None
    output: str | None = None

    @property
    def name(self) -> str:
        """Its name, without the account, the region, a version or an alias."""
        return self.arn.split(":")[6]

    @property
    def region(self) -> str:
        """The region it is in."""
        return self.arn.split(":")[3]

    def execution_arn(self, execution: str) -> str:
        """The ARN that its execution of this name has."""
        prefix = ":".join(self.arn.split(":")[:5])
        return f"{prefix}:execution:{self.name}:{execution}"


def find_machine(aws: Aws, *, stack: str | None = None, chosen: str | None = None) -> Machine:
    """Find the machine: ``chosen`` by its ARN or by the key of its output, or else the only one.

    Looks at the outputs of ``stack``, or of all stacks. Raises CommandError in one line, saying
    what there is and how to choose, where there is no such machine or more than one.
    """
    if chosen is not None and ARN.fullmatch(chosen):
        return Machine(chosen)
    stacks = list(_stacks(aws.cloudformation, stack))
    machines = _distinct(found for described in stacks for found in _machines(described))
    fitting = [found for found in machines if chosen in (None, found.output)]
    if len(fitting) == 1:
        return fitting[0]
    count = f"{len(stacks)} stack{'s' * (len(stacks) != 1)}"
    where = f"the outputs of {count if stack is None else f'stack {stack}'}"
    if not machines:
        names = ", ".join(described["StackName"] for described in stacks)
        listed = f" ({names})" if names and stack is None else ""
        raise CommandError(
            f"no state machine in {where}{listed}: "
            "deploy a stack with one, or name one with --machine ARN"
        )
    there = ", ".join(f"--stack {found.stack} --machine {found.output}" for found in machines)
    what = "several state machines" if fitting else f"no output {chosen} with a state machine"
    raise CommandError(f"{what} in {where}, choose one: {there}")


def find_execution(
    aws: Aws, given: str, *, stack: str | None = None, chosen: str | None = None
) -> str:
    """Answer the ARN of the execution that the user calls so: by its ARN, or by its name, of the
    machine that ``find_machine`` finds. Raises CommandError where it is neither."""
    if EXECUTION_ARN.fullmatch(given):
        return given
    if not EXECUTION_NAME.fullmatch(given):
        raise CommandError(f"EXECUTION must be an execution's ARN or name, got {given!r}")
    return find_machine(aws, stack=stack, chosen=chosen).execution_arn(given)


def _stacks(client: CloudFormationClient, name: str | None) -> Iterator[Mapping[str, Any]]:
    from botocore.exceptions import ClientError

    try:
        which = {} if name is None else {"StackName": name}
        for page in client.get_paginator("describe_stacks").paginate(**which):  # type: ignore[arg-type]
            yield from page["Stacks"]
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        if name is None or "does not exist" not in message:
            raise
        names = ", ".join(stack["StackName"] for stack in _stacks(client, None)) or "none"
        raise CommandError(f"no stack {name}; there is: {names}") from None


def _machines(stack: Mapping[str, Any]) -> Iterator[Machine]:
    for output in stack.get("Outputs", ()):
        if ARN.fullmatch(output.get("OutputValue", "")):
            yield Machine(output["OutputValue"], stack["StackName"], output["OutputKey"])


def _distinct(machines: Iterable[Machine]) -> list[Machine]:
    """Each machine once: one that another stack refers to is an output twice."""
    by_arn: dict[str, Machine] = {}
    for machine in machines:
        by_arn.setdefault(machine.arn, machine)
    return list(by_arn.values())
