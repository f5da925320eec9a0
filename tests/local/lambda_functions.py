"""Functions made in a test, and a Lambda service to run them."""

import hashlib
import io
import json
import socket
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil

from fan_out.local.lambda_service import FunctionConfiguration, Invocation, LambdaService, LogEvent

SIGNING = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

LONG = 30
"""Seconds that nothing takes unless it never ends."""


class Lambda:
    """A service, and what it logged: a list of (group, stream, events), one for each write."""

    def __init__(self, directory: Path, max_environments: int = 4) -> None:
        self.written: list[tuple[str, str, Sequence[LogEvent]]] = []
        self.failing = False
        """Whether to write a log fails."""
        self.service = LambdaService(
            max_environments=max_environments,
            endpoint_url="http://localhost:1",
            credentials=lambda function: SIGNING | {"AWS_SESSION_TOKEN": f"of {function.role}"},
            write_log=self._write_log,
            directory=directory,
        )

    def invoke(self, function: FunctionConfiguration, event: Any = None) -> Invocation:
        return self.service.invoke(function, json.dumps(event).encode())

    def answer(self, function: FunctionConfiguration, event: Any = None) -> Any:
        """What the function answered; it must not have failed."""
        invocation = self.invoke(function, event)
        assert not invocation.function_error, invocation.payload
        return json.loads(invocation.payload)

    def error(self, function: FunctionConfiguration, event: Any = None) -> dict[str, Any]:
        """The error object of a function that must fail."""
        invocation = self.invoke(function, event)
        assert invocation.function_error, invocation.payload
        return dict(json.loads(invocation.payload))

    def _write_log(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        if self.failing:
            raise OSError("no room for a log")
        self.written.append((group, stream, events))

    @property
    def stream(self) -> str:
        """The name of the log stream that was written last, and so of its environment."""
        return self.written[-1][1]

    def lines(self) -> list[str]:
        """All that was logged."""
        return [message for _, _, events in self.written for _, message in events]


@contextmanager
def running(directory: Path, max_environments: int = 4) -> Iterator[Lambda]:
    aws = Lambda(directory, max_environments)
    try:
        yield aws
    finally:
        aws.service.close()


def zipped(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            # a ZipInfo is of 1980: the same files are the same bytes whenever they are zipped
            archive.writestr(zipfile.ZipInfo(name), dedent(text))
    return stream.getvalue()


def function(source: str, **changes: Any) -> FunctionConfiguration:
    """A function of one module, ``app``, with a ``handler`` in it."""
    return with_code(zipped({"app.py": source}), **changes)


def with_code(code: bytes, **changes: Any) -> FunctionConfiguration:
    name = changes.pop("name", "worker")
    configuration = FunctionConfiguration(
        arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        name=name,
        version="$LATEST",
        handler="app.handler",
        runtime="python3.14",
        memory_mb=256,
        timeout_seconds=LONG,
        environment={},
        code=code,
        code_sha256=hashlib.sha256(code).hexdigest(),
        layers=(),
        log_group=f"/aws/lambda/{name}",
        region="us-east-1",
        account="123456789012",
        role="arn:aws:iam::123456789012:role/worker",
    )
    return replace(configuration, **changes)


def at_once(call: Callable[[], Any], times: int) -> list[Any]:
    with ThreadPoolExecutor(times) as threads:
        return [each.result() for each in [threads.submit(call) for _ in range(times)]]


def eventually(condition: Callable[[], Any]) -> bool:
    """Whether it comes true, in any time that is not for ever."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def processes(environment: str) -> list[psutil.Process]:
    """The processes of an environment, which goes by the name of its log stream."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is not ours
            if process.environ().get("AWS_LAMBDA_LOG_STREAM_NAME") == environment:
                found.append(process)
    return found


def runs(environment: str) -> bool:
    """Whether any process of an environment is there."""
    return bool(processes(environment))


class Gate:
    """Holds the invocations of ``WAIT`` with its ``event`` until it is opened.

    It is a port of this machine: an environment need not have its files or process numbers.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LONG)
        self._held: list[socket.socket] = []
        self.event = self._listener.getsockname()[1]

    def wait_until_reached(self) -> str:
        """Answer the environment that has come."""
        held, _ = self._listener.accept()
        self._held.append(held)
        return held.recv(1000).decode()

    def open(self) -> None:
        for held in [*self._held, self._listener]:
            held.close()


WAIT = """
    import os, socket

    def handler(port, context):
        with socket.create_connection(("127.0.0.1", port)) as gate:
            gate.sendall(context.log_stream_name.encode())
            gate.recv(1)
        return context.log_stream_name
"""
"""Answers the environment that it runs in."""

WHICH = """
    def handler(event, context):
        return context.log_stream_name
"""
"""Answers the environment that it runs in, by the name of its log stream."""

TALK_LATER = """
    import socket, threading

    def talk(port):
        print("last words", end="")
        with socket.create_connection(("127.0.0.1", port)) as gate:
            gate.sendall(b"talked")

    def handler(port, context):
        threading.Timer(0.05, talk, [port]).start()
        return context.log_stream_name
"""
"""Prints when its invocation is over, and then comes to the gate that it was given."""
