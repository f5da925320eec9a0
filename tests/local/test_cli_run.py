"""``fan-out run`` against machines that really run, as its user sees it."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import cli_jobs
import psutil
import pytest
from aws_cdk import aws_lambda as lambda_
from commands import A_MINUTE, COMMAND, Done, called, environ_of

import jobs
from bounded import ending
from fan_out import FanOut
from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.run import Run
from fan_out.cli.run import run as run_here
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy

RunCommand = Callable[..., Done]


def build(outdir: Path) -> Path:
    """A stack with one fan-out, and one with several."""
    app = cdk.App(outdir=str(outdir))
    one, many = cdk.Stack(app, "One"), cdk.Stack(app, "Many")
    a_second = lambda_.FunctionOptions(timeout=cdk.Duration.seconds(1))
    fan_outs = {
        "Numbers": FanOut(one, "Numbers", worker=jobs.numbers, chunk_size=10),
        "Failing": FanOut(many, "Failing", worker=cli_jobs.fails_at_57, chunk_size=10),
        "Sleeping": FanOut(many, "Sleeping", worker=jobs.sleeps, chunk_size=10),
        "Slow": FanOut(many, "Slow", worker=jobs.sleeps, chunk_size=100, worker_options=a_second),
    }
    for name, fan_out in fan_outs.items():
        stack = cdk.Stack.of(fan_out)
        cdk.CfnOutput(stack, f"{name}Machine", value=fan_out.state_machine.state_machine_arn)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    assembly = build(tmp_path_factory.mktemp("assembly") / "cdk.out")
    # a worker that sleeps goes on when its execution is stopped, as in AWS: there is room for it
    with EmbeddedAws(max_environments=12) as aws:
        deploy(assembly, aws.session())
        yield aws


@pytest.fixture(scope="module")
def session(aws: EmbeddedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="module")
def environ(aws: EmbeddedAws) -> dict[str, str]:
    return environ_of(aws)


@pytest.fixture(scope="module")
def run(environ: dict[str, str]) -> RunCommand:
    def run(*options: str, given: dict[str, Any] | None = None) -> Done:
        text = json.dumps(given or {"totalProcessRecordCount": 105})
        return called(environ, "run", *options, "--input", text)

    return run


@pytest.fixture(scope="module")
def failed(run: RunCommand) -> Done:
    return run("--machine", "FailingMachine")


@pytest.fixture
def sleeping(
    environ: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[subprocess.Popen[str]]:
    """A command that is running chunks which sleep; its parameter is a command to start it with."""
    process = subprocess.Popen(
        [
            *getattr(request, "param", []),
            *COMMAND,
            "run",
            "--machine",
            "SleepingMachine",
            "--input",
            '{"totalProcessRecordCount": 15}',
        ],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ending(process):
        wait_for(process, "0 of 2 chunks")
        yield process
        process.kill()


def shown(done: Done, label: str) -> str:
    """What a failure's details say under a label."""
    start = f"  {label:<9}"
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(start)]
    return line.removeprefix(start)


def wait_for(process: subprocess.Popen[str], start: str) -> None:
    """Read what it tells up to the line that starts so."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith(start):
            return
    raise AssertionError(f"it ended with {process.wait()} before {start!r}: {''.join(lines)}")


def executions(session: boto3.Session, machine: str) -> list[Any]:
    """The executions of a machine, the newest first."""
    client = session.client("stepfunctions")
    (arn,) = [
        found["stateMachineArn"]
        for found in client.list_state_machines()["stateMachines"]
        if found["name"].startswith(machine)
    ]
    started = client.list_executions(stateMachineArn=arn)["executions"]
    return sorted(started, key=lambda execution: execution["startDate"], reverse=True)


def test_a_success_is_summed_up_with_every_chunks_answer(run: RunCommand) -> None:
    done = run("--stack", "One")
    assert done.returncode == 0, done.stderr
    summary, heading, *answers = done.stdout.splitlines()
    assert summary.startswith("succeeded after ")
    assert summary.endswith(" s, 11 of 11 chunks done, 105 of 105 records")
    assert heading == "result: 11 answers, in chunk order"
    assert answers[0] == "   1  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    assert answers[10] == "  11  [100, 101, 102, 103, 104]"


def test_progress_goes_to_stderr_up_to_the_last_chunk(run: RunCommand) -> None:
    lines = run("--stack", "One").stderr.splitlines()
    assert "execution fan-out-" in lines[0]
    assert lines[-1].startswith("11 of 11 chunks, 0 running, 0 failed")


def test_json_is_the_whole_output_on_stdout_and_nothing_else(run: RunCommand) -> None:
    done = run("--stack", "One", "--json", given={"totalProcessRecordCount": 1_000})
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert sum(answers, []) == list(range(1_000))
    assert "succeeded after" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(environ: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "run", "--stack", "One", "--json", "--input", '{"totalProcessRecordCount": 10}'],
        env=environ,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=A_MINUTE,
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("succeeded after")


def test_a_long_result_is_shortened_and_says_so(run: RunCommand) -> None:
    lines = run("--stack", "One", given={"totalProcessRecordCount": 1_000}).stdout.splitlines()
    assert len(lines) < 30
    assert max(map(len, lines)) <= 100
    assert "  … 80 more …" in lines
    assert lines[-1] == "  (shortened; --json prints all of it)"


def test_a_plan_of_no_chunks_succeeds_with_no_answers(run: RunCommand) -> None:
    done = run("--stack", "One", given={"totalProcessRecordCount": 0})
    assert done.returncode == 0, done.stderr
    assert "0 of 0 chunks done, 0 of 0 records\nresult: 0 answers" in done.stdout


def test_a_failure_names_the_chunk_the_error_and_the_function(failed: Done) -> None:
    assert failed.returncode == 1
    assert failed.stdout == ""
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("error: ")]
    assert line == ("error: chunk 6 of 11 failed (offset 50, count 10): ValueError: bad record 57")
    assert json.loads(shown(failed, "input")) == {"oneJobProcessingCount": 10, "offset": 50}
    assert shown(failed, "state") == "Worker"
    assert ":function:Many-FailingWorker" in shown(failed, "function")
    assert shown(failed, "trace")
    assert "raise ValueError" in failed.stderr


def test_a_log_that_will_be_gone_is_shown_itself(
    session: boto3.Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ``fan-out local run`` does, whose AWS ends with it."""
    wanted = Run(
        machine="FailingMachine", input='{"totalProcessRecordCount": 105}', log_stays=False
    )
    assert run_here(Aws(session), wanted, Screen()) == 1
    err = capsys.readouterr().err
    assert "fan-out logs" not in err
    assert "\n  log      looking at 50\n" in err
    assert "[ERROR] ValueError: bad record 57" in err
    assert "START RequestId" not in err
    assert "looking at 40" not in err
    assert "  trace    " not in err  # the log has it


