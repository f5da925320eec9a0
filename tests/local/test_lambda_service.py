"""Functions run as in AWS Lambda: what they see, and which environment they run in."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from lambda_functions import (
    TALK_LATER,
    WAIT,
    WHICH,
    Gate,
    Lambda,
    at_once,
    eventually,
    function,
    running,
    runs,
)

from fan_out.local.lambda_service import RequestTooLarge, UnsupportedRuntime
from fan_out.local.lambda_service.environment import Environment
from fan_out.local.lambda_service.host import Host
from fan_out.local.lambda_service.pool import Pool


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Lambda]:
    with running(tmp_path / "lambda") as aws:
        yield aws


def test_the_handler_gets_the_event_and_what_it_returns_is_the_answer(aws: Lambda) -> None:
    double = function("def handler(event, context): return {'é': event['n'] * 2}")

    invocation = aws.service.invoke(double, '{"n": "ü"}'.encode())

    assert json.loads(invocation.payload) == {"é": "üü"}
    assert not invocation.function_error


def test_no_payload_is_an_empty_event(aws: Lambda) -> None:
    same = function("def handler(event, context): return event")

    assert aws.service.invoke(same, b"").payload == b"{}"


def test_the_context_is_that_of_lambda(aws: Lambda) -> None:
    names = ["function_name", "function_version", "invoked_function_arn", "aws_request_id"]
    names += ["log_group_name", "log_stream_name", "memory_limit_in_mb"]
    tell = function(
        f"""
        def handler(event, context):
            told = {{name: getattr(context, name) for name in {names}}}
            return told | {{"left": context.get_remaining_time_in_millis()}}
        """,
        timeout_seconds=20,
    )

    invocation = aws.invoke(tell)
    context = json.loads(invocation.payload)

    assert 0 < context.pop("left") <= 20_000
    assert context == {
        "function_name": "worker",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:worker",
        "aws_request_id": invocation.request_id,
        "log_group_name": "/aws/lambda/worker",
        "log_stream_name": aws.written[0][1],
        "memory_limit_in_mb": "256",
    }


ENVIRONMENT = """
    import os

    def handler(event, context):
        return dict(os.environ)
