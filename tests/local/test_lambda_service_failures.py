"""A function that fails does so as in AWS Lambda, and the next invocation is none the worse."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_functions import LONG, WHICH, Lambda, eventually, function, running, runs

from fan_out.local.lambda_service import environment, service

MEGABYTE = 1024 * 1024


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Lambda]:
    with running(tmp_path / "lambda") as aws:
        yield aws


@pytest.mark.parametrize(
    ("source", "changes", "error", "message"),
    [
        (
            "import nowhere",
            {},
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
        ),
        (WHICH, {"handler": "other.f"}, "Runtime.ImportModuleError", "No module named 'other'"),
        (WHICH, {"handler": "app.f"}, "Runtime.HandlerNotFound", "Handler 'f' missing on module"),
        (WHICH, {"handler": "app"}, "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("def handler(:", {}, "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("1 / 0", {}, "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_an_error_of_the_init_phase(
    aws: Lambda, source: str, changes: dict[str, str], error: str, message: str
) -> None:
    answer = aws.error(function(source, **changes))

    assert answer["errorType"] == error
    assert message in answer["errorMessage"]
    assert "stackTrace" in answer
    assert f"Status: error\tError Type: {error}\n" in aws.lines()[-1]
    assert "Init Duration" not in aws.lines()[-1]


def test_what_the_handler_raises_is_the_error(aws: Lambda) -> None:
    answer = aws.error(function("def handler(e, c):\n    raise ValueError('bad record 57')"))

    assert answer["errorType"] == "ValueError"
    assert answer["errorMessage"] == "bad record 57"
    assert "app.py" in answer["stackTrace"][0]
    assert "Status" not in aws.lines()[-1]


def test_an_environment_survives_an_exception(aws: Lambda) -> None:
    sometimes = function(
        """
        import os

        def handler(event, context):
            if event == "fail":
                raise RuntimeError
            return context.log_stream_name
        """
    )
    before = aws.answer(sometimes)
    aws.error(sometimes, "fail")

    assert aws.answer(sometimes) == before


def test_what_is_no_json_cannot_be_answered(aws: Lambda) -> None:
    answer = aws.error(function("def handler(event, context): return object()"))

    assert answer["errorType"] == "Runtime.MarshalError"
    assert answer["errorMessage"].startswith("Unable to marshal response")


def test_an_answer_over_six_megabytes_is_too_large(aws: Lambda) -> None:
    most = 6_291_556
    long = function("def handler(event, context): return 'x' * event")

    assert len(aws.answer(long, most - 2)) == most - 2
    assert aws.error(long, most - 1) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
    }
    assert "Status: error\tError Type: Runtime.ExitError\n" in aws.lines()[-1]
    assert any("413" in line for line in aws.lines())
    assert aws.answer(long, 1) == "x"


@pytest.mark.parametrize(
    ("statement", "how"),
    [
        ("os._exit(3)", "with error: exit status 3"),
        ("sys.exit(1)", "with error: exit status 1"),
        ("os._exit(0)", "without providing a reason"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "with error: signal: killed"),
        ("os.abort()", "with error: signal: aborted"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "with error: signal: segmentation fault"),
    ],
)
@pytest.mark.parametrize("where", ["module", "handler"])
def test_a_runtime_that_exits_is_an_exit_error(
    aws: Lambda, statement: str, how: str, where: str
) -> None:
    source = "import os, signal, sys\n"
    source += statement if where == "module" else f"def handler(event, context): {statement}"

    invocation = aws.invoke(function(source))

    what = f"RequestId: {invocation.request_id} Error: Runtime exited {how}"
    payload = f'{{"errorType":"Runtime.ExitError","errorMessage":"{what}"}}'
    assert invocation.payload.decode() == payload
    assert invocation.function_error
    assert f"{what}\nRuntime.ExitError\n" in aws.lines()
    assert "Status: error\tError Type: Runtime.ExitError\n" in aws.lines()[-1]


def test_a_runtime_that_exits_between_invocations_is_replaced(aws: Lambda) -> None:
    fragile = function(
        """
        import os, threading

        def handler(event, context):
            if event == "exit later":
                threading.Timer(0.05, os._exit, [1]).start()
            return context.log_stream_name
        """
    )
    first = aws.answer(fragile, "exit later")
    assert eventually(lambda: not runs(first))

    assert aws.answer(fragile) != first


def test_what_a_dead_runtime_leaves_behind_does_not_keep_its_invocation(aws: Lambda) -> None:
    orphan = function(
        """
        import os, time

        def handler(event, context):
            if not os.fork():
                time.sleep(600)
            os._exit(1)
        """
    )
    assert aws.error(orphan)["errorType"] == "Runtime.ExitError"

    assert not runs(aws.stream)


SLEEP = """
    import subprocess, time

    def handler(event, context):
        subprocess.Popen(["sleep", "600"])
        print(context.aws_request_id)
        time.sleep(600)
