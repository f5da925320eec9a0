"""``fan-out logs`` of executions that really ran, and every hint that the reports print."""

import io
import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import boto3
import cli_jobs
import log_jobs
import log_jobs_unloadable
import pytest
from aws_cdk import aws_lambda as lambda_
from commands import A_MINUTE, COMMAND, Done, called, environ_of

from fan_out import FailurePolicy, FanOut, Retry
from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.logs import Logs
from fan_out.cli.logs import logs as logs_here
from fan_out.cli.run import Run as RunOptions
from fan_out.cli.run import run as run_here
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy

Command = Callable[..., Done]


class Said(NamedTuple):
    """How a command ended, and what it has written."""

    code: int
    out: str
    err: str


Run = Callable[..., tuple[Said, str]]
Log = Callable[..., Said]

TOLERATE = FailurePolicy.tolerate
RECORDS = {"totalProcessRecordCount": 105}
TWO_SECONDS = lambda_.FunctionOptions(timeout=cdk.Duration.seconds(2))
AT_ONCE = Retry(attempts=2, interval=cdk.Duration.seconds(1), backoff=1)


def build(outdir: Path) -> Path:
    """One stack with a fan-out for each thing that a log can be of."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Jobs")
    fan_outs: dict[str, dict[str, Any]] = {
        "Failing": {"worker": cli_jobs.fails_at_57, "max_concurrency": 2},
        "Forging": {"worker": log_jobs.forges},
        "Flaky": {"worker": log_jobs.flaky, "retry": AT_ONCE, "retry_on": ["Flaky"]},
        "Rounds": {
            "worker": log_jobs.in_rounds,
            "carry_on": True,
            "on_failure": TOLERATE(chunks=0),
        },
        "Halves": {
            "worker": log_jobs.in_halves,
            "on_failure": TOLERATE(percent=100, halve=True),
        },
        "Plain": {"worker": log_jobs.plain, "on_failure": TOLERATE(percent=100)},
        "Unloadable": {"worker": log_jobs_unloadable.numbers, "on_failure": TOLERATE(chunks=0)},
        "Exiting": {"worker": log_jobs.exits, "on_failure": TOLERATE(chunks=0)},
        "Hanging": {"worker": log_jobs.hangs, "worker_options": TWO_SECONDS},
        "Talking": {"worker": log_jobs.talks, "max_concurrency": 1},
        "Busy": {
            "worker_options": lambda_.FunctionOptions(reserved_concurrent_executions=0),
            "retry": AT_ONCE,
        },
        "Uncollected": {
            "collect": cli_jobs.whole,
            "collect_options": lambda_.FunctionOptions(environment={"BROKEN": "0"}),
        },
        "Aside": {"worker": cli_jobs.doubles_the_even},
    }
    for name, given in fan_outs.items():
        job = FanOut(stack, name, **{"worker": cli_jobs.doubles, "chunk_size": 10, **given})
        cdk.CfnOutput(stack, f"{name}Machine", value=job.state_machine.state_machine_arn)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    assembly = build(tmp_path_factory.mktemp("assembly") / "cdk.out")
    with EmbeddedAws(max_environments=8) as aws:
        deploy(assembly, aws.session())
        yield aws


@pytest.fixture(scope="module")
def session(aws: EmbeddedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="module")
def command(aws: EmbeddedAws) -> Command:
    """The command as a shell runs it."""
    return partial(called, environ_of(aws))


@pytest.fixture(scope="module")
def run(session: boto3.Session) -> Run:
    """Run a fan-out, once; answers what was said, and the execution's ARN."""
    ran: dict[str, tuple[Said, str]] = {}

    def run(name: str, records: int = 105) -> tuple[Said, str]:
        if name not in ran:
            given = json.dumps({"totalProcessRecordCount": records})
            wanted = RunOptions(machine=f"{name}Machine", input=given)
            said = heard(lambda: run_here(Aws(session), wanted, Screen()))
            ran[name] = said, arn_of(said.err)
        return ran[name]

    return run


@pytest.fixture(scope="module")
def log(session: boto3.Session) -> Log:
    """Show the log of an execution, in this process."""

    def log(arn: str, **which: Any) -> Said:
        return heard(lambda: logs_here(Aws(session), Logs(execution=arn, **which), Screen()))

    return log


def heard(work: Callable[[], int]) -> Said:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = work()
    return Said(code, out.getvalue(), err.getvalue())


def arn_of(said: str) -> str:
    machine, execution = re.findall(r"running (\S+) in .*, execution (\S+)", said)[0]
    return f"arn:aws:states:us-east-1:123456789012:execution:{machine}:{execution}"


def hints(said: str) -> list[list[str]]:
    """The commands that a report prints, as a shell takes them."""
    return [
        shlex.split(line.split(maxsplit=1)[1])
        for line in said.splitlines()
        if re.match(r"  (log|resume) +fan-out ", line)
    ]


