"""``fan-out run``: start a machine, show how far it is, and tell how it ended."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.ending import Telling, tell
from fan_out.cli.follow import start_and_follow
from fan_out.cli.machine import find_machine


@dataclass(frozen=True, kw_only=True)
class Run:
    """What to run: ``input`` is the execution's input as JSON text.

    ``whole`` and ``log_stays`` are those of ``Telling``.
    """

    stack: str | None = None
    machine: str | None = None
    input: str = "{}"
    whole: bool = False
    log_stays: bool = True


def run(aws: Aws, wanted: Run, screen: Screen) -> int:
    """Run a machine to its end, and answer the exit code: 0 if it succeeded, 1 if it did not.

    Raises CommandError, or what boto3 raises, where it could not be started or watched, and
    KeyboardInterrupt, having stopped the execution, upon Ctrl-C.
    """
    machine = find_machine(aws, stack=wanted.stack, chosen=wanted.machine)
    aws = aws.within(machine.region)
    name = execution_name(datetime.now(UTC))
    ended = start_and_follow(aws, machine, name, wanted.input, screen)
    return tell(aws, ended, Telling(whole=wanted.whole, log_stays=wanted.log_stays), screen)


def execution_name(now: datetime) -> str:
    """Answer a name that tells when it was started and that nobody else has: 36 characters."""
    return f"fan-out-{now:%Y-%m-%dT%H-%M-%SZ}-{secrets.token_hex(3)}"