"""


def test_a_function_is_ended_at_its_deadline_with_all_that_it_started(aws: Lambda) -> None:
    began = time.monotonic()
    invocation = aws.invoke(function(SLEEP, timeout_seconds=1))

    assert time.monotonic() - began > 1
    what = "Error: Task timed out after 1.00 seconds"
    message = f"RequestId: {invocation.request_id} {what}"
    payload = f'{{"errorType":"Sandbox.Timedout","errorMessage":"{message}"}}'
    assert invocation.payload.decode() == payload
    assert aws.lines()[1] == f"{invocation.request_id}\n"
    assert not runs(aws.stream)


def test_the_log_says_that_the_time_was_over(aws: Lambda) -> None:
    request_id = aws.invoke(function(SLEEP, timeout_seconds=1)).request_id

    *_, late, end, report = aws.lines()
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"{moment} {request_id} Task timed out after 1\.00 seconds\n", late)
    assert end == f"END RequestId: {request_id}\n"
    assert "\tDuration: 1000.00 ms\t" in report
    assert report.endswith("\tStatus: timeout\n")


def test_a_function_that_prints_all_the_time_is_ended_too(aws: Lambda) -> None:
    noisy = function("def handler(e, c):\n    while True: print('again')", timeout_seconds=1)

    assert aws.error(noisy)["errorType"] == "Sandbox.Timedout"


SLOW_INIT = """
    import time
    time.sleep(0.5)

    def handler(event, context):
        return context.get_remaining_time_in_millis()
"""


def test_the_init_phase_is_no_part_of_the_function_s_time(aws: Lambda) -> None:
    slow = function(SLOW_INIT.replace("0.5", "1.1"), timeout_seconds=1)

    assert aws.answer(slow) > 0
    assert "Init Duration" in aws.lines()[-1]


def test_an_init_phase_over_its_limit_goes_on_in_the_function_s_time(
    aws: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "INIT_SECONDS", 0.2)

    assert aws.answer(function(SLOW_INIT, timeout_seconds=LONG)) < LONG * 1000 - 100
    assert "Init Duration" not in aws.lines()[-1]
    never = function(SLOW_INIT.replace("0.5", "600"), timeout_seconds=1)
    assert aws.error(never)["errorType"] == "Sandbox.Timedout"


def test_lambda_gives_the_init_phase_ten_seconds() -> None:
    assert environment.INIT_SECONDS == 10


OUT_OF_MEMORY = "Status: error\tError Type: Runtime.OutOfMemory\n"


def test_too_much_memory_ends_the_environment_in_the_middle(aws: Lambda) -> None:
    hungry = function(
        f"""
        import time

        def handler(event, context):
            memory = bytearray({300 * MEGABYTE})
            memory[::4096] = b"x" * len(memory[::4096])
            time.sleep(600)
        """
    )
    invocation = aws.invoke(hungry)

    what = f"RequestId: {invocation.request_id} Error: Runtime exited with error: signal: killed"
    payload = f'{{"errorType":"Runtime.OutOfMemory","errorMessage":"{what}"}}'
    assert invocation.payload.decode() == payload
    report = aws.lines()[-1]
    assert "\tMemory Size: 256 MB\tMax Memory Used: 256 MB\t" in report
    assert report.endswith(OUT_OF_MEMORY)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux remembers it")
def test_too_much_memory_while_nobody_looks_is_seen_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WATCH_SECONDS", LONG)
    spike = function(f"def handler(e, c): return len(b'x' * {300 * MEGABYTE})")

    with running(tmp_path) as aws:
        assert aws.error(spike)["errorType"] == "Runtime.OutOfMemory"
        assert aws.lines()[-1].endswith(OUT_OF_MEMORY)


FORKS = """
    import os, time

    def handler(mine, context):
        shared = b"x" * (100 << 20)
        for _ in range(4):
            if not os.fork():
                own = b"x" * (mine << 20)
                time.sleep(600)
        time.sleep(600 if mine else 1)
        return "done"
"""


def test_the_memory_of_all_its_processes_counts(aws: Lambda) -> None:
    assert aws.error(function(FORKS), 60)["errorType"] == "Runtime.OutOfMemory"


def test_memory_that_processes_share_counts_once(aws: Lambda) -> None:
    assert aws.answer(function(FORKS), 0) == "done"
    used = re.search(r"Max Memory Used: (\d+) MB", aws.lines()[-1])
    assert used is not None
    assert 100 < int(used[1]) < 256


def test_a_failed_environment_is_replaced(aws: Lambda) -> None:
    sometimes = function(
        """
        import os

        def handler(event, context):
            if event == "exit":
                os._exit(1)
            return context.log_stream_name
        """
    )
    before = aws.answer(sometimes)
    aws.error(sometimes, "exit")

    assert aws.answer(sometimes) != before
