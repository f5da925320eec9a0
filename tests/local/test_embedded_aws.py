"""The embedded AWS from its start to its end, as the process that starts it sees it."""

import errno
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest
from machines import Machines

from bounded import ending, eventually
from fan_out.local import EmbeddedAws, EmbeddedAwsError, embedded, loopback

START = """
import sys, time
from fan_out.local import EmbeddedAws
with EmbeddedAws() as aws:
    print(aws.endpoint_url, aws.environ()["AWS_CONFIG_FILE"], flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(account="210987654321", region="eu-west-1") as aws:
        yield aws


def child_of(pid: int) -> psutil.Process:
    (child,) = psutil.Process(pid).children()
    return child


def port_of(aws: EmbeddedAws) -> int:
    return int(aws.endpoint_url.rpartition(":")[2])


def server(aws: EmbeddedAws) -> psutil.Process:
    """The process that serves it, of those that this one has started."""
    (found,) = (
        child
        for child in psutil.Process().children()
        if port_of(aws) in [each.laddr.port for each in child.net_connections() if each.laddr]
    )
    return found


def python(code: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Its end


def test_nothing_is_left_after_it_even_if_functions_were_busy() -> None:
    with EmbeddedAws() as aws:
        machines = Machines(aws)
        function = machines.function("import time\ndef handler(e, c): time.sleep(600)", Timeout=900)
        machines.functions.invoke(FunctionName=function, InvocationType="Event")
        process = server(aws)
        eventually(process.children)
        family = [process, *process.children(recursive=True)]
        directory = Path(aws.environ()["AWS_CONFIG_FILE"]).parent
        assert directory.is_dir()
    assert not any(each.is_running() for each in family)
    assert not directory.exists()
    with pytest.raises(OSError), socket.create_connection(("localhost", port_of(aws))):
        pass


def test_nothing_is_left_if_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with ending(parent):
        _, config = parent.stdout.readline().split()
        child = child_of(parent.pid)
        parent.kill()
    child.wait(timeout=30)
    assert not Path(config).parent.exists()


def test_nothing_is_left_if_its_parent_is_killed_while_it_starts(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", START], env=env, stdout=subprocess.DEVNULL)
    with ending(parent):
        children = eventually(psutil.Process(parent.pid).children)
        parent.kill()
    children[0].wait(timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_from_the_terminal_is_for_its_parent_alone() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", START],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    with ending(parent):
        _, config = parent.stdout.readline().split()
        child = child_of(parent.pid)
        assert os.getsid(child.pid) != os.getsid(parent.pid)
        os.killpg(parent.pid, signal.SIGINT)
        output, errors = parent.communicate(timeout=30)
    assert errors.strip().endswith("KeyboardInterrupt")
    assert output == ""
    assert not child.is_running()
    assert not Path(config).parent.exists()


def test_an_error_inside_of_it_comes_out_and_ends_it() -> None:
    process = None

    def fail() -> None:
        nonlocal process
        with EmbeddedAws() as aws:
            process = server(aws)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    assert process is not None
    assert not process.is_running()


def test_a_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SECONDS_TO_END", 0.5)
    with EmbeddedAws() as aws:
        process = server(aws)
        directory = Path(aws.environ()["AWS_CONFIG_FILE"]).parent
        process.suspend()
    assert not process.is_running()
    assert not directory.exists()


# Its start


def test_a_start_that_fails_is_one_line_with_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moto").mkdir()
    (tmp_path / "moto" / "__init__.py").write_text("raise ImportError('moto is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = set(psutil.Process().children())
    with pytest.raises(EmbeddedAwsError) as failed:
        EmbeddedAws().__enter__()
    assert str(failed.value) == "the embedded AWS did not start: ImportError: moto is broken"
    assert set(psutil.Process().children()) == before


def test_a_moto_that_it_is_not_made_for_keeps_it_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'fan_out.local.server' in sys.orig_argv:\n"
        "    from moto.awslambda.models import LambdaFunction\n"
        "    del LambdaFunction.invoke\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EmbeddedAwsError, match="no moto.awslambda.models.LambdaFunction.invoke"):
        EmbeddedAws().__enter__()


def test_modules_of_the_current_folder_do_not_stand_in_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "types.py").write_text("raise ImportError('not these types')")
    monkeypatch.chdir(tmp_path)
    with EmbeddedAws():
        pass


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"account": "12345"}, "account must be 12 digits, got '12345'"),
        ({"region": "mars"}, "region must look like us-east-1, got 'mars'"),
        ({"max_environments": 0}, "max_environments must be a whole number from 1, got 0"),
        ({"max_environments": True}, "max_environments must be a whole number from 1, got True"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        EmbeddedAws(**settings)  # type: ignore[arg-type]
    assert str(refused.value) == message


def test_it_is_started_once(aws: EmbeddedAws) -> None:
    with pytest.raises(EmbeddedAwsError, match="has been started already"):
        aws.__enter__()


def test_its_name_alone_loads_neither_boto3_nor_moto() -> None:
    code = (
        "import sys\n"
        "from fan_out.local import EmbeddedAws\n"
        "EmbeddedAws()\n"
        "print(*sorted({'boto3', 'botocore', 'moto', 'aws_cdk'} & set(sys.modules)))"
    )
    assert python(code, dict(os.environ)) == ""


# What listens


def test_it_listens_to_this_machine_alone(aws: EmbeddedAws) -> None:
    process = server(aws)
    family = [process, *process.children(recursive=True)]
    listening = [
        connection.laddr
        for each in family
        for connection in each.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert port_of(aws) in [address.port for address in listening]
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_both_addresses_of_localhost_lead_to_it(aws: EmbeddedAws) -> None:
    port = port_of(aws)
    families = {found[0] for found in socket.getaddrinfo("localhost", port)}
    for family, address in {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}.items():
        if family in families:
            socket.create_connection((address, port)).close()


def test_a_port_that_is_taken_on_one_address_of_localhost_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bound, taken = loopback._bound, []

    def bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        if family == socket.AF_INET6 and not taken:  # somebody else is faster, once
            taken.append(bound(family, address, port))
        return bound(family, address, port)

    monkeypatch.setattr(loopback, "_bound", bind)
    sockets = loopback.listen()
    ports = {each.getsockname()[1] for each in sockets}
    assert len(ports) == 1
    assert taken[0].getsockname()[1] not in ports
    for each in sockets + taken:
        each.close()


def test_a_machine_without_ipv6_has_one_address_for_localhost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bound = loopback._bound

    def bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return bound(family, address, port)

    monkeypatch.setattr(loopback, "_bound", bind)
    (only,) = loopback.listen()
    assert only.getsockname()[0] == "127.0.0.1"
    only.close()


def test_an_action_that_moto_lacks_is_answered_at_once_as_missing(aws: EmbeddedAws) -> None:
    client = aws.session().client("cloudtrail")
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.lookup_events()
    answer = refused.value.response["ResponseMetadata"]
    assert (answer["HTTPStatusCode"], answer["RetryAttempts"]) == (501, 0)


def test_it_prints_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with EmbeddedAws() as aws:
        aws.session().client("sts").get_caller_identity()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{aws.endpoint_url}/moto-api/no-such-thing")
        machines = Machines(aws)
        machines.invoke(machines.function("print('loading')\ndef handler(e, c): print('running')"))
    assert capfd.readouterr() == ("", "")


# Talking to it


def test_it_is_the_account_and_region_that_were_asked_for(aws: EmbeddedAws) -> None:
    session = aws.session()
    assert session.region_name == "eu-west-1"
    assert session.client("sts").get_caller_identity()["Account"] == "210987654321"
    function = Machines(aws).function()
    assert function.startswith("arn:aws:lambda:eu-west-1:210987654321:function:")


ELSEWHERE = {
    "AWS_PROFILE": "no-such-profile",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL": "http://localhost:1",
    "AWS_ENDPOINT_URL_S3": "http://localhost:1",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "http_proxy": "http://localhost:1",
    "no_proxy": "example.com",
}
"""An environment that leads away from it."""


def test_its_session_heeds_no_environment(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ELSEWHERE.items():
        if not name.endswith("_proxy"):
            monkeypatch.setenv(name, value)
    client = aws.session().client("s3")
    client.list_buckets()
    assert client.meta.region_name == "eu-west-1"
    with pytest.raises(Exception, match="no-such-profile"):
        boto3.Session()


def test_its_environment_leads_a_client_to_it_from_anywhere(aws: EmbeddedAws) -> None:
    code = (
        "import boto3\n"
        "client = boto3.client('s3')\n"
        "client.create_bucket(Bucket='a.dotted.bucket',"
        " CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})\n"
        "client.put_object(Bucket='a.dotted.bucket', Key='key', Body=b'there')\n"
        "print(client.get_object(Bucket='a.dotted.bucket', Key='key')['Body'].read().decode())\n"
        "print(boto3.client('sts').get_caller_identity()['Account'])\n"
    )
    env = {**os.environ, **ELSEWHERE, **aws.environ()}
    for name in aws.UNSET:
        env.pop(name, None)
    assert python(code, env).split() == ["there", "210987654321"]


def test_its_environment_says_which_python_runs_the_functions(aws: EmbeddedAws) -> None:
    assert aws.environ()["FAN_OUT_LOCAL_PYTHON"] == sys.executable
