"""AWS Signature Version 4: what a request says, and what its signature must be.

"Create a signed AWS API request", AWS IAM User Guide; "Authenticating Requests: Using Query
Parameters", Amazon S3 API Reference.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Self

from fan_out.local.gate import refusal
from fan_out.local.gate.canonical import canonical_request
from fan_out.local.gate.refusal import Refused
from fan_out.local.gate.request import S3, Request

ALGORITHM = "AWS4-HMAC-SHA256"
TIMESTAMP = "%Y%m%dT%H%M%SZ"
LONGEST_URL = timedelta(days=7)
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class SignatureV4:
    """What the Authorization header of a request says, or the query of a presigned URL.

    ``scope`` is DATE/REGION/SERVICE/aws4_request. ``lasts`` is of a presigned URL alone.
    """

    access_key_id: str
    scope: str
    signed_headers: tuple[str, ...]
    signature: str
    time: datetime
    token: str | None
    lasts: timedelta | None = None

    @classmethod
    def of_header(cls, request: Request, header: str) -> Self:
        """Read the Authorization header. Raises Refused."""
        fields = dict(re.findall(r"(\w+)=([^,\s]+)", header.removeprefix(ALGORITHM)))
        key, scope = _credential(fields.get("Credential", ""))
        time = _time(request.header("x-amz-date") or request.header("date") or "")
        return cls(
            key,
            scope,
            _names(fields.get("SignedHeaders", "")),
            fields.get("Signature", ""),
            _of_scope(time, scope),
            request.header("x-amz-security-token"),
        )

    @classmethod
    def of_query(cls, request: Request) -> Self:
        """Read the parameters of a presigned URL. Raises Refused."""
        said = request.parameters
        key, scope = _credential(said.get("X-Amz-Credential", ""))
        lasts = said.get("X-Amz-Expires", "")
        if not re.fullmatch("[0-9]{1,6}", lasts) or timedelta(seconds=int(lasts)) > LONGEST_URL:
            raise Refused(
                refusal.MALFORMED, f"X-Amz-Expires must be 0 to 604800 seconds, got {lasts!r}"
            )
        return cls(
            key,
            scope,
            _names(said.get("X-Amz-SignedHeaders", "")),
            said.get("X-Amz-Signature", ""),
            _of_scope(_time(said.get("X-Amz-Date", "")), scope),
            said.get("X-Amz-Security-Token"),
            timedelta(seconds=int(lasts)),
        )

    @property
    def timestamp(self) -> str:
        """The time as it is signed."""
        return self.time.strftime(TIMESTAMP)

    @property
    def is_of_s3(self) -> bool:
        """Whether it was made by the rules of S3: the path as it is, the body signed at will."""
        return self.scope.split("/")[2] in S3

    def expected(self, request: Request, secret: str) -> str:
        """The signature that the request must have, of the holder of ``secret``."""
        body = self.payload(request) or hashlib.sha256(request.body).hexdigest()
        canonical = canonical_request(request, self.signed_headers, body, s3=self.is_of_s3)
        digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
        return self.sign(secret, f"{ALGORITHM}\n{self.timestamp}\n{self.scope}\n{digest}")

    def sign(self, secret: str, text: str) -> str:
        """Sign a text with the key of this scope."""
        key = signing_key(secret, self.scope)
        return hmac.new(key, text.encode("latin-1"), hashlib.sha256).hexdigest()

    def payload(self, request: Request) -> str | None:
        """What the request says of its body, a digest or a word; None is the digest, unsaid."""
        said = request.header("x-amz-content-sha256")
        if said is None and self.lasts is not None and self.is_of_s3:
            return request.parameters.get("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD)
        return said


@lru_cache(maxsize=256)
def signing_key(secret: str, scope: str) -> bytes:
    """The key for a scope, which is a day's, a region's and a service's."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return key


def _credential(credential: str) -> tuple[str, str]:
    """The access key id, and the scope."""
    key, _, scope = credential.partition("/")
    if not re.fullmatch(r"[0-9]{8}/[^/]+/[^/]+/aws4_request", scope):
        raise Refused(
            refusal.MALFORMED,
            f"Credential must be KEY/DATE/REGION/SERVICE/aws4_request, got {credential!r}",
        )
    return key, scope


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if "host" not in names:
        raise Refused(refusal.NOT_SIGNED, f"SignedHeaders must have host in it, got {text!r}")
    return names


def _time(text: str) -> datetime:
    try:
        if re.fullmatch("[0-9]{8}T[0-9]{6}Z", text):
            return datetime.strptime(text, TIMESTAMP).replace(tzinfo=UTC)
        time = parsedate_to_datetime(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            refusal.MALFORMED, f"the request must say when it was signed, got {text!r}"
        ) from None


def _of_scope(time: datetime, scope: str) -> datetime:
    if not scope.startswith(f"{time:%Y%m%d}/"):
        raise Refused(
            refusal.MALFORMED,
            f"the credential's date must be the request's, {time:%Y%m%d}: {scope}",
        )
    return time
