"""An execution that has ended, as AWS remembers it for 90 days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fan_out.cli.asked import Asked
from fan_out.cli.chunks import Chunks
from fan_out.cli.errors import CommandError
from fan_out.cli.follow import Ended
from fan_out.cli.machine import EXECUTION_ARN, Machine
from fan_out.cli.outcome import Outcome, Summary
from fan_out.cli.steps import Steps
from fan_out.runtime.resumed import OF_KEY, RESUME_KEY

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Past:
    """How it ended: in ``summary``; ``input`` is JSON text."""

    arn: str
    machine: Machine
    summary: Summary
    input: str
    redrives: int
    steps: Steps

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self.summary.status

    @property
    def ended(self) -> Ended:
        """The same, to be told of."""
        return Ended(arn=self.arn, summary=self.summary, steps=self.steps)

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.split(":")[-1]

    @cached_property
    def chunks(self) -> Chunks | None:
        """What has become of its chunks; None where it planned none."""
        return Chunks.of(self.steps)

    @cached_property
    def asked(self) -> Asked:
        """What it was asked for, where it resumed another itself."""
        return Asked.read(self.input)

    @property
    def tolerated(self) -> int:
        """How many chunks failed that have succeeded for Step Functions."""
        return len(self.chunks.failed) if self.chunks is not None else 0

    @property
    def redrivable(self) -> bool:
        """Whether a redrive does all that is left."""
        return self.status != "SUCCEEDED" and not self.tolerated

    def or_redrive(self, why: str) -> str:
        """The end of an error message: that a redrive does it, ``why``; empty where it does not."""
        return f"; --redrive {why}" if self.redrivable else ""


def first_look(client: SFNClient, arn: str) -> Outcome:
    """Look at an execution, ended or not. Raises CommandError where there is none."""
    from botocore.exceptions import ClientError

    outcome = Outcome(client, arn)
    try:
        outcome.look()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        message = "it was never there, or it ended more than 90 days ago"
        raise CommandError(f"no execution {arn}: {message}") from None
    return outcome


def read_past(client: SFNClient, arn: str) -> Past:
    """Read an execution. Raises CommandError where there is none, or it has not ended."""
    outcome = first_look(client, arn)
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
        summary=outcome.summary(),
        input=description.get("input", "{}"),
        redrives=description.get("redriveCount", 0),
        steps=outcome.steps,
    )


def read_back(client: SFNClient, past: Past) -> Iterator[Past]:
    """Read the executions that this one, and those before it, resumed; the newest first.

    Raises CommandError where one of them is not to be had.
    """
    chain = [past]
    while (arn := chain[-1].asked.of) is not None:
        key = f"{RESUME_KEY}.{OF_KEY} of {chain[-1].name}"
        if not isinstance(arn, str) or not EXECUTION_ARN.fullmatch(arn):
            raise CommandError(f"{key} must be an execution's ARN, got {arn!r}")
        if any(arn == met.arn for met in chain):
            raise CommandError(f"{key} must be another execution, got {arn} again")
        chain.append(read_past(client, arn))
        yield chain[-1]
