"""What a function prints and logs is in its log group, in order, with Lambda's own lines."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_functions import (
    TALK_LATER,
    Gate,
    Lambda,
    function,
    running,
)

from fan_out.local.lambda_service.log import Log


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Lambda]:
    with running(tmp_path / "lambda") as aws:
        yield aws


TALK = """
    import logging, subprocess, sys
    print("loaded")

    def handler(event, context):
        print("printed", "é")
        logging.getLogger().warning("logged\\nin two lines")
        print("on standard error", file=sys.stderr)
        subprocess.run(["echo", "by another process"])
        sys.stdout.write("without an end")
"""


def test_all_that_an_invocation_says_is_written_at_once_and_in_order(aws: Lambda) -> None:
    request_id = aws.invoke(function(TALK)).request_id

    ((group, stream, _),) = aws.written
    assert group == "/aws/lambda/worker"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    loaded, start, printed, logged, error, other, rest, end, report = aws.lines()
    assert loaded == "loaded\n"
    assert start == f"START RequestId: {request_id} Version: $LATEST\n"
    assert printed == "printed é\n"
    assert re.fullmatch(rf"\[WARNING\]\t.*Z\t{request_id}\tlogged\nin two lines\n", logged)
    assert error == "on standard error\n"
    assert other == "by another process\n"
    assert rest == "without an end"
    assert end == f"END RequestId: {request_id}\n"
    assert report.startswith(f"REPORT RequestId: {request_id}\t")


def test_an_environment_has_one_stream_and_another_has_another(aws: Lambda) -> None:
    aws.invoke(function(TALK))
    aws.invoke(function(TALK))
    aws.invoke(function(TALK, name="other"))

    first, second, other = [stream for _, stream, _ in aws.written]
    assert first == second != other


def test_a_report_says_what_the_invocation_took(aws: Lambda) -> None:
    aws.invoke(function("def handler(event, context): pass"))
    aws.invoke(function("def handler(event, context): pass"))

    cold, warm = [events[-1][1] for _, _, events in aws.written]
    took = r"Duration: (?P<took>\d+\.\d\d) ms\tBilled Duration: (?P<billed>\d+) ms"
    used = r"Memory Size: 256 MB\tMax Memory Used: (?P<used>\d+) MB"
    pattern = rf"REPORT RequestId: [0-9a-f-]{{36}}\t{took}\t{used}"
    first = re.fullmatch(pattern + r"\tInit Duration: (?P<init>\d+\.\d\d) ms\n", cold)
    second = re.fullmatch(pattern + r"\n", warm)
    assert first is not None
    assert second is not None
    assert 0 <= int(first["billed"]) - float(first["took"]) - float(first["init"]) <= 1.01
    assert 0 <= int(second["billed"]) - float(second["took"]) <= 1.01
    assert 5 < int(second["used"]) < 128


def test_a_traceback_is_one_event(aws: Lambda) -> None:
    aws.invoke(function("def handler(event, context):\n    raise KeyError('a')"))

    (traceback,) = [line for line in aws.lines() if line.startswith("[ERROR] KeyError")]
    assert "Traceback (most recent call last):\n" in traceback
    assert "app.py" in traceback


def test_no_line_is_lost_however_many_there_are(aws: Lambda) -> None:
    many = function("def handler(n, c):\n    for i in range(n): print('line', i, '.' * 100)")

    aws.invoke(many, 5_000)

    assert [line.split()[1] for line in aws.lines()[1:-2]] == [str(n) for n in range(5_000)]


def test_what_is_printed_between_two_invocations_is_in_the_log_of_the_second(aws: Lambda) -> None:
    later = function(
        """
        import threading, time

        printed = threading.Event()

        def talk():
            print("meanwhile")
            printed.set()

        def handler(event, context):
            if event == "start":
                threading.Timer(0.05, talk).start()
            else:
                printed.wait(20)
        """
    )
    aws.invoke(later, "start")
    aws.invoke(later)

    assert "meanwhile\n" in [message for _, message in aws.written[1][2]]


def test_what_is_left_when_an_environment_ends_is_written_then(aws: Lambda, gate: Gate) -> None:
    aws.invoke(function(TALK_LATER), gate.event)
    gate.wait_until_reached()
    aws.service.close()

    assert aws.written[-1][:2] == aws.written[0][:2]
    assert aws.lines()[-1] == "last words"


def test_the_tail_is_the_last_four_kilobytes(aws: Lambda) -> None:
    wordy = function("def handler(n, c):\n    for i in range(n): print(i, 'é' * 100)")

    short = aws.invoke(wordy, 1).log_tail
    long = aws.invoke(wordy, 100).log_tail

    assert short == "".join(aws.lines()[:4])
    assert short.startswith("START RequestId: ")
    assert "REPORT RequestId: " in long
    assert 4_090 <= len(long.encode()) <= 4_096


def test_bytes_that_are_no_text_are_replaced(aws: Lambda) -> None:
    aws.invoke(function(r"import os; handler = lambda e, c: os.write(1, b'a\xff\xa5\x5a\nb\n')"))

    assert aws.lines()[1:3] == ["a��Z\n", "b\n"]


def test_a_line_longer_than_an_event_may_be_is_several(aws: Lambda) -> None:
    aws.invoke(function("def handler(n, c): print('x' * n)"), 600_000)

    pieces = aws.lines()[1:-2]
    assert "".join(pieces) == "x" * 600_000 + "\n"
    assert max(map(len, pieces)) <= 262_144 + 65_536


def frame(text: bytes, milliseconds: int) -> bytes:
    head = b"\xa5\x5a\x00\x03" + len(text).to_bytes(4, "big")
    return head + (milliseconds * 1000).to_bytes(8, "big") + text


def test_a_frame_may_come_in_any_pieces() -> None:
    log = Log()
    with log.writing_end() as end:
        printed = b"before" + frame(b"one\ntwo", 5) + frame(b"", 6) + b"after\n" + frame(b"\n", 7)
        for n in range(len(printed)):
            os.write(end, printed[n : n + 1])
            log.read()
        os.write(end, frame(b"cut short", 8)[:-1])
        assert log.read()
    log.write("END")

    events = log.take()
    assert [message for _, message in events] == [
        *["before", "one\ntwo", "", "after\n", "\n", "cut shor", "END"]
    ]
    assert not log.read()
    log.close()


def test_the_times_of_a_log_never_go_back() -> None:
    log = Log()
    with log.writing_end() as end:
        os.write(end, frame(b"framed", 1_000) + b"printed\n" + frame(b"framed", 2_000))

    first, printed, second = [moment for moment, _ in log.take()]
    assert first == 1_000
    assert second == printed > 2_000
    log.close()