def test_a_functions_timeout_is_told_as_one(run: RunCommand) -> None:
    done = run("--machine", "SlowMachine", given={"totalProcessRecordCount": 50})
    assert done.returncode == 1
    assert "chunk 1 of 1 failed (offset 0, count 50): Sandbox.Timedout: " in done.stderr
    assert "Task timed out after 1.00 seconds" in done.stderr
    assert shown(done, "request")


def test_a_plan_that_is_refused_is_told_as_the_controls_failure(run: RunCommand) -> None:
    done = run("--stack", "One", given={"totalProcessRecordCount": -1})
    assert done.returncode == 1
    assert "error: Control failed: ValueError: totalProcessRecordCount must be" in done.stderr
    assert json.loads(shown(done, "input")) == {"totalProcessRecordCount": -1}


def test_several_machines_are_listed(run: RunCommand) -> None:
    done = run()
    assert done.returncode == 2
    assert "--stack One --machine NumbersMachine, --stack Many --machine" in done.stderr


def test_an_unknown_stack_is_said_with_those_that_are_there(run: RunCommand) -> None:
    done = run("--stack", "Two")
    assert done.returncode == 2
    assert done.stderr.startswith("error: no stack Two; there is: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")],
)
def test_whatever_ends_the_command_stops_the_execution(
    ending: signal.Signals,
    code: int,
    said: str,
    sleeping: subprocess.Popen[str],
    session: boto3.Session,
) -> None:
    sleeping.send_signal(ending)
    _, err = sleeping.communicate(timeout=A_MINUTE)
    assert sleeping.returncode == code
    assert err.splitlines()[-2:] == ["stopped", said]
    execution = executions(session, "Sleeping")[0]
    assert execution["status"] == "ABORTED"


IN_THE_BACKGROUND = ["sh", "-c", 'trap "" INT HUP; exec "$@"', "sh"]
"""As a shell without job control starts ``nohup fan-out run &``."""


@pytest.mark.parametrize("sleeping", [IN_THE_BACKGROUND], indirect=True)
def test_in_the_background_what_is_ignored_stays_so_and_sigterm_stops_the_execution(
    sleeping: subprocess.Popen[str], session: boto3.Session
) -> None:
    sleeping.send_signal(signal.SIGINT)
    sleeping.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        sleeping.wait(1)
    sleeping.send_signal(signal.SIGTERM)
    _, err = sleeping.communicate(timeout=A_MINUTE)
    assert sleeping.returncode == 143
    assert err.splitlines()[-2:] == ["stopped", "ended by SIGTERM"]
    assert executions(session, "Sleeping")[0]["status"] == "ABORTED"


def test_a_second_ctrl_c_leaves_at_once(sleeping: subprocess.Popen[str]) -> None:
    with suspended_server():
        sleeping.send_signal(signal.SIGINT)
        wait_for(sleeping, "stopping the execution")
        sleeping.send_signal(signal.SIGINT)
        _, err = sleeping.communicate(timeout=A_MINUTE)
    assert sleeping.returncode == 130
    assert "left; the execution may be running still: arn:aws:states:" in err


def test_on_a_terminal_there_is_a_bar(environ: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(_all_of, ours)
        try:
            done = subprocess.run(
                [*COMMAND, "run", "--stack", "One", "--input", '{"totalProcessRecordCount": 105}'],
                env={**environ, "TERM": "xterm-256color"},
                stderr=theirs,
                stdout=subprocess.DEVNULL,
                check=False,
                timeout=A_MINUTE,
            )
        finally:
            os.close(theirs)  # or else the reading has no end
        shown = reading.result().decode()
    os.close(ours)
    assert done.returncode == 0
    assert "━" in shown
    assert "11 of 11 chunks, 0 running, 0 failed" in shown


def _all_of(terminal: int) -> bytes:
    """What is written to a terminal until nobody holds its other end; a read answers a part."""
    shown = b""
    with suppress(OSError):  # so Linux tells of the end
        while part := os.read(terminal, 65_536):
            shown += part
    return shown


@contextmanager
def suspended_server() -> Iterator[None]:
    """The embedded AWS does not answer meanwhile."""
    servers = [
        child for child in psutil.Process().children() if "fan_out.local.server" in child.cmdline()
    ]
    for server in servers:
        server.suspend()
    try:
        yield
    finally:
        for server in servers:
            server.resume()
