"""An environment ends whole, with whatever its handler has started, with namespaces or without."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from lambda_functions import Lambda, eventually, function, processes, running, runs

from fan_out.local.lambda_service import process
from fan_out.local.lambda_service.isolation import OFF
from fan_out.local.lambda_service.launch import Launch


@pytest.fixture(params=["namespaces", "shared"])
def aws(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lambda]:
    if request.param == "shared":
        monkeypatch.setenv(OFF, "1")
    with running(tmp_path / "lambda") as aws:
        if request.param == "namespaces" and not aws.service.isolated:
            pytest.skip("this kernel allows no namespaces: what they end is not tested")
        yield aws


DAEMON = """
    import os, sys, time

    def daemonise(megabytes):
        if not os.fork():
            os.setsid()
            if os.fork():
                os._exit(0)
            hoard = b"x" * (megabytes << 20)
            time.sleep(600)

    def handler(event, context):
        daemonise(event.get("megabytes", 0))
        os.wait()
        if "status" in event:
            os._exit(event["status"])
        if "signal" in event:
            os.kill(os.getpid(), event["signal"])
        if "group" in event:
            os.killpg(0, event["group"])
        time.sleep(event.get("seconds", 0))
        return context.log_stream_name
"""


@pytest.mark.parametrize(
    ("event", "how"),
    [
        ({"status": 3}, "exit status 3"),
        ({"signal": signal.SIGKILL}, "signal: killed"),
        ({"signal": signal.SIGSEGV}, "signal: segmentation fault"),
        ({"group": signal.SIGTERM}, "signal: terminated"),
        ({"group": signal.SIGKILL}, "signal: killed"),
    ],
)
def test_a_daemon_does_not_hold_back_the_answer_of_a_runtime_that_exits(
    aws: Lambda, event: dict[str, int], how: str
) -> None:
    error = aws.error(function(DAEMON), event)

    assert error["errorType"] == "Runtime.ExitError"  # and no Sandbox.Timedout
    assert error["errorMessage"].endswith(f"Error: Runtime exited with error: {how}")
    assert not runs(aws.stream)


def test_a_daemon_lives_as_long_as_its_environment(aws: Lambda) -> None:
    environment = aws.answer(function(DAEMON), {})
    assert len(processes(environment)) == 2
    assert aws.answer(function(DAEMON), {}) == environment
    assert len(processes(environment)) == 3

    aws.service.close()

    assert not runs(environment)


def test_a_daemon_ends_with_the_function_s_time(aws: Lambda) -> None:
    error = aws.error(function(DAEMON, timeout_seconds=1), {"seconds": 600})

    assert error["errorType"] == "Sandbox.Timedout"
    assert not runs(aws.stream)


def test_the_memory_of_a_daemon_counts(aws: Lambda) -> None:
    error = aws.error(function(DAEMON), {"megabytes": 300, "seconds": 600})

    assert error["errorType"] == "Runtime.OutOfMemory"
    assert not runs(aws.stream)


def test_the_peak_is_the_runtime_s_own(aws: Lambda) -> None:
    hold = "def handler(event, context): return len(b'x' * (100 << 20))"
    aws.invoke(function(hold))

    used = int(aws.lines()[-1].partition("Max Memory Used: ")[2].split()[0])
    assert 100 < used < 150


FORK = """
    import os, time

    def handler(generations, context):
        for _ in range(generations):
            if not os.fork():
                os.setpgrp()
        time.sleep(600)
"""


def test_a_family_of_many_generations_and_groups_ends_whole(aws: Lambda) -> None:
    error = aws.error(function(FORK, timeout_seconds=1, memory_mb=3_008), 5)

    assert error["errorType"] == "Sandbox.Timedout"
    assert not runs(aws.stream)


ORPHANS = """
    import os

    def handler(count, context):
        for _ in range(count):
            if not os.fork():
                os.fork()
                os._exit(0)
            os.wait()
        return context.log_stream_name
"""


def test_orphans_that_end_are_reaped(aws: Lambda) -> None:
    environment = aws.answer(function(ORPHANS), 20)
    (runtime,) = processes(environment)
    family = [process for parent in runtime.parents()[:2] for process in parent.children()]

    assert eventually(lambda: not any(dead(process) for process in family))


def dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_launcher_that_is_stopped_is_killed(aws: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SECONDS_TO_END", 0.1)
    environment = aws.answer(function(DAEMON), {})
    (runtime, *_) = processes(environment)
    launcher = runtime.parents()[1]
    launcher.suspend()

    aws.service.close()

    assert not launcher.is_running()
    assert eventually(lambda: not runtime.is_running())
    for orphan in processes(environment):  # without namespaces, nobody is left who knows it
        orphan.kill()


def test_a_python_that_cannot_be_started_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_before = psutil.Process().num_fds()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        process.RuntimeProcess(Launch(["/bin/true"], "/", {}, None), output=1)

    assert psutil.Process().num_fds() == open_before


def test_a_handler_that_closes_its_output_goes_on(aws: Lambda) -> None:
    quiet = """
        import os

        def handler(event, context):
            os.close(1)
            os.close(2)
            return context.log_stream_name
    """
    assert runs(aws.answer(function(quiet)))


def test_signals_that_the_service_ignores_are_not_ignored_in_it(aws: Lambda) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ignored = "import signal\ndef handler(e, c): return signal.getsignal(2) is signal.SIG_IGN"
        assert aws.answer(function(ignored)) is False
    finally:
        signal.signal(signal.SIGINT, before)
