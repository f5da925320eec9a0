"""Whether a request is signed as AWS wants it, and with credentials that are ours."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from fan_out.local.gate import chunks, refusal
from fan_out.local.gate.credentials import Credentials, FindCredentials
from fan_out.local.gate.refusal import Refused
from fan_out.local.gate.request import Request
from fan_out.local.gate.signature_v2 import SignatureV2
from fan_out.local.gate.signature_v4 import ALGORITHM, UNSIGNED_PAYLOAD, SignatureV4

MOST_SKEW = timedelta(minutes=15)
"""How far a client's clock may be from ours, as in AWS."""


def authenticate(request: Request, bucket: str | None, find: FindCredentials) -> None:
    """Raise Refused unless the request is signed, with credentials that ``find`` knows.

    ``bucket`` is the one in the host, where it is. What was said in a presigned URL stands in the
    header Authorization afterwards: whoever serves it learns in one way who asks.
    """
    header, parameters = request.header("authorization"), request.parameters
    v4 = "X-Amz-Algorithm" in parameters
    v2 = {"AWSAccessKeyId", "Signature", "Expires"} <= parameters.keys()
    if (header is not None) + v4 + v2 > 1:
        raise Refused(refusal.MALFORMED, "only one way to sign a request may be used")
    if v2:
        _check_v2(request, SignatureV2.of_query(request, bucket), find)
    elif v4:
        _check_algorithm(parameters["X-Amz-Algorithm"])
        _check_v4(request, SignatureV4.of_query(request), find)
    elif header is not None:
        _check_algorithm(header.split(" ")[0])
        _check_v4(request, SignatureV4.of_header(request, header), find)
    else:
        raise Refused(refusal.MISSING, _why_unsigned(request))


def _check_algorithm(name: str) -> None:
    if name != ALGORITHM:
        raise Refused(refusal.MALFORMED, f"requests must be signed with {ALGORITHM}, got {name!r}")


def _why_unsigned(request: Request) -> str:
    if (request.header("content-type") or "").startswith("multipart/form-data"):
        return "the embedded AWS takes no presigned POST: use a presigned URL, with PUT"
    return "the request must be signed with the credentials of this embedded AWS"


def _check_v4(request: Request, signed: SignatureV4, find: FindCredentials) -> None:
    now = datetime.now(UTC)
    if signed.lasts is not None and now - signed.time > signed.lasts:
        raise Refused(refusal.EXPIRED_URL, f"the URL expired at {signed.time + signed.lasts}")
    if signed.time - now > MOST_SKEW or (signed.lasts is None and now - signed.time > MOST_SKEW):
        raise Refused(
            refusal.SKEWED,
            f"the request must be signed within 15 minutes of now, {now:%Y%m%dT%H%M%SZ}: "
            f"it was at {signed.timestamp}",
        )
    ours = _credentials(signed.access_key_id, signed.token, find, now)
    names = {name.replace("_", "-") for name in signed.signed_headers}
    if left := request.amz_headers().keys() - names:
        raise Refused(refusal.NOT_SIGNED, f"the header {min(left)} must be signed")
    secret = ours.secret_access_key
    try:
        _compare(signed.expected(request, secret), signed.signature)
        _check_body(request, signed, secret)
    except ValueError as error:
        raise Refused(refusal.WRONG_BODY, str(error)) from None
    request.environ["HTTP_AUTHORIZATION"] = (
        f"{ALGORITHM} Credential={signed.access_key_id}/{signed.scope}, "
        f"SignedHeaders={';'.join(signed.signed_headers)}, Signature={signed.signature}"
    )


def _check_v2(request: Request, signed: SignatureV2, find: FindCredentials) -> None:
    now = datetime.now(UTC)
    if now > signed.expires:
        raise Refused(refusal.EXPIRED_URL, f"the URL expired at {signed.expires}")
    ours = _credentials(signed.access_key_id, signed.token, find, now)
    _compare(signed.expected(request, ours.secret_access_key), signed.signature)
    request.environ["HTTP_AUTHORIZATION"] = f"AWS {signed.access_key_id}:{signed.signature}"


def _credentials(
    access_key_id: str, token: str | None, find: FindCredentials, now: datetime
) -> Credentials:
    ours = find(access_key_id)
    if ours is None:
        raise Refused(
            refusal.UNKNOWN_KEY,
            f"the access key id {access_key_id!r} is none that this embedded AWS has issued",
        )
    if not _same(token or "", ours.session_token or ""):
        raise Refused(refusal.WRONG_TOKEN, f"the session token is not the one of {access_key_id}")
    if ours.expires is not None and now > ours.expires:
        raise Refused(refusal.EXPIRED_TOKEN, f"the credentials expired at {ours.expires}")
    return ours


def _check_body(request: Request, signed: SignatureV4, secret: str) -> None:
    said = signed.payload(request)
    if said is None:  # then it is what was signed
        return
    if said in (chunks.SIGNED, chunks.SIGNED_WITH_TRAILER):
        trailer = said == chunks.SIGNED_WITH_TRAILER
        chunks.check(request.body, signed, secret, trailer=trailer)
    elif re.fullmatch("[0-9a-fA-F]{64}", said):
        if not _same(hashlib.sha256(request.body).hexdigest(), said.lower()):
            raise Refused(refusal.WRONG_BODY, "x-amz-content-sha256 is not the body's digest")
    elif said not in (UNSIGNED_PAYLOAD, chunks.UNSIGNED_WITH_TRAILER):
        raise Refused(
            refusal.WRONG_BODY, f"x-amz-content-sha256 must be a digest or known, got {said!r}"
        )


def _compare(expected: str, got: str) -> None:
    if not _same(expected, got):
        raise Refused(
            refusal.WRONG_SIGNATURE,
            "the signature is not the one that the access key's secret makes of this request",
        )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