def lines_of(log: Log, arn: str, **which: int) -> list[str]:
    """What the chunk has logged, without headings, Lambda's report and where the code is."""
    said = log(arn, **which)
    assert said.code == 0, said.err
    return [
        line
        for line in said.out.splitlines()
        if not line.startswith(("==> ", "\xa0")) and not re.match(r"REPORT .*\tMemory Size", line)
    ]


def headings(log: Log, arn: str, **which: int) -> list[str]:
    """What a heading says of the call, without the time and the request."""
    found = re.findall(r"^==> (.*), \d{4}-.* UTC(.*) <==$", log(arn, **which).out, re.MULTILINE)
    return [f"{what}{re.sub(', request [0-9a-f-]{36}', '', rest)}" for what, rest in found]


TRACEBACK = "Traceback (most recent call last):"


@pytest.mark.parametrize("which", [{"chunk": 6}, {"record": 57}, {}])
def test_the_log_of_a_failed_chunk_is_its_own_with_the_traceback(
    run: Run, log: Log, which: dict[str, int]
) -> None:
    _, arn = run("Failing")
    assert lines_of(log, arn, **which) == [
        *["looking at 50", "[ERROR] ValueError: bad record 57", TRACEBACK]
    ]
    assert 'raise ValueError("bad record 57")' in log(arn, **which).out
    assert headings(log, arn, **which) == ["chunk 6 of 11 (offset 50, count 10), ValueError"]


@pytest.mark.parametrize("option", [["--chunk", "6"], ["--record", "57"], []])
def test_the_command_shows_the_same(
    run: Run, log: Log, command: Command, option: list[str]
) -> None:
    _, arn = run("Failing")
    assert command("logs", arn, *option).stdout == log(arn, chunk=6).out


def test_the_log_of_a_chunk_that_is_done_is_its_own_too(run: Run, log: Log) -> None:
    _, arn = run("Failing")
    assert lines_of(log, arn, chunk=1) == ["looking at 0"]
    assert lines_of(log, arn, record=9) == ["looking at 0"]


def test_a_handler_that_prints_what_lambda_prints_loses_nothing(run: Run, log: Log) -> None:
    _, arn = run("Forging")
    lines = lines_of(log, arn)
    assert lines[0] == "first line of 50."
    assert lines[-4:] == [
        "END of page, REPORT of it, START over",
        "last line of 50.",
        "[ERROR] ValueError: bad record 57",
        TRACEBACK,
    ]
    assert lines_of(log, arn, chunk=1)[-1] == "last line of 0."


def test_every_try_of_a_chunk_is_shown(run: Run, log: Log) -> None:
    _, arn = run("Flaky")
    once = ["trying 50.", "[ERROR] Flaky: come again", TRACEBACK]
    assert lines_of(log, arn) == 3 * once
    chunk = "chunk 6 of 11 (offset 50, count 10)"
    assert headings(log, arn) == [
        *[f"{chunk}, Flaky", f"{chunk}, try 2, Flaky", f"{chunk}, try 3, Flaky"]
    ]


def test_every_round_of_a_chunk_is_shown(run: Run, log: Log) -> None:
    _, arn = run("Rounds")
    assert lines_of(log, arn) == [
        "round from 50 on.",
        "round from 54 on.",
        "round from 58 on.",
        "[ERROR] ValueError: bad record 58",
        TRACEBACK,
    ]
    assert headings(log, arn) == [
        "chunk 6 of 11 (offset 50, count 10)",
        "chunk 6 of 11 (offset 54, count 6), round 2",
        "chunk 6 of 11 (offset 58, count 2), round 3, ValueError",
    ]


def test_every_half_of_a_chunk_is_shown(run: Run, log: Log) -> None:
    _, arn = run("Halves")
    assert [line for line in lines_of(log, arn) if line.startswith("doing ")] == [
        "doing 50 to 59.",
        "doing 50 to 54.",
        "doing 55 to 59.",
        "doing 55 to 57.",
        "doing 55 to 56.",
        "doing 57 to 57.",
        "doing 58 to 59.",
    ]


def test_the_calls_of_a_plain_worker_are_told_apart(run: Run, log: Log) -> None:
    _, arn = run("Plain")
    for number in range(1, 12):
        offset = 10 * (number - 1)
        assert lines_of(log, arn, chunk=number) == [f"plainly {offset}."]


def test_a_function_that_cannot_be_loaded_has_a_log(run: Run, log: Log) -> None:
    done, arn = run("Unloadable")
    assert "  request" not in done.err
    lines = lines_of(log, arn, chunk=3)
    assert lines[0] == "about to import what is not there"
    assert lines[-2] == (
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'log_jobs_unloadable': "
        "No module named 'no_such_module'"
    )
    assert lines[-1] == TRACEBACK
    (heading,) = headings(log, arn, chunk=3)
    assert heading.endswith("Runtime.ImportModuleError")


