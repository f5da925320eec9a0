"""Who may come into the embedded AWS: what a web page, another user and a stranger get from it."""

import datetime
import io
import os
import socket
import stat
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from machines import Machines

from fan_out.local import EmbeddedAws
from fan_out.local.gate.credentials import Credentials
from fan_out.local.session import session_on

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(region=REGION) as aws:
        aws.session().client("s3").create_bucket(**bucket("kept"))
        yield aws


def bucket(name: str) -> dict[str, Any]:
    return {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": REGION}}


def session(aws: EmbeddedAws, credentials: Any) -> boto3.Session:
    """A session of what an STS or IAM action answered, or of credentials."""
    if isinstance(credentials, dict):
        credentials = Credentials(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials.get("SessionToken"),
        )
    config = Path(aws.environ()["AWS_CONFIG_FILE"])
    return session_on(aws.endpoint_url, REGION, config, credentials)


def code_of(client: Any, operation: str, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**parameters)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    return str(refused.value.response["Error"]["Code"])


def ask(
    aws: EmbeddedAws, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """What a program gets that sends what it likes."""
    connection = HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, names, answer.read()
    finally:
        connection.close()


# A web page


OWN_PAGES = [
    "/moto-api/",
    "/moto-api/reset",
    "//moto-api/reset",
    "/%6doto-api/reset",
    "/moto%2Dapi/reset",
    "/x/../moto-api/reset",
    "/./moto-api/reset",
    "/moto-api/data.json",
    "/moto-api/config",
    "/moto-api/seed?a=1",
    "/moto-api/recorder/start-recording",
    "/moto-api/recorder/download-recording",
    "/latest/meta-data/iam/security-credentials/",
    "/favicon.ico",
]
PAGE = {
    "Content-Type": "text/plain",
    "Origin": "http://evil.example",
    "Sec-Fetch-Site": "cross-site",
}


@pytest.mark.parametrize("path", OWN_PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [PAGE, {}, {"Host": "motoapi.amazonaws.com"}])
def test_no_page_of_motos_own_is_to_be_had(
    aws: EmbeddedAws, path: str, method: str, headers: dict[str, str]
) -> None:
    status, _, _ = ask(aws, method, path, headers, b"{}")
    assert status == 403
    assert [each["Name"] for each in aws.session().client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("path", OWN_PAGES)
def test_no_page_of_motos_own_is_to_be_had_with_our_credentials(
    aws: EmbeddedAws, path: str
) -> None:
    for service in ("s3", "iam", "lambda", "motoapi", "moto_api", "motoapi.amazonaws.com"):
        status, _, body = signed(aws, service, "POST", path)
        assert status >= 400, (service, body)
        assert aws.session().client("s3").list_buckets()["Buckets"]


def signed(
    aws: EmbeddedAws, service: str, method: str, path: str, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    request = AWSRequest(method, f"{aws.endpoint_url}{path}", data=b"{}")
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(aws.session().get_credentials(), service, REGION).add_auth(request)
    return ask(aws, method, path, {**dict(request.headers.items()), **headers}, b"{}")


def test_a_recording_is_never_written(aws: EmbeddedAws) -> None:
    ask(aws, "POST", "/moto-api/recorder/start-recording", PAGE)
    signed(aws, "s3", "POST", "/moto-api/recorder/start-recording")
    aws.session().client("s3").list_buckets()
    assert not Path("moto_recording").exists()


def test_a_bucket_may_be_called_as_a_page_of_motos_own(aws: EmbeddedAws) -> None:
    client = aws.session().client("s3")
    for name in ("moto-api", "latest"):
        client.create_bucket(**bucket(name))
        client.put_object(Bucket=name, Key="reset", Body=b"there")
        assert client.get_object(Bucket=name, Key="reset")["Body"].read() == b"there"


@pytest.mark.parametrize("headers", [PAGE, {"Origin": "null"}, {}])
def test_no_preflight_is_answered(aws: EmbeddedAws, headers: dict[str, str]) -> None:
    asked = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,x-amz-target",
    }
    for path in ("/", "/kept/key", "/moto-api/reset"):
        status, answered, _ = ask(aws, "OPTIONS", path, {**asked, **headers})
        assert status == 403
        assert not [name for name in answered if name.startswith("access-control")]


def test_no_answer_is_for_another_origin(aws: EmbeddedAws) -> None:
    status, answered, _ = signed(aws, "s3", "GET", "/kept")
    assert status == 200
    assert not [name for name in answered if name.startswith("access-control")]
    status, answered, _ = signed(aws, "s3", "GET", "/kept", Origin="http://evil.example")
    assert status == 403
    assert not [name for name in answered if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1:{port}", "localhost", ""])
def test_a_page_whose_name_leads_to_this_machine_is_not_served(aws: EmbeddedAws, host: str) -> None:
    named = host.format(port=aws.endpoint_url.rpartition(":")[2])
    assert signed(aws, "s3", "GET", "/kept", Host=named)[0] == 403


def test_a_form_cannot_call_a_function(aws: EmbeddedAws) -> None:
    function = Machines(aws).function()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        path = f"/2015-03-31/functions/{function}/invocations"
        assert ask(aws, "POST", path, {"Content-Type": kind}, b"{}")[0] == 403


def test_what_is_smuggled_in_a_body_is_no_request(aws: EmbeddedAws) -> None:
    inner = f"GET /kept HTTP/1.1\r\nHost: {aws.endpoint_url.removeprefix('http://')}\r\n\r\n"
    port = int(aws.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("localhost", port), timeout=30) as connection:
        outer = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(inner)}\r\n\r\n"
        connection.sendall((outer + inner).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1


# Other credentials


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "wrong"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("cloudformation", "list_stacks", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("ec2", "describe_vpcs", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
        (
            "stepfunctions",
            "list_state_machines",
            "UnrecognizedClientException",
            "InvalidSignatureException",
        ),
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
        ("sqs", "list_queues", "UnrecognizedClientException", "InvalidSignatureException"),
        ("route53", "list_hosted_zones", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ],
)
def test_a_stranger_is_told_so_as_aws_tells(
    aws: EmbeddedAws, service: str, operation: str, unknown: str, wrong: str
) -> None:
    own = aws.environ()
    stranger = session(aws, Credentials.random())
    liar = session(aws, Credentials(own["AWS_ACCESS_KEY_ID"], "x" * 40))
    assert code_of(stranger.client(service), operation) == unknown
    assert code_of(liar.client(service), operation) == wrong


def test_what_everybody_knows_of_moto_opens_nothing(aws: EmbeddedAws) -> None:
    for key, secret in [
        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"),
        ("ak", "sk"),
        ("embedded", "embedded"),
        ("ASIA123456789012FAKE", "fake"),
    ]:
        client = session(aws, Credentials(key, secret)).client("sts")
        assert code_of(client, "get_caller_identity") == "InvalidClientTokenId"


def test_an_unsigned_request_is_refused_also_where_aws_wants_none(aws: EmbeddedAws) -> None:
    sts = aws.session().client("sts")
    refused = code_of(
        sts,
        "assume_role_with_web_identity",
        RoleArn="arn:aws:iam::123456789012:role/any",
        RoleSessionName="name",
        WebIdentityToken="token",
    )
    assert refused == "MissingAuthenticationToken"


def test_each_start_has_credentials_of_its_own(aws: EmbeddedAws) -> None:
    other = EmbeddedAws()
    assert other._credentials != aws._credentials


def test_no_secret_is_where_another_user_can_read_it(aws: EmbeddedAws) -> None:
    secret = aws.environ()["AWS_SECRET_ACCESS_KEY"]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert secret.encode() not in (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
    folder = Path(aws.environ()["AWS_CONFIG_FILE"]).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == os.getuid()


# Those whom it lets in


def test_a_role_that_was_assumed_acts_as_the_role(aws: EmbeddedAws) -> None:
    machines = Machines(aws)
    sts = aws.session().client("sts")
    answer = sts.assume_role(RoleArn=machines.role, RoleSessionName="somebody")
    role = session(aws, answer["Credentials"])
    identity = role.client("sts").get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["Arn"].endswith(f":assumed-role/{machines.role.split('/')[-1]}/somebody")
    assert identity["Account"] == "123456789012"
    assert [each["Name"] for each in role.client("s3").list_buckets()["Buckets"]]
    token = {**answer["Credentials"], "SessionToken": "another"}
    assert code_of(session(aws, token).client("s3"), "list_buckets") == "InvalidToken"
    del token["SessionToken"]
    assert code_of(session(aws, token).client("s3"), "list_buckets") == "InvalidToken"


def test_temporary_credentials_of_a_user_are_new_and_hold(aws: EmbeddedAws) -> None:
    sts = aws.session().client("sts")
    root = "arn:aws:iam::123456789012:root"
    assert sts.get_caller_identity()["Arn"] == root
    first, second = (sts.get_session_token()["Credentials"] for _ in range(2))
    assert first["AccessKeyId"] != second["AccessKeyId"]
    assert session(aws, first).client("sts").get_caller_identity()["Arn"] == root
    federated = sts.get_federation_token(Name="guest")
    identity = session(aws, federated["Credentials"]).client("sts").get_caller_identity()
    assert identity["Arn"] == federated["FederatedUser"]["Arn"]
    assert identity["Arn"].endswith(":federated-user/guest")
    left = federated["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(hours=11) < left <= datetime.timedelta(hours=12)


def test_temporary_credentials_end_when_they_say(aws: EmbeddedAws) -> None:
    """moto takes a duration that AWS does not, which is over at once."""
    sts = aws.session().client("sts", config=Config(parameter_validation=False))
    answer = sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/any", RoleSessionName="some", DurationSeconds=-1
    )
    client = session(aws, answer["Credentials"]).client("dynamodb")
    assert code_of(client, "list_tables") == "ExpiredTokenException"


def test_the_key_of_a_user_holds_until_it_is_off(aws: EmbeddedAws) -> None:
    iam = aws.session().client("iam")
    user = iam.create_user(UserName=f"user-{uuid.uuid4()}")["User"]
    key = iam.create_access_key(UserName=user["UserName"])["AccessKey"]
    client = session(aws, key).client("sts")
    assert client.get_caller_identity()["Arn"] == user["Arn"]
    which = {"UserName": user["UserName"], "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**which, Status="Inactive")
    assert code_of(client, "get_caller_identity") == "InvalidClientTokenId"
    iam.update_access_key(**which, Status="Active")
    client.get_caller_identity()
    iam.delete_access_key(**which)
    assert code_of(client, "get_caller_identity") == "InvalidClientTokenId"


CALLS = """
import boto3, os
def handler(event, context):
    boto3.client("s3").put_object(Bucket="kept", Key="by-handler", Body=b"there")
    return [boto3.client("sts").get_caller_identity()["Arn"], os.environ["AWS_SESSION_TOKEN"]]
"""


def test_a_handler_acts_as_its_functions_role(aws: EmbeddedAws) -> None:
    machines = Machines(aws)
    name = f"function-{uuid.uuid4()}"
    arn, token = machines.invoke(machines.function(CALLS, FunctionName=name))["payload"]
    role = machines.role.split("/")[-1]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/{role}/{name}"
    assert token
    s3 = aws.session().client("s3")
    assert s3.get_object(Bucket="kept", Key="by-handler")["Body"].read() == b"there"


def test_a_function_whose_role_changes_acts_as_the_new_one(aws: EmbeddedAws) -> None:
    machines, other = Machines(aws), Machines(aws)
    function = machines.function(CALLS)
    machines.invoke(function)
    machines.functions.update_function_configuration(FunctionName=function, Role=other.role)
    arn, _ = machines.invoke(function)["payload"]
    assert f"/{other.role.split('/')[-1]}/" in arn


# Uploads, and presigned URLs


@pytest.mark.parametrize("size", [0, 10, 12_000_000])
def test_files_of_every_size_go_up_and_come_down(aws: EmbeddedAws, size: int) -> None:
    client = aws.session().client("s3")
    content = os.urandom(size)
    config = TransferConfig(multipart_threshold=6_000_000, multipart_chunksize=6_000_000)
    client.upload_fileobj(io.BytesIO(content), "kept", "a file/with ü+&=~.bin", Config=config)
    got = io.BytesIO()
    client.download_fileobj("kept", "a file/with ü+&=~.bin", got)
    assert got.getvalue() == content


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_an_upload_has_its_checksum(aws: EmbeddedAws, algorithm: str) -> None:
    client = aws.session().client("s3")
    client.put_object(
        Bucket="kept", Key="checked", Body=b"x" * 100_000, ChecksumAlgorithm=algorithm
    )
    answer = client.get_object(Bucket="kept", Key="checked", ChecksumMode="ENABLED")
    assert answer["Body"].read() == b"x" * 100_000


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_opens_to_who_has_nothing_else(aws: EmbeddedAws, version: str) -> None:
    client = aws.session().client("s3", config=Config(signature_version=version))
    for operation, key in [("put_object", "a b/ü+.csv"), ("get_object", "a b/ü+.csv")]:
        url = client.generate_presigned_url(
            operation, Params={"Bucket": "kept", "Key": key}, ExpiresIn=60
        )
        put = operation == "put_object"
        request = urllib.request.Request(
            url, b"a,b" if put else None, {"Content-Type": ""}, method="PUT" if put else "GET"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert put or answer.read() == b"a,b"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("csv", "txt"), timeout=30)
    assert refused.value.code == 403
    assert b"SignatureDoesNotMatch" in refused.value.read()


def test_a_presigned_url_of_another_service_is_served_by_it(aws: EmbeddedAws) -> None:
    client = aws.session().client("sts")
    url = client.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert b"arn:aws:iam::123456789012:root" in answer.read()


def test_a_presigned_form_is_refused_by_name(aws: EmbeddedAws) -> None:
    client = aws.session().client("s3")
    form = client.generate_presigned_post("kept", "key")
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**form["fields"], "file": "evil"}.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    status, _, answer = ask(aws, "POST", "/kept", kind, f"{body}--x--\r\n".encode())
    assert (status, b"takes no presigned POST" in answer) == (403, True)
