"""Presigned URLs of S3 in Signature Version 2, which boto3 still makes in us-east-1.

"Signing and authenticating REST requests", Amazon S3 Developer Guide. The rules of that version are
botocore's, which signs by them.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import SplitResult

from botocore.auth import HmacV1QueryAuth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as BotocoreCredentials

from fan_out.local.gate import refusal
from fan_out.local.gate.refusal import Refused
from fan_out.local.gate.request import Request

STANDARD_HEADERS = ("content-md5", "content-type")


@dataclass(frozen=True)
class SignatureV2:
    """What the query of a presigned URL says. ``bucket`` is the one in the host, where it is."""

    access_key_id: str
    signature: str
    expires: datetime
    token: str | None
    bucket: str | None

    @classmethod
    def of_query(cls, request: Request, bucket: str | None) -> Self:
        """Read the parameters of a presigned URL. Raises Refused."""
        said = request.parameters
        if not re.fullmatch("[0-9]{1,11}", said["Expires"]):
            raise Refused(
                refusal.MALFORMED,
                f"Expires must be seconds since 1970, got {said['Expires']!r}",
            )
        return cls(
            said["AWSAccessKeyId"],
            said["Signature"],
            datetime.fromtimestamp(int(said["Expires"]), UTC),
            said.get("x-amz-security-token"),
            bucket,
        )

    def expected(self, request: Request, secret: str) -> str:
        """The signature that the request must have, of the holder of ``secret``."""
        signer = _Signer(BotocoreCredentials(self.access_key_id, secret))
        signer.date = request.parameters["Expires"]
        headers: Any = HTTPHeaders()
        amz = {name: value for name, value in request.query if name.startswith("x-amz-")}
        for name, value in {**amz, **request.amz_headers()}.items():
            headers[name] = value
        for name in STANDARD_HEADERS:
            # boto3 puts into the query what was signed, and the client has to send it as well
            headers[name] = request.header(name) or request.parameters.get(name, "")
        path = request.path if self.bucket is None else f"/{self.bucket}{request.path}"
        split = SplitResult("http", "", path, request.query_string, "")
        return str(signer.get_signature(request.method, split, headers, auth_path=path))


class _Signer(HmacV1QueryAuth):
    """botocore's, for a date that somebody else has signed."""

    date: str

    def _get_date(self) -> str:
        return self.date
