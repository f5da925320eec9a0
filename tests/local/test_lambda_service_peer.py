"""Other users of the machine are kept out of the Runtime API, which has no signatures."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fan_out.local.lambda_service import peer, runtime_api
from fan_out.local.lambda_service.log import Log
from fan_out.local.lambda_service.runtime_api import RuntimeApi

AS_NOBODY = """
import os, socket, sys
"".encode("idna")  # loaded while we may still read Python's own files
os.setuid(65534)
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) as connection:
    head = f"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: 127.0.0.1:{sys.argv[1]}"
    connection.sendall(f"{head}\\r\\n\\r\\n".encode())
    try:
        print(int(b" 200 OK" in connection.recv(64)))
    except ConnectionError:
        print(0)
"""


def served_to(code: str) -> str:
    """What a client of a Runtime API prints; the API would answer it one call."""
    log = Log()
    with log.writing_end():
        api = RuntimeApi(log)
        port = api.address.rpartition(":")[2]
        client = subprocess.Popen(
            [sys.executable, "-c", code, port], stdout=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 30
        while client.poll() is None and time.monotonic() < until:
            call = api.call(time.monotonic() + 0.05, "invocation/next")
            if call is not None:
                call.answer("200 OK", b"{}")
        api.close()
    log.close()
    return client.communicate(timeout=30)[0].strip()


def test_the_runtime_api_serves_our_own_user() -> None:
    assert served_to(AS_NOBODY.replace("os.setuid(65534)", "")) == "1"


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="only root can be somebody else"
)
def test_the_runtime_api_serves_no_other_user() -> None:
    assert served_to(AS_NOBODY) == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_row_that_was_missed_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Table:
        read = False

        def read_bytes(self) -> bytes:
            missed, self.read = not self.read, True
            return b"" if missed else there.read_bytes()

    there, table = peer.TABLE, Table()
    monkeypatch.setattr(peer, "TABLE", table)
    assert served_to(AS_NOBODY.replace("os.setuid(65534)", "")) == "1"
    assert table.read


def test_a_connection_of_another_user_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_api, "is_ours", lambda address, local: False)
    assert served_to(AS_NOBODY.replace("os.setuid(65534)", "")) == "0"


def connected() -> tuple[socket.socket, socket.socket, Any]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, address = server.accept()
    return client, accepted, address


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_whose_a_connection_is_is_known_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    client, accepted, address = connected()
    with client, accepted:
        assert peer.is_ours(address, accepted.getsockname())
        with monkeypatch.context() as patch:
            patch.setattr(os, "getuid", lambda: 12345)
            assert not peer.is_ours(address, accepted.getsockname())
        client.close()
        assert not peer.is_ours(address, accepted.getsockname())


def test_where_the_system_does_not_tell_everybody_is_taken_for_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "TABLE", tmp_path / "none")
    client, accepted, address = connected()
    with client, accepted:
        assert peer.is_ours(address, accepted.getsockname())
