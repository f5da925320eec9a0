"""The one execution that may resume another: how it is called, and whether it is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fan_out.cli.errors import CommandError
from fan_out.cli.outcome import GOING_ON
from fan_out.runtime.resumed import RESUMED, first_execution, shortened

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def name_after(name: str, *, resumed: bool) -> str:
    """Answer the name of the execution that resumes the one of this name, of at most 80 characters.

    It begins with what stands for the first execution of the job, as the records' keys do;
    ``resumed`` says whether the one of this name has resumed another itself.
    """
    first = first_execution(name, resumed=resumed)
    number = 2 if first == shortened(name) else int(name.rpartition(RESUMED)[2]) + 1
    return f"{first}{RESUMED}{number}"


def refuse_if_resumed(client: SFNClient, arn: str, given: str, other: str) -> None:
    """Raise CommandError where an execution has been resumed already, by the one called ``other``.

    ``given`` is what the user calls it, its ARN or its name.
    """
    from botocore.exceptions import ClientError

    before, colon, name = arn.rpartition(":")
    try:
        status = client.describe_execution(executionArn=f"{before}{colon}{other}")["status"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        return
    if status in GOING_ON:
        raise CommandError(
            f"{other} has resumed it already, and is still running: wait for its end, or stop it"
        )
    called = f"{given.removesuffix(name)}{other}"
    raise CommandError(f"{other} has resumed it already: fan-out resume {called}")
