"""The one execution that may resume another: how it is called, and whether it is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fan_out.cli.display import report
from fan_out.cli.errors import CommandError
from fan_out.cli.outcome import GOING_ON
from fan_out.runtime.resumed import RESUMED, first_execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME_LENGTH = 80
"""Characters of an execution's name. "Step Functions service quotas", as in runtime.budget."""


def name_after(name: str) -> str:
    """Answer the name of the execution that resumes the one of this name.

    It tells the execution that was resumed first, of whose name a chunk's id is made. A name of
    over 75 characters is cut for that: then the ids of the chunks change.
    """
    first = first_execution(name)
    number = 2 if first == name else int(name[len(first) + len(RESUMED) :]) + 1
    mark = f"{RESUMED}{number}"
    return first[: NAME_LENGTH - len(mark)] + mark


def refuse_if_resumed(client: SFNClient, arn: str) -> None:
    """Raise CommandError where the execution with this ARN has been resumed already."""
    from botocore.exceptions import ClientError

    before, colon, name = arn.rpartition(":")
    other = name_after(name)
    its_arn = f"{before}{colon}{other}"
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
