"""The gate admits what AWS's own client signs, and nothing that differs from it."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import botocore.auth
import pytest
from botocore.auth import (
    HmacV1QueryAuth,
    S3SigV4Auth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as ClientCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from fan_out.local.gate.credentials import Credentials
from fan_out.local.gate.gate import Gate

PORT = 4566
HOST = f"localhost:{PORT}"
OWN = Credentials.random()
LATER = datetime.now(UTC) + timedelta(days=1)
TEMPORARY = Credentials.random_temporary(LATER)
EXPIRED = Credentials.random_temporary(datetime.now(UTC) - timedelta(seconds=1))
KNOWN = {each.access_key_id: each for each in (OWN, TEMPORARY, EXPIRED)}


@dataclass(frozen=True)
class Wire:
    """A request as it comes over the wire."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, **headers: str | None) -> "Wire":
        """With headers changed, or without those that are None; _ is -."""
        changed = {**self.headers, **{n.replace("_", "-"): v for n, v in headers.items()}}
        return replace(self, headers={n: v for n, v in changed.items() if v is not None})


@dataclass(frozen=True)
class Answer:
    status: str
    headers: dict[str, str]
    body: bytes
    environ: dict[str, Any]

    @property
    def code(self) -> str:
        """AWS's code for what was wrong."""
        if "json" in self.headers["Content-Type"]:
            return str(json.loads(self.body)["__type"])
        found = re.search("<Code>(.*)</Code>", self.body.decode())
        assert found
        return found[1]

    @property
    def admitted(self) -> bool:
        return self.status == "200 OK"


def ask(wire: Wire, **environ: Any) -> Answer:
    answered: dict[str, Any] = {}
    came: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answered.update(status=status, headers=dict(headers))

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        came.update(environ)
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    given = {
        "REQUEST_METHOD": wire.method,
        "RAW_URI": wire.target,
        "wsgi.input": io.BytesIO(wire.body),
        "CONTENT_LENGTH": str(len(wire.body)),
        "HTTP_HOST": HOST,
        **environ,
    }
    for name, value in wire.headers.items():
        key = name.upper().replace("-", "_")
        given[
            key
            if key.startswith("CONTENT_")
            and key.count("_") == 1
            and key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            else f"HTTP_{key}"
        ] = value
    body = b"".join(Gate(application, port=PORT, find=KNOWN.get)(given, start_response))
    return Answer(**answered, body=body, environ=came)


def signed(
    service: str = "dynamodb",
    method: str = "POST",
    target: str = "/",
    headers: dict[str, str] | None = None,
    body: bytes = b"{}",
    credentials: Credentials = OWN,
    *,
    signer: Any = None,
    **options: Any,
) -> Wire:
    """What botocore makes of a request; a presigned URL where ``signer`` makes them."""
    signer = signer or (S3SigV4Auth if service == "s3" else SigV4Auth)
    request = AWSRequest(method, f"http://{HOST}{target}", headers or {}, data=body)
    client = ClientCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    if signer is HmacV1QueryAuth:
        signer(client, **options).add_auth(request)
    else:
        signer(client, service, "us-east-1", **options).add_auth(request)
    split = urlsplit(request.url)
    target = f"{split.path or '/'}{'?' * bool(split.query)}{split.query}"
    return Wire(method, target, dict(request.headers.items()), body)


SERVICES = {
    "s3": {"target": "/bucket/key", "method": "GET", "body": b""},
    "sts": {
        "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        "body": b"Action=GetCallerIdentity&Version=2011-06-15",
    },
    "dynamodb": {
        "headers": {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
        }
    },
    "lambda": {"target": "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations"},
    "s3tables": {"target": "/buckets/arn%3Aaws%3As3tables"},  # a service like any, but for its name
}
"""A request of each kind: S3, Query, JSON, and REST with JSON."""


def of(service: str, credentials: Credentials = OWN) -> Wire:
    return signed(service, credentials=credentials, **SERVICES[service])  # type: ignore[arg-type]


# What is admitted


@pytest.mark.parametrize("credentials", [OWN, TEMPORARY])
@pytest.mark.parametrize("service", SERVICES)
def test_what_is_signed_with_credentials_of_ours_is_served(
    service: str, credentials: Credentials
) -> None:
    answer = ask(of(service, credentials))
    assert answer.admitted
    assert answer.body == SERVICES[service].get("body", b"{}")


SEGMENTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join).filter(lambda key: "//" not in key)


