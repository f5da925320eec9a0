"""What a state machine's definition tells of a run before there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fan_out.runtime.collect import COLLECT_STATE

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

EXECUTION_INPUT = '"$$.Execution.Input"'
"""How a state of the machine is given the execution's input, as it stands in the definition."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """``collects``: a collect function makes the output of the answers. ``passes_input``: every
    chunk gets the execution's input."""

    collects: bool
    passes_input: bool

    @classmethod
    def read(cls, client: SFNClient, machine: str) -> Definition:
        """Read that of the machine with this ARN, which may be a version's or an alias's."""
        text = client.describe_state_machine(stateMachineArn=machine)["definition"]
        states = json.loads(text).get("States", {})
        return cls(collects=COLLECT_STATE in states, passes_input=EXECUTION_INPUT in text)
