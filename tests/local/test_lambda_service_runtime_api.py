"""The Runtime API as a client other than AWS's own may use it."""

import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lambda_functions import LONG, Lambda, eventually, function, running

from fan_out.local.lambda_service.log import Log
from fan_out.local.lambda_service.runtime_api import RuntimeApi

NEXT = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {host}\r\n\r\n"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Lambda]:
    with running(tmp_path / "lambda") as aws:
        yield aws


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    log = Log()
    with log.writing_end():
        api = RuntimeApi(log)
        yield api
        api.close()
    log.close()


def test_a_runtime_may_answer_over_another_connection_than_it_asked_on(api: RuntimeApi) -> None:
    def ask_and_answer() -> int:
        asking = http.client.HTTPConnection(api.address)
        asking.request("GET", "/2018-06-01/runtime/invocation/next")
        assert asking.getresponse().read() == b"{}"
        asking.close()
        answering = http.client.HTTPConnection(api.address)
        answering.request("POST", "/2018-06-01/runtime/invocation/1/response", b"x" * 3_000_000)
        return answering.getresponse().status

    with ThreadPoolExecutor() as threads:
        runtime = threads.submit(ask_and_answer)
        until = time.monotonic() + LONG
        asked = api.call(until, "invocation/next")
        assert asked is not None
        asked.answer("200 OK", b"{}")
        answered = api.call(until, "invocation/1/response")
        assert answered is not None
        assert answered.body == b"x" * 3_000_000
        answered.answer("202 Accepted")

        assert runtime.result() == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://page.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
        {"Host": "page.example"},
        {"Host": "localhost:80"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "invocation/next"), ("POST", "invocation/1/response")]
)
def test_a_web_page_reaches_no_runtime(
    api: RuntimeApi, headers: dict[str, str], method: str, path: str
) -> None:
    assert _refused(api, method, path, headers)


def test_a_call_of_another_method_is_none_of_the_runtime(api: RuntimeApi) -> None:
    assert _refused(api, "POST", "invocation/next", {})
    assert _refused(api, "GET", "invocation/1/response", {})


def _refused(api: RuntimeApi, method: str, path: str, headers: dict[str, str]) -> bool:
    """Whether the call never comes through, although it is waited for; the runtime's next does."""

    def call_and_ask_next() -> int:
        page = http.client.HTTPConnection(api.address)
        page.request(method, f"/2018-06-01/runtime/{path}", headers=headers)
        status = page.getresponse().status
        runtime = http.client.HTTPConnection(api.address)
        runtime.request("POST", "/2018-06-01/runtime/init/error")
        runtime.getresponse().read()
        return status

    with ThreadPoolExecutor() as threads:
        calling = threads.submit(call_and_ask_next)
        call = api.call(time.monotonic() + LONG, path, "init/error")
        assert call is not None
        call.answer("202 Accepted")
        return calling.result() == 404 and call.path == "init/error"


def test_who_does_not_wait_for_the_answer_gets_none(api: RuntimeApi) -> None:
    host, port = api.address.split(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(NEXT.format(host=api.address).encode())
    call = api.call(time.monotonic() + LONG, "invocation/next")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

    assert call is not None
    call.answer("200 OK", b"{}")
    assert api.call(time.monotonic() + 0.01, "invocation/next") is None


def test_there_is_no_call_when_the_time_is_over(api: RuntimeApi) -> None:
    assert api.call(time.monotonic() + 0.01, "invocation/next") is None


def test_a_log_that_nobody_can_write_any_more_is_not_the_end() -> None:
    log = Log()
    with log.writing_end():
        api = RuntimeApi(log)

    assert api.call(time.monotonic() + 0.01, "invocation/next") is None
    assert not api.ended
    api.close()
    log.close()


def test_a_call_whose_client_is_gone_is_abandoned(api: RuntimeApi) -> None:
    host, port = api.address.split(":")
    for lingers in (1, 0):
        client = socket.create_connection((host, int(port)))
        client.sendall(NEXT.format(host=api.address).encode())
        call = api.call(time.monotonic() + LONG, "invocation/next")
        assert call is not None
        assert not call.is_abandoned()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", lingers, 0))
        client.close()
        assert eventually(call.is_abandoned)


def test_a_handler_that_calls_what_is_not_there_is_told_so(aws: Lambda) -> None:
    curious = function(
        """
        import os
        from http.client import HTTPConnection

        def handler(paths, context):
            statuses = []
            for path in paths:
                connection = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
                connection.request("GET", path)
                statuses.append(connection.getresponse().status)
            return statuses
        """
    )
    paths = ["/", "/2020-01-01/extension/register", "/2018-06-01/runtime/invocation/1/response"]

    assert aws.answer(curious, paths) == [404, 404, 404]


def test_a_handler_that_sends_no_http_disturbs_nobody(aws: Lambda) -> None:
    rude = function(
        r"""
        import os, socket, struct, time

        def handler(data, context):
            host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
            for lingers in 0, 1:  # closed with a reset, and as it should be
                with socket.create_connection((host, int(port))) as connection:
                    options = struct.pack("ii", 1 - lingers, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, options)
                    connection.sendall(data.encode())
                    time.sleep(0.02)
            return "ok"
        """
    )

    for data in [
        "",
        "nonsense",
        "nonsense\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ]:
        assert aws.answer(rude, data) == "ok"


def test_the_deadline_is_told_in_milliseconds_since_1970(api: RuntimeApi, aws: Lambda) -> None:
    source = "import time\ndef handler(e, c): return [c._epoch_deadline_time_in_ms, time.time()]"

    deadline, now = json.loads(aws.invoke(function(source, timeout_seconds=9)).payload)

    assert deadline / 1000 - 9 <= now < deadline / 1000