"""


def test_the_environment_variables_are_those_of_lambda_and_of_the_function(aws: Lambda) -> None:
    seen = aws.answer(function(ENVIRONMENT, environment={"TABLE": "jobs", "TZ": "Asia/Tokyo"}))

    assert seen["TABLE"] == "jobs"
    assert seen["TZ"] == "Asia/Tokyo"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "worker"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/worker"
    assert seen["AWS_LAMBDA_LOG_STREAM_NAME"] == aws.written[0][1]
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.14"
    assert seen["_HANDLER"] == "app.handler"
    assert seen["AWS_ENDPOINT_URL"] == "http://localhost:1"
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_nothing_of_our_own_environment_leaks_in(
    aws: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("A_SECRET", "of the developer")

    seen = aws.answer(function(ENVIRONMENT))

    assert not seen.keys() & {"AWS_PROFILE", "A_SECRET", "HOME", "VIRTUAL_ENV", "PYTHONPATH"}
    # put there by Python itself, where the language is not installed
    ours = {name for name, value in seen.items() if os.environ.get(name) == value}
    assert ours <= {"LC_CTYPE", "LANG"}


def test_a_function_cannot_change_the_reserved_variables(aws: Lambda) -> None:
    mine = {"AWS_REGION": "mars", "AWS_LAMBDA_RUNTIME_API": "mars:1", "AWS_ENDPOINT_URL": "mars"}

    seen = aws.answer(function(ENVIRONMENT, environment=mine))

    assert "mars" not in str(seen)


def test_an_idle_environment_is_used_again(aws: Lambda) -> None:
    count = function(
        """
        calls = []

        def handler(event, context):
            calls.append(event)
            return calls
        """
    )

    assert [aws.answer(count, n) for n in (1, 2, 3)] == [[1], [1, 2], [1, 2, 3]]


def test_concurrent_invocations_have_an_environment_each(aws: Lambda, gate: Gate) -> None:
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(aws.answer, function(WAIT), gate.event) for _ in range(3)]
        reached = {gate.wait_until_reached() for _ in range(3)}
        gate.open()

    assert {answer.result() for answer in answers} == reached
    assert len(reached) == 3


def test_there_are_never_more_environments_than_the_cap(tmp_path: Path) -> None:
    busy = function("import time\ndef handler(e, c): time.sleep(0.02); return c.log_stream_name")

    with running(tmp_path, max_environments=2) as aws:
        assert aws.service.max_environments == 2
        used = at_once(lambda: aws.answer(busy), 8)

    assert len(set(used)) <= 2


def test_waiting_for_an_environment_is_no_part_of_the_function_s_time(
    tmp_path: Path, gate: Gate
) -> None:
    with running(tmp_path, max_environments=1) as aws, ThreadPoolExecutor(2) as threads:
        first = threads.submit(aws.answer, function(WAIT, name="first"), gate.event)
        gate.wait_until_reached()
        second = threads.submit(aws.answer, function(WHICH, name="second", timeout_seconds=1))
        time.sleep(1.5)
        gate.open()

        assert first.result() != second.result()


def test_turns_come_in_the_order_of_asking() -> None:
    pool = Pool(1, lambda asked: Environment(asked, cast(Host, None)))  # none is ever started
    first = pool.acquire(function(WHICH))
    order = []

    def take_a_turn(n: int) -> None:
        environment = pool.acquire(function(WHICH, name=str(n % 2)))
        order.append(n)
        pool.release(environment)

    with ThreadPoolExecutor() as threads:
        for n in range(4):
            threads.submit(take_a_turn, n)
            assert eventually(lambda n=n: len(pool._waiting) == n + 1)
        pool.release(first)

    assert order == [0, 1, 2, 3]


def test_an_idle_environment_of_another_function_makes_room(tmp_path: Path) -> None:
    with running(tmp_path, max_environments=1) as aws:
        first = aws.answer(function(WHICH, name="first"))
        second = aws.answer(function(WHICH, name="second"))
        assert not runs(first)

        third = aws.answer(function(WHICH, name="first"))
        assert not runs(second)

    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    "change", [{"environment": {"A": "1"}}, {"memory_mb": 512}, {"timeout_seconds": 3}]
)
def test_a_changed_configuration_ends_the_environments_before_it(
    aws: Lambda, change: dict[str, object]
) -> None:
    before = aws.answer(function(WHICH))

    after = aws.answer(replace(function(WHICH), **change))

    assert after != before
    assert not runs(before)
    assert runs(after)


def test_changed_code_ends_the_environments_before_it(aws: Lambda) -> None:
    before = aws.answer(function(WHICH))

    assert aws.answer(function("def handler(event, context): return 'new'")) == "new"
    assert not runs(before)


def test_an_environment_that_was_busy_during_a_change_is_ended_after_it(
    aws: Lambda, gate: Gate
) -> None:
    with ThreadPoolExecutor() as threads:
        before = threads.submit(aws.answer, function(WAIT), gate.event)
        gate.wait_until_reached()
        aws.answer(function(WHICH))
        gate.open()

    assert not runs(before.result())


def test_a_mapping_that_changes_afterwards_is_another_configuration(aws: Lambda) -> None:
    variables = {"A": "1"}
    configured = function("import os\ndef handler(e, c): return os.environ['A']")
    configured = replace(configured, environment=variables)

    assert aws.answer(configured) == "1"
    variables["A"] = "2"
    assert aws.answer(configured) == "2"


def test_versions_of_a_function_run_side_by_side(aws: Lambda) -> None:
    latest, first = function(WHICH), function(WHICH, version="1")

    before = aws.answer(latest)
    aws.answer(first)

    assert aws.answer(latest) == before


def test_six_megabytes_are_taken_and_more_is_refused(aws: Lambda) -> None:
    length = function("def handler(event, context): return len(event)")
    most = 6 * 1024 * 1024

    assert aws.answer(length, "x" * (most - 2)) == most - 2
    with pytest.raises(RequestTooLarge, match=r"^6291457 byte payload .* \(limit 6291456 bytes\)$"):
        aws.invoke(length, "x" * (most - 1))


@pytest.mark.parametrize("runtime", ["nodejs22.x", "provided.al2023", "python2.7", ""])
def test_another_language_is_refused(aws: Lambda, runtime: str) -> None:
    with pytest.raises(UnsupportedRuntime, match=f"worker has runtime {runtime}"):
        aws.invoke(function(WHICH, runtime=runtime))


def test_at_least_one_environment_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="max_environments must be at least 1, got 0"):
        Lambda(tmp_path, max_environments=0)


def test_an_environment_that_cannot_be_started_takes_no_room(tmp_path: Path) -> None:
    with running(tmp_path, max_environments=1) as aws:
        for _ in range(2):
            with pytest.raises(ValueError, match="null"):
                aws.invoke(function(WHICH, environment={"A": "\0"}))

        assert runs(aws.answer(function(WHICH)))


def test_a_log_that_cannot_be_written_takes_no_room(tmp_path: Path) -> None:
    with running(tmp_path, max_environments=1) as aws:
        aws.failing = True
        with pytest.raises(OSError, match="no room for a log"):
            aws.invoke(function(WHICH))
        aws.failing = False

        assert runs(aws.answer(function(WHICH)))


def test_nor_does_one_of_an_environment_that_makes_room(tmp_path: Path, gate: Gate) -> None:
    with running(tmp_path / "lambda", max_environments=1) as aws:
        aws.answer(function(TALK_LATER, name="talker"), gate.event)
        gate.wait_until_reached()
        aws.failing = True
        with pytest.raises(OSError, match="no room for a log"):
            aws.invoke(function(WHICH))
        aws.failing = False

        assert runs(aws.answer(function(WHICH)))


def test_who_is_interrupted_while_waiting_waits_no_longer(tmp_path: Path, gate: Gate) -> None:
    with running(tmp_path, max_environments=1) as aws, ThreadPoolExecutor() as threads:
        first = threads.submit(aws.answer, function(WAIT), gate.event)
        gate.wait_until_reached()
        main = threading.main_thread().ident
        threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            aws.invoke(function(WHICH))
        gate.open()

        first.result()
        assert runs(aws.answer(function(WHICH)))
