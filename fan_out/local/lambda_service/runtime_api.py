"""The Runtime API of one environment: the HTTP that AWS's runtime client speaks.

"Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide. It has no thread:
the one that invokes is the one that serves, so that nothing is handed from thread to thread between
a request and its answer. While nobody invokes, the runtime waits in the socket's queue, as it waits
frozen in AWS.
"""

import math
import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from fan_out.local.lambda_service.log import Log
from fan_out.local.lambda_service.peer import is_ours
from fan_out.local.lambda_service.process import RuntimeProcess

VERSION = "/2018-06-01/runtime/"

NEXT = "invocation/next"
INIT_ERROR = "init/error"

ACCEPTED = "202 Accepted"


@dataclass(frozen=True)
class Call:
    """A call of the runtime: what follows the version in its path, and its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By their names in small letters."""

    body: bytes
    connection: "Connection"

    def is_for(self, address: str, *paths: str) -> bool:
        """Whether it is a runtime's call to one of ``paths``, and not a web page's.

        A browser runs as our own user too. It names the page in Origin, or says in Sec-Fetch-* how
        it came to ask; a page whose host has become 127.0.0.1 in the meantime names that host.
        """
        from_page = any(name == "origin" or name.startswith("sec-") for name in self.headers)
        method = "GET" if self.path == NEXT else "POST"
        asked = self.path in paths and self.method == method
        return asked and not from_page and self.headers.get("host") == address

    def answer(self, status: str, body: bytes = b'{"status":"OK"}\n', **headers: str) -> None:
        """Send the answer, in one piece: in two, the second would wait for the first's receipt.

        ``headers`` are named with _ for -. A runtime that is gone gets nothing; that it is gone
        is seen by who waits for its next call.
        """
        names = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in names.items()]
        self.connection.send(f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode() + body)

    def is_abandoned(self) -> bool:
        """Whether who made it is gone, and waits for no answer."""
        return self.connection.is_closed()


class RuntimeApi:
    """Listens on a port of its own, to our own user alone; ``address`` is ``host:port``."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: dict[int, Connection] = {}
        self._poll = select.poll()
        self._poll.register(self._listener, select.POLLIN)
        self._poll.register(log, select.POLLIN)
        self._runtime = -1
        self.ended = False
        """Whether the runtime has ended: there will be no call any more."""

    def end_with(self, process: RuntimeProcess) -> None:
        """Wait for no call of a runtime that has ended."""
        self._runtime = process.fileno()
        self._poll.register(process, select.POLLIN)

    def call(self, until: float, *paths: str) -> Call | None:
        """Wait for a call to one of ``paths``, and read what is printed meanwhile.

        Answers None where there is none ``until`` then (of ``time.monotonic()``), or where there
        will never be one: ``ended`` tells. Any other call is refused: handlers may call too, and
        so may the web pages that are open in a browser.
        """
        while (call := self._next(until)) is not None and not call.is_for(self.address, *paths):
            call.answer("404 Not Found", b'{"errorType":"InvalidPath"}')
        return call

    def close(self) -> None:
        """Close the port and every connection."""
        for connection in self._connections.values():
            connection.close()
        self._listener.close()

    def _next(self, until: float) -> Call | None:
        while True:
            left = math.ceil((until - time.monotonic()) * 1000)
            for descriptor, _ in self._poll.poll(max(0, left)):
                if call := self._call(descriptor):
                    return call
            if self.ended or left <= 0:
                return None

    def _call(self, descriptor: int) -> Call | None:
        """Read what is there at a descriptor that is ready, and answer the call if it is whole."""
        if descriptor == self._log.fileno():
            if not self._log.read():  # all that held it have closed it, or are gone
                self._poll.unregister(descriptor)
            return None
        if descriptor == self._runtime:
            self.ended = True
            return None
        if descriptor == self._listener.fileno():
            self._accept()
            return None
        connection = self._connections[descriptor]
        if not connection.receive():
            # no sign of the runtime's end: its client also closes what it has not used for long
            self._poll.unregister(descriptor)
            del self._connections[descriptor]
            connection.close()
            return None
        return connection.call()

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):  # the client has gone again
            accepted, peer = self._listener.accept()
            if not is_ours(peer, accepted.getsockname()):
                accepted.close()
                return
            self._connections[accepted.fileno()] = Connection(accepted)
            self._poll.register(accepted, select.POLLIN)


class Connection:
    """One connection of a client, and what it has sent."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = accepted
        self._received = bytearray()

    def receive(self) -> bool:
        """Take in what has come. False where nothing will come any more."""
        try:
            received = self._socket.recv(1 << 18)
        except ConnectionError:
            return False
        self._received += received
        return bool(received)

    def call(self) -> Call | None:
        """Take the first call off what has come, if it is there to its end."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
        headers = _headers(lines)
        stop = end + 4 + _content_length(headers)
        if len(self._received) < stop:
            return None
        body = bytes(self._received[end + 4 : stop])
        del self._received[:stop]
        method, _, target = first.partition(" ")
        path, _, _ = target.partition(" ")
        return Call(method, path.removeprefix(VERSION), headers, body, self)

    def send(self, data: bytes) -> None:
        """Send all of ``data``, unless the client has gone."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return

    def is_closed(self) -> bool:
        """Whether the client has closed it."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _headers(lines: list[str]) -> dict[str, str]:
    parts = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in parts}


def _content_length(headers: Mapping[str, str]) -> int:
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() else 0
