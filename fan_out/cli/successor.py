"""The one execution that may resume another: how it is called, and whether it is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fan_out.cli.display import report
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


def refuse_if_resumed(client: SFNClient, arn: str, other: str) -> None:
    """Raise CommandError where the execution with this ARN has been resumed already, by the one
    called ``other``."""
    from botocore.exceptions import ClientError

    its_arn = f"{arn.rpartition(':')[0]}:{other}"
    try:
        status = client.describe_execution(executionArn=its_arn)["status"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        return
    if status in GOING_ON:
        raise CommandError(
            f"{other} has resumed it already, and is still running: wait for its end, or stop it"
        )
    # by its ARN: a name needs --stack and --machine, and they might choose another one by now
    raise CommandError(
        f"{other} has resumed it already: {report.resume_command(its_arn, redrive=False)}"
    )
