"""What a state machine's definition tells of a run before there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fan_out.cli.aws import is_aws_error, said_plainly
from fan_out.runtime.collect import COLLECT_STATE
from fan_out.runtime.resumed import INPUT_WITHOUT_RESUME
from fan_out.runtime.whole_job import WHOLE_JOB_STATE

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

EXECUTION_INPUT = '"$$.Execution.Input"'
"""How a state of the machine is given the execution's input, as it stands in the definition."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """``collects``: a collect function makes the output of the answers; ``joins``: it is told of
    earlier executions', too. ``passes_input``: every chunk gets the execution's input;
    ``without_resume``: without what is fan_out's own in it. ``unknown`` says in one line why none
    of that is known: then the collect is told what it may need.
    """

    collects: bool
    joins: bool
    passes_input: bool
    without_resume: bool = False
    unknown: str | None = None

    @classmethod
    def read(cls, client: SFNClient, machine: str) -> Definition:
        """Read that of the machine with this ARN, which may be a version's or an alias's."""
        try:
            text = client.describe_state_machine(stateMachineArn=machine)["definition"]
        except Exception as error:
            if not is_aws_error(error):
                raise
            why = said_plainly(error)
            return cls(collects=True, joins=True, passes_input=False, unknown=why)
        states = json.loads(text).get("States", {})
        without_resume = INPUT_WITHOUT_RESUME in text
        return cls(
            collects=COLLECT_STATE in states,
            joins=WHOLE_JOB_STATE in states,
            passes_input=without_resume or EXECUTION_INPUT in text,
            without_resume=without_resume,
        )