@pytest.mark.parametrize(
    ("chunk", "how"),
    [
        (1, "with error: exit status 3"),
        (2, "without providing a reason"),
        (3, "with error: signal: aborted"),
    ],
)
def test_a_process_that_ends_itself_has_a_log(run: Run, log: Log, chunk: int, how: str) -> None:
    done, arn = run("Exiting", 30)
    first, why, kind = lines_of(log, arn, chunk=chunk)
    assert first == f"leaving at {10 * chunk - 10}."
    assert why.endswith(f" Error: Runtime exited {how}")
    assert kind == "Runtime.ExitError"
    assert "  advice   the handler ended its process (sys.exit or os._exit with 3)" in done.err


def test_a_timeout_has_a_log(run: Run, log: Log) -> None:
    _, arn = run("Hanging", 20)
    first, why = lines_of(log, arn)
    assert first == "hanging at 10."
    assert why.endswith(" Task timed out after 2.00 seconds")


def test_an_answer_that_is_too_much_has_a_log(run: Run, log: Log) -> None:
    _, arn = run("Talking", 20)
    assert lines_of(log, arn) == ["talking of 10."]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Forging", "first line of 50.", "[ERROR] ValueError: bad record 57"),
        ("Unloadable", "about to import what is not there", "No module named 'no_such_module'"),
    ],
)
def test_a_log_that_goes_with_its_aws_is_shown_with_the_failure(
    session: boto3.Session, name: str, first: str, last: str
) -> None:
    """As ``fan-out local run`` does."""
    given = '{"totalProcessRecordCount": 105}'
    wanted = RunOptions(machine=f"{name}Machine", input=given, log_stays=False)
    said = heard(lambda: run_here(Aws(session), wanted, Screen()))
    assert f"\n  log      {first}\n" in said.err
    assert last in said.err.split("  log  ")[1]
    assert "fan-out logs" not in said.err


def test_what_was_never_started_says_so(run: Run, log: Log) -> None:
    _, arn = run("Busy", 10)
    done = log(arn)
    assert done.code == 1
    assert done.out.count("(not started: Rate Exceeded.") == 3


def test_a_collect_that_failed_has_a_log(run: Run, log: Log) -> None:
    done, arn = run("Uncollected")
    assert lines_of(log, arn) == ["[ERROR] OSError: cannot add", TRACEBACK]
    assert headings(log, arn) == ["Collect, OSError"]
    assert f"fan-out resume {arn}" in done.err


def test_a_record_that_was_set_aside_has_its_traceback_in_the_log(
    run: Run, log: Log, command: Command
) -> None:
    done, arn = run("Aside")
    summary, *lines = done.out.splitlines()
    assert summary.endswith(", 11 of 11 chunks done, 95 of 105 records, 10 set aside")
    at = lines.index("set aside: 10 records")
    assert lines[at + 1] == "  record 7: ValueError: 7 is bad"
    assert lines[at + 10] == "  record 97: ValueError: 97 is bad"
    assert lines_of(log, arn, record=7)[-1] == "ValueError: 7 is bad"
    (hint,) = hints(done.err)
    assert hint == ["fan-out", "logs", arn, "--record", "7"]
    assert "ValueError: 7 is bad" in command(*hint[1:]).stdout


def test_of_a_run_that_was_stopped_the_log_is_that_of_the_running_chunks(
    aws: EmbeddedAws, log: Log
) -> None:
    """Their functions go on to their own end, and log until then."""
    given = ["run", "--machine", "HangingMachine", "--input", '{"totalProcessRecordCount": 30}']
    process = subprocess.Popen(
        [*COMMAND, *given], env=environ_of(aws), stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if line.startswith("running "))
        next(line for line in process.stderr if line.startswith(("0 of 3", "1 of 3")))
        process.terminate()
        process.communicate(timeout=A_MINUTE)
    arn, until = arn_of(said), time.monotonic() + A_MINUTE
    while log(arn, chunk=3).code == 1 or log(arn, chunk=2).code == 1:
        assert time.monotonic() < until
    for chunk in (2, 3):
        first, why = lines_of(log, arn, chunk=chunk)
        assert first == f"hanging at {10 * chunk - 10}."
        assert why.endswith(" Task timed out after 2.00 seconds")


@pytest.mark.parametrize("name", ["Failing", "Halves", "Unloadable", "Busy", "Uncollected"])
def test_what_a_report_prints_as_the_next_step_works_as_it_is_printed(
    run: Run, command: Command, name: str
) -> None:
    said, _ = run(name, 10 if name == "Busy" else 105)
    printed = hints(said.err)
    assert [words[1] for words in printed] == ["logs", "resume"]
    for fan_out, *arguments in printed:
        done = command(*arguments)
        assert fan_out == "fan-out"
        # what is not mended fails again, and what was never started has no log; 2 would be refusal
        fails = name == "Busy" or arguments[0] == "resume"
        assert done.returncode == (1 if fails and name != "Halves" else 0), done.stderr


def test_a_shell_without_a_region_finds_the_log_all_the_same(run: Run, aws: EmbeddedAws) -> None:
    """The ARN names the region."""
    _, arn = run("Failing")
    environ = environ_of(aws)
    del environ["AWS_REGION"], environ["AWS_DEFAULT_REGION"]
    done = called(environ, "logs", arn, "--chunk", "6")
    assert "bad record 57" in done.stdout, done.stderr
