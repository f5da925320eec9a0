"""``fan-out local``, through the real CDK CLI: it runs the app, and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from bounded import ending, eventually
from fan_out.cli.other_python import THIS_PYTHON

ROOT = Path(__file__).parents[2]
TWO_MINUTES = 120
LOOKED_UP = "cdk.context.json"

SLEEPING_WORKER = """
import time

def handler(event, context):
    print("asleep")
    time.sleep(600)
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The repository's app in a folder of its own, after a lookup in another AWS."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "lambdas", folder / "lambdas", ignore=shutil.ignore_patterns("__*"))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / LOOKED_UP).write_text('{"looked up in": "the real AWS"}')
    return folder


@pytest.fixture
def start(app: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a command in the app's folder, which must then leave no process and no file."""
    scratch, home = tmp_path / "tmp", tmp_path / "home"
    scratch.mkdir()
    home.mkdir()
    environ = {
        **os.environ,
        "TMPDIR": str(scratch),
        # its temporary files and caches, but not the user's, which are kept for good
        "CDK_HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_PROFILE": "somebody-elses",
    }
    before: list[dict[str, bytes]] = []
    with ExitStack() as processes:

        def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
            before.append(contents(app))
            process = subprocess.Popen(
                [sys.executable, "-m", "fan_out", "local", *arguments],
                cwd=app,
                env={**environ, **more},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            processes.enter_context(ending(process, TWO_MINUTES))
            return process

        yield start
    assert [contents(app)] == before
    assert contents(scratch) == {}
    assert contents(home) == {}
    assert processes_in(scratch) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if "node_modules" not in path.parts
    }


def processes_in(scratch: Path) -> list[str]:
    """The processes that were told to keep their temporary files there, or run from there."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if any(str(scratch) in word for word in words):
            found.append(" ".join(process.cmdline()))
    return found


def read_up_to(process: subprocess.Popen[str], start: str) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith(start):
            return
    raise AssertionError(f"it ended with {process.wait()} before {start!r}: {''.join(lines)}")


def test_the_app_is_deployed_and_run_and_nothing_of_it_is_left(start: Start) -> None:
    process = start("run", "--json", "-c", "env=prod", "--input", '{"oneJobProcessMaxCount": 50}')
    out, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 0, err
    answers = json.loads(out)
    assert [len(answer) for answer in answers] == [50, 50, 5]
    assert sum(answers, []) == list(range(105))
    steps = [line.split(",")[0] for line in err.splitlines() if line.startswith("✓")]
    assert steps == [
        "✓ start an AWS for 123456789012/us-east-1",
        "✓ synthesize the app",
        "✓ bootstrap aws://123456789012/us-east-1",
        "✓ deploy FanOut-prod",
    ]
    assert "3 of 3 chunks done" in err
    assert err.count("note: functions run on this machine's Python") == (THIS_PYTHON != "3.14")


def test_ctrl_c_while_the_app_is_synthesized_ends_all_of_it(start: Start) -> None:
    process = start("run")
    read_up_to(process, "✓ start an AWS")
    wait_for_child(process, "app.py")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted"


def test_sigterm_while_workers_run_ends_all_of_it(start: Start, app: Path) -> None:
    (app / "lambdas" / "worker.py").write_text(SLEEPING_WORKER)
    process = start("run")
    read_up_to(process, "0 of 11 chunks")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 143
    assert err.splitlines()[-1] == "ended by SIGTERM"


@pytest.mark.parametrize("looked_up", [True, False])
def test_an_app_that_fails_shows_what_it_said_and_what_was_looked_up_is_forgotten(
    start: Start, app: Path, looked_up: bool
) -> None:
    if not looked_up:
        (app / LOOKED_UP).unlink()
    process = start(
        "run", "--app", f"echo here > {LOOKED_UP}; echo no such thing as Nightly; exit 3"
    )
    out, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 1
    assert out == ""
    assert "no such thing as Nightly\n" in err
    assert err.splitlines()[-1] == "error: cdk synth failed with exit code 1"


def test_an_aws_that_cannot_start_says_why(start: Start, tmp_path: Path) -> None:
    (tmp_path / "moto.py").write_text('raise ImportError("a broken moto")')
    process = start("start", PYTHONPATH=str(tmp_path))
    _, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("error: the embedded AWS did not start: ")
    assert "a broken moto" in err.splitlines()[-1]


def test_an_aws_that_is_started_serves_a_shell_until_it_is_ended(start: Start) -> None:
    process = start("start", "--account", "111122223333", "--region", "eu-west-1")
    read_up_to(process, "Ctrl-C ends it")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("export FAN_OUT_LOCAL_PYTHON="):
            break
    asked = subprocess.run(
        ["sh", "-e"],
        input="".join(lines) + f"{sys.executable} -m fan_out run --stack CDKToolkit\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=TWO_MINUTES,
    )
    assert asked.stderr.startswith("error: no state machine in the outputs of stack CDKToolkit")
    process.send_signal(signal.SIGTERM)
    assert process.wait(TWO_MINUTES) == 0


def test_an_aws_without_namespaces_or_that_has_ended_by_itself_is_told_of(start: Start) -> None:
    process = start("start", FAN_OUT_NO_NAMESPACES="1")
    read_up_to(process, "note: this machine allows no namespaces (user, mount and PID): functions ")
    read_up_to(process, "Ctrl-C ends it")
    for child in psutil.Process(process.pid).children():
        child.kill()
    _, err = process.communicate(timeout=TWO_MINUTES)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "error: the embedded AWS has ended by itself; start another"


def wait_for_child(process: subprocess.Popen[str], word: str) -> None:
    """Wait until one of its descendants has the word in its command line."""

    def has_come() -> bool:
        assert process.poll() is None, f"it ended before it ran {word}"
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if word in child.cmdline():
                    return True
        return False

    eventually(has_come)