@given(key=KEYS, name=SEGMENTS.filter(bool), value=SEGMENTS, body=st.binary(max_size=64))
@settings(deadline=None, max_examples=200)
@pytest.mark.parametrize("signer", [S3SigV4Auth, SigV4Auth, S3SigV4QueryAuth, SigV4QueryAuth])
def test_whatever_aws_own_client_signs_is_served(
    signer: Any, key: str, name: str, value: str, body: bytes
) -> None:
    presigned = "Query" in signer.__name__
    wire = signed(
        "s3" if signer.__name__.startswith("S3") else "lambda",
        target=f"/b/{quote(key, safe='/~')}?{quote(name, safe='~')}={quote(value, safe='~')}",
        headers={} if presigned else {"x-amz-meta-a": value.encode("ascii", "ignore").decode()},
        body=b"" if presigned else body,
        signer=signer,
    )
    assert ask(wire).admitted


def test_the_name_of_a_bucket_may_stand_in_the_host() -> None:
    wire = signed("s3", "GET", "/key", {"Host": f"my.bucket.{HOST}"}, b"")
    assert ask(wire).admitted


def test_a_body_without_a_length_is_read_to_its_end() -> None:
    wire = signed(body=b"{}")
    answer = ask(wire, CONTENT_LENGTH="", **{"wsgi.input_terminated": True})
    assert (answer.admitted, answer.body) == (True, b"{}")


