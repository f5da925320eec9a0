"""AWS credentials: what they are, and how new ones are made."""

import secrets
import string
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

KEY_ID_ALPHABET = string.ascii_uppercase + "234567"
KEY_ID_DIGITS = 16


@dataclass(frozen=True)
class Credentials:
    """An access key and, of temporary credentials, the session token and when they expire."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires: datetime | None = None

    @classmethod
    def random(cls) -> Self:
        """Make long-term ones that nobody can guess."""
        return cls(_key_id("AKIA"), _secret())

    @classmethod
    def random_temporary(cls, expires: datetime) -> Self:
        """Make temporary ones that nobody can guess."""
        token = b64encode(secrets.token_bytes(192)).decode()
        return cls(_key_id("ASIA"), _secret(), token, expires)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The long-term ones that ``environ`` holds."""
        return cls(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])

    def environ(self) -> dict[str, str]:
        """The environment variables with which AWS's clients sign as their holder."""
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }
        token = self.session_token
        return variables if token is None else {**variables, "AWS_SESSION_TOKEN": token}


FindCredentials = Callable[[str], Credentials | None]
"""Answers the credentials of an access key id, also expired ones; None where it is none of ours."""


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(KEY_ID_ALPHABET) for _ in range(KEY_ID_DIGITS))


def _secret() -> str:
    """40 characters, as AWS's own."""
    return b64encode(secrets.token_bytes(30)).decode()
