"""An execution that has ended, as AWS remembers it for 90 days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fan_out.cli.chunks import Chunks
from fan_out.cli.errors import CommandError
from fan_out.cli.machine import EXECUTION_ARN, Machine
from fan_out.cli.outcome import Outcome
from fan_out.cli.steps import Steps
from fan_out.runtime.resumed import CHUNKS_KEY, RESUMES_KEY

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Past:
    """How it ended: ``status`` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED; ``input`` JSON text."""

    arn: str
    machine: Machine
    status: str
    input: str
    redrives: int
    steps: Steps

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.split(":")[-1]

    @cached_property
    def chunks(self) -> Chunks | None:
        """What has become of its chunks; None where it planned none."""
        return Chunks.of(self.steps)

    @property
    def resumes(self) -> Any:
        """The ARN of the execution that it resumed; None where it is the first."""
        given = json.loads(self.input)
        return given.get(RESUMES_KEY) if isinstance(given, dict) and CHUNKS_KEY in given else None


def read_past(client: SFNClient, arn: str) -> Past:
    """Read an execution. Raises CommandError where there is none, or it has not ended."""
    from botocore.exceptions import ClientError

    outcome = Outcome(client, arn)
    try:
        outcome.look()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        message = "it was never there, or it ended more than 90 days ago"
        raise CommandError(f"no execution {arn}: {message}") from None
    for _ in outcome.watch():
        if not outcome.ended:
            raise CommandError(f"{arn} is still running: wait for its end, or stop it")
    if not outcome.complete:
        raise CommandError(f"the history of {arn} lacks its end still: try again in a minute")
    description = outcome.description
    assert description is not None
    machine = description.get("stateMachineAliasArn") or description["stateMachineArn"]
    return Past(
        arn=arn,
        machine=Machine(machine),
        status=description["status"],
        input=description.get("input", "{}"),
        redrives=description.get("redriveCount", 0),
        steps=outcome.steps,
    )


def read_resumed_by(client: SFNClient, past: Past) -> list[Past]:
    """Read the executions that this one, and those before it, resumed; the first one first.

    Raises CommandError where one of them is not to be had.
    """
    found: list[Past] = []
    arn = past.resumes
    while arn is not None:
        if not isinstance(arn, str) or not EXECUTION_ARN.fullmatch(arn):
            raise CommandError(f"{RESUMES_KEY} must be an execution's ARN, got {arn!r}")
        found.append(read_past(client, arn))
        arn = found[-1].resumes
    return found[::-1]
