"""A boto3 session on one endpoint, whatever the environment and files of the user say."""

import os
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from fan_out.local.gate.credentials import Credentials


def session_on(
    endpoint_url: str, region: str, config_file: Path, credentials: Credentials
) -> boto3.Session:
    """A session whose every client talks to ``endpoint_url``.

    ``config_file`` is an AWS config file with a profile ``default``.
    """
    core = _OneEndpoint(profile="default")
    core.endpoint_url = endpoint_url
    core.set_config_variable("config_file", str(config_file))
    core.set_config_variable("credentials_file", os.devnull)
    core.set_config_variable("use_fips_endpoint", False)
    core.set_config_variable("use_dualstack_endpoint", False)
    return boto3.Session(
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        region_name=region,
        botocore_session=core,
    )


def sign_own_calls(credentials: Credentials) -> None:
    """Let all clients of ``boto3.client`` in this process sign with ``credentials``.

    moto's interpreter makes its clients so, with credentials that it has made up.
    """
    core = _OwnCredentials()
    core.credentials = credentials
    boto3.setup_default_session(botocore_session=core)


class _OneEndpoint(botocore.session.Session):
    """AWS_ENDPOINT_URL would win over whatever a session is configured with; an argument wins."""

    endpoint_url: str

    def create_client(self, *arguments: Any, **named: Any) -> Any:
        named["endpoint_url"] = named.get("endpoint_url") or self.endpoint_url
        return super().create_client(*arguments, **named)


class _OwnCredentials(botocore.session.Session):
    """Overrules the credentials that a client is made with."""

    credentials: Credentials

    def create_client(self, *arguments: Any, **named: Any) -> Any:
        named["aws_access_key_id"] = self.credentials.access_key_id
        named["aws_secret_access_key"] = self.credentials.secret_access_key
        return super().create_client(*arguments, **named)