@pytest.mark.parametrize("zone", [":UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S -0000"])
def test_the_date_may_stand_in_the_header_of_http(
    form: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    monkeypatch.setattr(
        botocore.auth,
        "formatdate",
        lambda seconds: datetime.fromtimestamp(seconds, UTC).strftime(form),
    )
    wire = signed(headers={"Date": "replaced"})
    assert "X-Amz-Date" not in wire.headers
    assert ask(wire).admitted


# Who is refused, in AWS's own words


NOBODY = Credentials.random()
CODES = {
    "s3": {
        "missing": "AccessDenied",
        "unknown": "InvalidAccessKeyId",
        "secret": "SignatureDoesNotMatch",
        "token": "InvalidToken",
        "expired": "ExpiredToken",
        "old": "RequestTimeTooSkewed",
    },
    "sts": {
        "missing": "MissingAuthenticationToken",
        "unknown": "InvalidClientTokenId",
        "secret": "SignatureDoesNotMatch",
        "token": "InvalidClientTokenId",
        "expired": "ExpiredToken",
        "old": "SignatureDoesNotMatch",
    },
    "dynamodb": {
        "missing": "MissingAuthenticationTokenException",
        "unknown": "UnrecognizedClientException",
        "secret": "InvalidSignatureException",
        "token": "UnrecognizedClientException",
        "expired": "ExpiredTokenException",
        "old": "InvalidSignatureException",
    },
}
CODES["lambda"] = CODES["s3tables"] = CODES["dynamodb"] | {
    "missing": "AccessDenied"
}  # nothing names its service
CASES: dict[str, Callable[[str], Wire]] = {
    "missing": lambda service: of(service).with_headers(Authorization=None),
    "unknown": lambda service: of(service, NOBODY),
    "secret": lambda service: of(service, replace(OWN, secret_access_key="x" * 40)),
    "token": lambda service: of(service, replace(TEMPORARY, session_token="another")),
    "expired": lambda service: of(service, EXPIRED),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("service", CODES)
def test_a_refusal_has_the_code_that_the_service_has_for_it(service: str, case: str) -> None:
    answer = ask(CASES[case](service))
    assert (answer.status, answer.code) == ("403 Forbidden", CODES[service][case])
    assert answer.environ == {}


@pytest.mark.parametrize("minutes", [-16, 16])
@pytest.mark.parametrize("service", CODES)
def test_a_request_of_another_time_is_refused(
    service: str, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    assert ask(of(service)).code == CODES[service]["old"]


def test_the_day_of_the_key_is_the_day_of_the_request() -> None:
    wire = of("dynamodb")
    today = wire.headers["X-Amz-Date"][:8]
    told = wire.headers["Authorization"].replace(today, "20200101")
    assert ask(wire.with_headers(Authorization=told)).code == "IncompleteSignatureException"


def test_a_key_id_with_no_token_is_no_temporary_one_and_the_reverse() -> None:
    without = replace(TEMPORARY, session_token=None)
    assert ask(of("sts", without)).code == "InvalidClientTokenId"
    assert ask(of("sts", replace(OWN, session_token="any"))).code == "InvalidClientTokenId"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_was_signed_can_be_changed(service: str) -> None:
    wire = of(service)
    date = next(name for name in wire.headers if name.lower() == "x-amz-date")
    changed = [
        replace(wire, body=wire.body + b" "),
        replace(wire, method="DELETE"),
        replace(wire, target=f"{wire.target}x"),
        replace(wire, target=f"{wire.target}?acl"),
        wire.with_headers(**{date: wire.headers[date][:-2] + "xZ"}),
        *(
            wire.with_headers(**{name: f"{value}x"})
            for name, value in wire.headers.items()
            if name.lower().startswith(("x-amz", "content-type"))
        ),
        wire.with_headers(
            Authorization=wire.headers["Authorization"].replace("us-east", "eu-west")
        ),
        wire.with_headers(Authorization=wire.headers["Authorization"].replace(service, "iam")),
    ]
    for each in changed:
        assert not ask(each).admitted, each
    assert not ask(wire, HTTP_HOST=f"other.{HOST}").admitted


def test_a_header_that_aws_acts_upon_must_be_signed() -> None:
    wire = of("s3").with_headers(x_amz_copy_source="other/key")
    answer = ask(wire)
    assert answer.code == "AccessDenied"
    assert b"the header x-amz-copy-source must be signed" in answer.body


AUTHORIZATIONS = [
    "Bearer abc",
    "AWS AKIA:abc=",
    "Basic dXNlcg==",
    "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260101/s3/aws4_request, SignedHeaders=host",
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=AKIA, SignedHeaders=host, Signature=a",
    "AWS4-HMAC-SHA256 Credential=AKIA/1/r/s/aws4_request, SignedHeaders=host, Signature=a",
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request",
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host",
    "",
]


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
@pytest.mark.parametrize("date", [None, "20260101T000000Z", "20269999T000000Z", "yesterday"])
def test_what_is_no_signature_is_refused(authorization: str, date: str | None) -> None:
    answer = ask(Wire("GET", "/").with_headers(Authorization=authorization, X_Amz_Date=date))
    assert answer.status == "403 Forbidden"
    assert len(answer.body.splitlines()) == 1


def test_a_signature_of_another_kind_is_named() -> None:
    answer = ask(Wire("GET", "/", {"Authorization": AUTHORIZATIONS[3]}))
    assert b"must be signed with AWS4-HMAC-SHA256, got 'AWS4-ECDSA-P256-SHA256'" in answer.body
    answer = ask(Wire("GET", "/b/k?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"))
    assert b"got 'AWS4-ECDSA-P256-SHA256'" in answer.body


def test_a_presigned_form_is_refused_by_name() -> None:
    answer = ask(Wire("POST", "/bucket", {"Content-Type": "multipart/form-data; boundary=x"}))
    assert b"takes no presigned POST" in answer.body


@pytest.mark.parametrize("length", ["-1", "x", "1, 1"])
def test_a_body_of_no_length_is_refused(length: str) -> None:
    answer = ask(signed(), CONTENT_LENGTH=length)
    assert f"Content-Length must be a number, got '{length}'" in json.loads(answer.body)["message"]


def test_a_refusal_of_head_has_no_body() -> None:
    answer = ask(Wire("HEAD", "/bucket"))
    assert (answer.status, answer.body) == ("403 Forbidden", b"")


def test_ec2_is_told_as_ec2_tells() -> None:
    form = SERVICES["sts"]
    answer = ask(signed("ec2", credentials=NOBODY, **form))  # type: ignore[arg-type]
    assert answer.body.startswith(b"<Response><Errors><Error><Code>InvalidClientTokenId<")


# Bodies


def test_a_body_that_is_not_what_its_digest_says_is_refused() -> None:
    wire = signed("s3", "PUT", "/bucket/key", body=b"mine")
    answer = ask(replace(wire, body=b"evil"))
    assert answer.code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize("said", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_a_body_may_be_left_unsigned_as_in_aws(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(S3SigV4Auth, "payload", lambda self, request: said)
    assert ask(signed("s3", "PUT", "/bucket/key", body=b"mine")).admitted


def test_a_body_that_is_said_to_be_what_we_do_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(S3SigV4Auth, "payload", lambda self, request: "STREAMING-ODD")
    answer = ask(signed("s3", "PUT", "/bucket/key", body=b"mine"))
    assert b"STREAMING-ODD" in answer.body


# Presigned URLs


def presigned(signer: Any, **options: Any) -> Wire:
    wire = signed("s3", "GET", "/bucket/key", body=b"", signer=signer, **options)
    return replace(wire, headers={})


SIGNERS = [S3SigV4QueryAuth, HmacV1QueryAuth]


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("credentials", [OWN, TEMPORARY])
def test_a_presigned_url_is_served_and_says_whose_it_is(
    signer: Any, credentials: Credentials
) -> None:
    answer = ask(presigned(signer, credentials=credentials))
    assert answer.admitted
    assert credentials.access_key_id in answer.environ["HTTP_AUTHORIZATION"]


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_presigned_url_ends_when_it_says(signer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    then = datetime.now(UTC) - timedelta(minutes=10)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then.replace(tzinfo=None))
    monkeypatch.setattr(botocore.auth.time, "time", then.timestamp)
    assert ask(presigned(signer, expires=660)).admitted
    answer = ask(presigned(signer, expires=540))
    assert answer.code == "AccessDenied"
    assert b"the URL expired at" in answer.body


def test_a_presigned_url_of_the_last_year_is_refused_as_any_other_of_another_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: last)
    answer = ask(presigned(S3SigV4QueryAuth, expires=600))
    assert not answer.admitted
    assert b"must be signed within 15 minutes" in answer.body


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_presigned_url_cannot_be_changed(signer: Any) -> None:
    wire = presigned(signer)
    for found, put in {
        "/key": "/kez",
        "Expires=": "Expires=1",
        "Signature=": "Signature=a",
        OWN.access_key_id: TEMPORARY.access_key_id,
    }.items():
        assert found in wire.target
        assert not ask(replace(wire, target=wire.target.replace(found, put))).admitted, put
    assert not ask(replace(wire, method="PUT")).admitted
    assert not ask(replace(wire, target=f"{wire.target}&acl")).admitted
    assert not ask(wire.with_headers(x_amz_acl="public-read")).admitted


@pytest.mark.parametrize("expires", [604_801, "x", "-1"])
@pytest.mark.parametrize("signer", SIGNERS)
def test_a_presigned_url_lasts_seven_days_at_most(signer: Any, expires: Any) -> None:
    wire = presigned(signer)
    target = re.sub("Expires=[0-9]+", f"Expires={expires}", wire.target)
    assert not ask(replace(wire, target=target)).admitted


def test_a_presigned_upload_has_the_content_type_that_was_signed() -> None:
    wire = signed("s3", "PUT", "/b/k", {"Content-Type": "text/csv"}, b"", signer=HmacV1QueryAuth)
    assert "content-type" in unquote(wire.target)
    assert ask(replace(wire, body=b"a,b", headers={"Content-Type": "text/csv"})).admitted
    assert not ask(replace(wire, body=b"a,b", headers={"Content-Type": "text/html"})).admitted


def test_a_presigned_url_may_name_the_bucket_in_the_host() -> None:
    request = AWSRequest("GET", f"http://bucket.{HOST}/key", auth_path="/bucket/key")
    HmacV1QueryAuth(ClientCredentials(OWN.access_key_id, OWN.secret_access_key)).add_auth(request)
    split = urlsplit(request.url)
    wire = Wire("GET", f"{split.path}?{split.query}", {"Host": f"bucket.{HOST}"})
    assert ask(wire).admitted


def test_a_request_is_signed_in_one_way() -> None:
    wire = presigned(S3SigV4QueryAuth)
    both = wire.with_headers(Authorization=of("s3").headers["Authorization"])
    assert b"only one way to sign" in ask(both).body


# Web pages


@pytest.mark.parametrize("origin", ["null", "", "http://evil.example", f"http://{HOST}"])
@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_served_to_a_web_page(service: str, origin: str) -> None:
    answer = ask(of(service).with_headers(Origin=origin))
    assert answer.status == "403 Forbidden"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_a_page_that_sends_no_origin_is_known_by_what_its_browser_says(site: str) -> None:
    assert not ask(presigned(S3SigV4QueryAuth).with_headers(Sec_Fetch_Site=site)).admitted


def test_a_user_may_open_a_presigned_url_in_a_browser() -> None:
    assert ask(presigned(S3SigV4QueryAuth).with_headers(Sec_Fetch_Site="none")).admitted


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        f"localhost.evil.example:{PORT}",
        f"evil-localhost:{PORT}",
        f"localhost:{PORT}.evil.example",
        f"localhost:{PORT + 1}",
        f"evil.example@localhost:{PORT}",
        f".localhost:{PORT}",
        f"a..localhost:{PORT}",
        f"127.0.0.1:{PORT}",
        f"[::1]:{PORT}",
        f"{HOST},{HOST}",
        "localhost",
        "",
        "motoapi.amazonaws.com",
    ],
)
def test_no_name_but_its_own_leads_to_it(host: str) -> None:
    wire = signed("s3", "GET", "/bucket/key", {"Host": host}, b"")
    answer = ask(wire)
    assert answer.status == "403 Forbidden"
    assert f"this is {HOST} and the names below it: got the host".encode() in answer.body


def test_a_target_with_a_host_of_its_own_is_refused() -> None:
    wire = of("s3")
    assert not ask(replace(wire, target=f"http://{HOST}{wire.target}")).admitted


# Bodies in signed chunks: the examples of "Signature calculations", Amazon S3 API Reference


def chunked(monkeypatch: pytest.MonkeyPatch, *, trailer: bytes = b"") -> Wire:
    """An upload of 65 KB in two chunks, signed as the guide says."""
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    monkeypatch.setattr(
        S3SigV4Auth, "payload", lambda self, request: kind + "-TRAILER" * bool(trailer)
    )
    wire = signed("s3", "PUT", "/bucket/key", body=b"")
    date = wire.headers["X-Amz-Date"]
    previous = wire.headers["Authorization"].rpartition("Signature=")[2]
    signer = SigV4Auth(
        ClientCredentials(OWN.access_key_id, OWN.secret_access_key), "s3", "us-east-1"
    )
    request = AWSRequest("PUT", "/")
    request.context["timestamp"] = date
    empty = hashlib.sha256(b"").hexdigest()
    body = b""

    def sign(kind: str, *digests: str) -> str:
        nonlocal previous
        lines = [f"AWS4-HMAC-SHA256-{kind}", date, signer.credential_scope(request), previous]
        previous = signer.signature("\n".join([*lines, *digests]), request)
        return previous

    for chunk in (b"a" * 65536, b"a" * 1024, b""):
        made = sign("PAYLOAD", empty, hashlib.sha256(chunk).hexdigest())
        body += f"{len(chunk):x};chunk-signature={made}\r\n".encode()
        body += chunk + b"\r\n" if chunk or not trailer else b""
    if trailer:
        made = sign("TRAILER", hashlib.sha256(trailer).hexdigest())
        body += trailer.replace(b"\n", b"\r\n") + f"x-amz-trailer-signature:{made}\r\n\r\n".encode()
    return replace(wire, body=body)


TRAILER = b"x-amz-checksum-crc32c:sOO8/Q==\n"


@pytest.mark.parametrize("trailer", [b"", TRAILER])
def test_an_upload_in_signed_chunks_is_served(
    trailer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(chunked(monkeypatch, trailer=trailer)).admitted


@pytest.mark.parametrize(
    ("found", "put", "code"),
    [
        (b"aaa\r\n400;", b"aab\r\n400;", "SignatureDoesNotMatch"),
        (b"\r\n400;chunk", b"\r\n400;junk", "XAmzContentSHA256Mismatch"),
        (b"sOO8", b"aaaa", "SignatureDoesNotMatch"),
        (b"x-amz-trailer-signature", b"x-amz-other", "XAmzContentSHA256Mismatch"),
    ],
)
def test_a_chunk_that_was_changed_is_refused(
    found: bytes, put: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = chunked(monkeypatch, trailer=TRAILER)
    assert found in wire.body
    assert ask(replace(wire, body=wire.body.replace(found, put))).code == code


# Credentials


def test_credentials_are_of_aws_shape_and_keep_their_secret_to_themselves() -> None:
    assert re.fullmatch("AKIA[A-Z2-7]{16}", OWN.access_key_id)
    assert re.fullmatch("ASIA[A-Z2-7]{16}", TEMPORARY.access_key_id)
    for each in (OWN, TEMPORARY):
        assert len(each.secret_access_key) == 40
        assert each.secret_access_key not in repr(each)
    assert TEMPORARY.session_token is not None
    assert TEMPORARY.session_token not in repr(TEMPORARY)
    assert Credentials.random() != Credentials.random()


def test_credentials_go_through_environment_variables() -> None:
    assert Credentials.from_environ(OWN.environ()) == OWN
    assert TEMPORARY.environ()["AWS_SESSION_TOKEN"] == TEMPORARY.session_token
