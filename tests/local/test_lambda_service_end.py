"""A Lambda service that is closed, or killed, leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from lambda_functions import (
    TALK_LATER,
    WAIT,
    WHICH,
    Gate,
    Lambda,
    eventually,
    function,
    runs,
)

from bounded import ending
from fan_out.local.lambda_service import ServiceClosed
from fan_out.local.lambda_service.isolation import OFF


def test_closing_leaves_no_process_thread_descriptor_or_file(tmp_path: Path) -> None:
    threads = threading.active_count()
    children = psutil.Process().children(recursive=True)
    descriptors = psutil.Process().num_fds()
    aws = Lambda(tmp_path)
    environments = [aws.answer(function(WHICH, name=name)) for name in ("first", "second")]

    aws.service.close()

    assert not any(runs(environment) for environment in environments)
    assert psutil.Process().children(recursive=True) == children
    assert threading.active_count() == threads
    assert psutil.Process().num_fds() == descriptors
    assert list(tmp_path.iterdir()) == []


def test_closing_ends_an_invocation_in_its_middle_and_those_that_wait(
    tmp_path: Path, gate: Gate
) -> None:
    aws = Lambda(tmp_path / "lambda", max_environments=1)
    with ThreadPoolExecutor() as threads:
        under_way = threads.submit(aws.invoke, function(WAIT), gate.event)
        environment = gate.wait_until_reached()
        waiting = threads.submit(aws.invoke, function(WHICH))

        aws.service.close()

        assert not runs(environment)
        for invocation in (under_way, waiting):
            with pytest.raises(ServiceClosed, match="the Lambda service "):
                invocation.result()


def test_all_is_closed_even_if_its_log_cannot_be_written(tmp_path: Path, gate: Gate) -> None:
    aws = Lambda(tmp_path / "lambda")
    talker = aws.answer(function(TALK_LATER, name="talker"), gate.event)
    other = aws.answer(function(WHICH))
    gate.wait_until_reached()
    aws.failing = True

    with pytest.raises(OSError, match="no room for a log"):
        aws.service.close()

    assert not runs(talker)
    assert not runs(other)
    assert not list((tmp_path / "lambda").iterdir())


def test_a_closed_service_runs_nothing(tmp_path: Path) -> None:
    aws = Lambda(tmp_path)
    aws.service.close()
    aws.service.close()

    with pytest.raises(ServiceClosed, match="the Lambda service is closed"):
        aws.invoke(function(WHICH))


SERVER = """
import sys, threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from lambda_functions import WHICH, WAIT, Lambda, function

aws = Lambda(Path(sys.argv[2]))
busy = function(WAIT, name="busy")
threading.Thread(target=aws.invoke, args=[busy, int(sys.argv[3])], daemon=True).start()
print(aws.answer(function(WHICH, name="idle")), flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("shared", ["", "1"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_service_leaves_no_process(
    tmp_path: Path, end: signal.Signals, shared: str, gate: Gate
) -> None:
    arguments = [str(Path(__file__).parent), str(tmp_path / "lambda"), str(gate.event)]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments],
        env={**os.environ, OFF: shared},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    with ending(server):
        idle = server.stdout.readline().strip()
        busy = gate.wait_until_reached()
        left = psutil.Process(server.pid).children(recursive=True)
        assert runs(idle)
        assert runs(busy)
        server.send_signal(end)
        server.wait(60)

    assert eventually(lambda: not runs(idle))
    assert eventually(lambda: not runs(busy))
    assert eventually(lambda: not any(process.is_running() for process in left))
