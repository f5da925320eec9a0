"""A Lambda service that is closed, or killed, leaves nothing behind."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from lambda_functions import PID, TALK_LATER, WAIT, Gate, Lambda, eventually, function, runs

from bounded import ending
from fan_out.local.lambda_service import ServiceClosed


def test_closing_leaves_no_process_thread_descriptor_or_file(tmp_path: Path) -> None:
    threads = threading.active_count()
    descriptors = psutil.Process().num_fds()
    aws = Lambda(tmp_path)
    pids = [aws.answer(function(PID, name=name)) for name in ("first", "second")]

    aws.service.close()

    assert not any(runs(pid) for pid in pids)
    assert threading.active_count() == threads
    assert psutil.Process().num_fds() == descriptors
    assert list(tmp_path.iterdir()) == []


def test_closing_ends_an_invocation_in_its_middle_and_those_that_wait(tmp_path: Path) -> None:
    aws = Lambda(tmp_path / "lambda", max_environments=1)
    gate = Gate(tmp_path / "gate")
    with ThreadPoolExecutor() as threads:
        under_way = threads.submit(aws.invoke, function(WAIT), gate.event)
        gate.wait_until_reached()
        waiting = threads.submit(aws.invoke, function(PID))
        (pid,) = [int(file.name) for file in (tmp_path / "gate").iterdir()]

        aws.service.close()

        assert not runs(pid)
        for invocation in (under_way, waiting):
            with pytest.raises(ServiceClosed, match="the Lambda service "):
                invocation.result()


def test_all_is_closed_even_if_its_log_cannot_be_written(tmp_path: Path) -> None:
    aws = Lambda(tmp_path / "lambda")
    mark = tmp_path / "mark"
    pids = [aws.answer(function(TALK_LATER, name="talker"), str(mark)), aws.answer(function(PID))]
    assert eventually(mark.exists)
    aws.failing = True

    with pytest.raises(OSError, match="no room for a log"):
        aws.service.close()

    assert not any(runs(pid) for pid in pids)
    assert not list((tmp_path / "lambda").iterdir())


def test_a_closed_service_runs_nothing(tmp_path: Path) -> None:
    aws = Lambda(tmp_path)
    aws.service.close()
    aws.service.close()

    with pytest.raises(ServiceClosed, match="the Lambda service is closed"):
        aws.invoke(function(PID))


SERVER = """
import sys, threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from lambda_functions import PID, WAIT, Lambda, function, TALK_LATER

aws = Lambda(Path(sys.argv[2]))
busy = function(WAIT, name="busy")
threading.Thread(target=aws.invoke, args=[busy, sys.argv[3]], daemon=True).start()
print(aws.answer(function(PID, name="idle")), flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_service_leaves_no_process(tmp_path: Path, end: signal.Signals) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    arguments = [str(Path(__file__).parent), str(tmp_path / "lambda"), str(gate)]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    with ending(server):
        idle = int(server.stdout.readline())
        assert eventually(lambda: list(gate.iterdir()))
        (busy,) = [int(file.name) for file in gate.iterdir()]
        assert runs(idle)
        assert runs(busy)
        server.send_signal(end)
        server.wait(60)

    assert eventually(lambda: not runs(idle))
    assert eventually(lambda: not runs(busy))
