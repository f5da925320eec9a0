"""``fan-out logs`` of executions that really ran, and every hint that the reports print."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import cli_jobs
import log_jobs
import log_jobs_unloadable
import pytest
from aws_cdk import aws_lambda as lambda_
from commands import Done, called, environ_of

from fan_out import FailurePolicy, FanOut, Retry
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy

Command = Callable[..., Done]

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
            "collect": cli_jobs.total,
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
    return partial(called, environ_of(aws))


@pytest.fixture(scope="module")
def run(command: Command) -> Callable[..., tuple[Done, str]]:
    """Run a fan-out; answers what was said, and the execution's ARN."""
    ran: dict[str, tuple[Done, str]] = {}

    def run(name: str, records: int = 105) -> tuple[Done, str]:
        if name not in ran:
            given = json.dumps({"totalProcessRecordCount": records})
            done = command("run", "--machine", f"{name}Machine", "--input", given)
            machine, execution = re.findall(r"running (\S+) in .*, execution (\S+)", done.stderr)[0]
            arn = f"arn:aws:states:us-east-1:123456789012:execution:{machine}:{execution}"
            ran[name] = done, arn
        return ran[name]

    return run


def test_x(run, command):
    for name in (
        "Failing",
        "Forging",
        "Flaky",
        "Rounds",
        "Halves",
        "Plain",
        "Unloadable",
        "Exiting",
        "Hanging",
        "Talking",
        "Busy",
        "Uncollected",
        "Aside",
    ):
        done, arn = run(name, {"Exiting": 30, "Hanging": 20, "Talking": 20}.get(name, 105))
        print("#####", name)
        print(done.stdout[-1500:])
        print(done.stderr)
        got = command("logs", arn)
        print("-----", got.returncode)
        print(got.stderr)
        print(got.stdout[:4000])
