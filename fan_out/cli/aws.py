"""The way to AWS: boto3 clients, and what goes wrong on it said in one line."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fan_out.cli.errors import one_line

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_stepfunctions import SFNClient

_CODES = {
    "ExpiredToken": "the credentials have expired; sign in again",
    "ExpiredTokenException": "the credentials have expired; sign in again",
    "RequestExpired": "the credentials have expired, or this machine's clock is wrong",
    "InvalidClientTokenId": "AWS does not know these credentials",
    "UnrecognizedClientException": "AWS does not know these credentials",
    "SignatureDoesNotMatch": "AWS does not accept these credentials",
}


class Aws:
    """The clients that the commands use, in one region (default: the session's)."""

    def __init__(self, session: boto3.Session, region: str | None = None) -> None:
        self._session = session
        self._region = region

    @classmethod
    def from_environment(cls) -> Aws:
        """The AWS that the environment's variables and profile name, as for the CDK CLI."""
        import boto3

        # the CDK CLI and the aws command read AWS_REGION, boto3 does not
        return cls(boto3.Session(), os.environ.get("AWS_REGION") or None)

    def within(self, region: str) -> Aws:
        """The same AWS in another region."""
        return Aws(self._session, region)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """A boto3 client."""
        client: CloudFormationClient = self._client("cloudformation", attempts=3)
        return client

    @cached_property
    def stepfunctions(self) -> SFNClient:
        """A boto3 client that outlasts throttling and a lost connection of a minute or two."""
        client: SFNClient = self._client("stepfunctions", attempts=12)
        return client

    @cached_property
    def lambda_(self) -> LambdaClient:
        """A boto3 client."""
        client: LambdaClient = self._client("lambda", attempts=3)
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """A boto3 client."""
        client: CloudWatchLogsClient = self._client("logs", attempts=3)
        return client

    def _client(self, service: Any, *, attempts: int) -> Any:
        from botocore.config import Config

        retries: Any = {"mode": "standard", "total_max_attempts": attempts}
        return self._session.client(
            service, region_name=self._region, config=Config(retries=retries)
        )


def is_aws_error(error: Exception) -> bool:
    """Whether boto3 raised it; asked without importing boto3."""
    if "botocore.exceptions" not in sys.modules:
        return False
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, BotoCoreError | ClientError)


def said_plainly(error: Exception) -> str:
    """Say in one line what boto3 raised, and what helps."""
    from botocore import exceptions as raised

    if isinstance(error, raised.ClientError):
        return _refused(error)
    if isinstance(error, raised.NoRegionError):
        return "no region: set AWS_REGION, or AWS_PROFILE to a profile that has one"
    if isinstance(error, raised.NoCredentialsError):
        return "no credentials: set AWS_PROFILE, or sign in (aws configure, aws sso login)"
    if isinstance(
        error, raised.SSOError | raised.TokenRetrievalError | raised.CredentialRetrievalError
    ):
        return f"no credentials: {one_line(error)}; sign in again (aws sso login)"
    if isinstance(error, raised.ConnectionError | raised.HTTPClientError):
        return f"cannot connect to AWS: {one_line(error)}"
    return one_line(error)


def _refused(error: Any) -> str:
    code = error.response.get("Error", {}).get("Code", "unknown")
    message = one_line(error.response.get("Error", {}).get("Message", ""))
    if code in _CODES:
        return f"{_CODES[code]} ({code})"
    if code.startswith("AccessDenied"):
        return f"access denied to {error.operation_name}: {message}"
    return f"{error.operation_name}: {code}: {message}"
