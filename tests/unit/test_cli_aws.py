"""What AWS refuses is said in one line, with what helps."""

import pytest
from botocore import exceptions
from recorded import refusal

from fan_out.cli.errors import described


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            refusal("ExpiredTokenException", "The token expired", "DescribeStacks"),
            "the credentials have expired; sign in again (ExpiredTokenException)",
        ),
        (
            refusal("InvalidClientTokenId", "The token is invalid.", "DescribeStacks"),
            "AWS does not know these credentials (InvalidClientTokenId)",
        ),
        (
            refusal("AccessDeniedException", "User x is not\nauthorized", "StartExecution"),
            "access denied to StartExecution: User x is not authorized",
        ),
        (
            refusal("StateMachineDoesNotExist", "State Machine Does Not Exist", "StartExecution"),
            "StartExecution: StateMachineDoesNotExist: State Machine Does Not Exist",
        ),
        (
            exceptions.ConnectTimeoutError(endpoint_url="https://states.eu-west-1.amazonaws.com"),
            'cannot connect to AWS: Connect timeout on endpoint URL: "https://states.eu-west-1',
        ),
        (
            exceptions.SSOTokenLoadError(profile_name="dev", error_msg="none"),
            "no credentials: Error loading SSO Token: none; sign in again (aws sso login)",
        ),
        (exceptions.NoRegionError(), "no region: set AWS_REGION"),
    ],
)
def test_what_aws_refuses_is_one_line_and_nothing_was_started(error: Exception, line: str) -> None:
    said, code = described(error)
    assert said.startswith(line)
    assert "\n" not in said
    assert code == 2


def test_what_nobody_foresaw_is_one_line_too() -> None:
    assert described(KeyError("what\nis it")) == (
        "KeyError: 'what\\nis it' (--debug shows where)",
        1,
    )
