"""The job of these tests: it doubles numbers, and does to itself whatever the ledger tells it.

Each invocation has a line to the ledger (``ledger.py``), which lives in the test: it says what goes
wrong at which record, and keeps count of what was done, whatever becomes of the process.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from fan_out.runtime import Chunk, Results, collect, control, worker

ADDRESS_VARIABLE = "LEDGER_PORT"
EDITION_VARIABLE = "EDITION"
FINE = "fine"


class Line:
    """One invocation's connection: it ends when the invocation does, or its process."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(os.environ[ADDRESS_VARIABLE])))
        self._answers = self._socket.makefile()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, words: str) -> str:
        """Tell the ledger something, and wait for its answer."""
        self._socket.sendall(f"{words}\n".encode())
        return self._answers.readline().strip()

    def close(self) -> None:
        self._answers.close()
        self._socket.close()


class Flaky(Exception):  # noqa: N818 - as a vendor may call it
    """What a retry helps against."""


@control
def count(event: Any, context: Any) -> int:
    """As many records as the input says."""
    with Line() as line:
        happen(line.say("control"), "the plan", line)
    return int(event["totalProcessRecordCount"])


@worker
def double(chunk: Chunk, context: Any) -> Any:
    """Twice the number of each record."""
    return doubled(chunk, chunk)


def double_plainly(event: Any, context: Any) -> Any:
    """The same without a decorator, which would look at the answer."""
    chunk = Chunk.from_event(event)
    return doubled(chunk, chunk)


@worker(on_error="collect")
def double_one(record: int, context: Any) -> int:
    """The same, record by record."""
    return int(doubled(None, [record])[0])


@collect
def total(results: Results, context: Any) -> dict[str, int]:
    """The sum of all answers, and how many there are."""
    numbers = [number for answer in results for number in answer]
    with Line() as line:
        happen(line.say("collect"), "the sum", line)
    return {"records": len(numbers), "sum": sum(numbers)}


def doubled(chunk: Chunk | None, records: Any) -> Any:
    """Do the records, and what is told at each; answer for those that were done."""
    answers, instead = [], None
    with Line() as line:
        for record in records:
            fault = line.say(f"record {record}")
            if fault == "stop its round" and chunk is not None:
                chunk.stop()
            else:
                instead = happen(fault, f"record {record}", line) or instead
            line.say(f"did {record}")
            answers.append(2 * record)
    return answers if instead is None else instead


def happen(fault: str, what: str, line: Line) -> Any:
    """Do to this process what the fault says; answers what to answer instead, if anything."""
    return None if fault in ("", FINE) else FAULTS[fault](what, line)


def _raise(what: str, line: Line) -> None:
    raise ValueError(f"{what} is bad")


def _raise_much(what: str, line: Line) -> None:
    raise ValueError(f"{what} is bad: " + "é\n" * 100_000)


def _raise_flaky(what: str, line: Line) -> None:
    raise Flaky(what)


def _want_memory(what: str, line: Line) -> None:
    raise MemoryError(what)


def _exit(what: str, line: Line) -> None:
    sys.exit(3)


def _exit_at_once(what: str, line: Line) -> None:
    os._exit(7)


def _be_killed(what: str, line: Line) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _segfault(what: str, line: Line) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def _loop(what: str, line: Line) -> None:
    while True:
        pass


def _hog_memory(what: str, line: Line) -> None:
    held = []
    for _ in range(100):
        held.append(bytearray(b"x") * 20_000_000)
        time.sleep(0.02)


def _daemonise(what: str, line: Line) -> None:
    if os.fork() == 0:
        line.close()
        os.setsid()
        if os.fork() == 0:
            time.sleep(20)
        os._exit(0)
    os._exit(5)


def _print_garbage(what: str, line: Line) -> None:
    os.write(1, bytes(range(256)) + b"\n" + b"no end of a line" * 1_000)
    print("\udc80\0\x1b[2J", "END RequestId: 0", "REPORT of a kind", "START here", sep="\n")
    print("half a line", end="", file=sys.stderr)


def _raise_after_garbage(what: str, line: Line) -> None:
    _print_garbage(what, line)
    _raise(what, line)


def _answer_a_set(what: str, line: Line) -> Any:
    return {1, 2, 3}


def _answer_nan(what: str, line: Line) -> Any:
    return [float("nan")]


def _answer_too_much(what: str, line: Line) -> Any:
    return "x" * 300_000


def _wait(what: str, line: Line) -> None:
    line.say("wait")


FAULTS: dict[str, Callable[[str, Line], Any]] = {
    "raises": _raise,
    "raises with a message of 200,000 characters": _raise_much,
    "raises what is worth a retry": _raise_flaky,
    "raises MemoryError": _want_memory,
    "calls sys.exit": _exit,
    "calls os._exit": _exit_at_once,
    "is killed": _be_killed,
    "segfaults": _segfault,
    "loops": _loop,
    "hogs memory": _hog_memory,
    "daemonises and exits": _daemonise,
    "prints garbage": _print_garbage,
    "raises after garbage": _raise_after_garbage,
    "answers a set": _answer_a_set,
    "answers NaN": _answer_nan,
    "answers 300 KB": _answer_too_much,
    "waits": _wait,
}
"""By their names in the table. Where a fault goes by, the record is done all the same."""
