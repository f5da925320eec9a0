"""The fan-outs that the faults happen to: one stack, deployed once."""

import shutil
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import faulty_job
from aws_cdk import aws_lambda as lambda_
from faulty_job import ADDRESS_VARIABLE, EDITION_VARIABLE

from fan_out import FailurePolicy, FanOut, Retry

STACK = "Faults"
TOLERATE = FailurePolicy.tolerate
A_SECOND = cdk.Duration.seconds(1)
PATIENT = Retry(attempts=99, interval=A_SECOND, backoff=1)
BRIEF = 2
"""Seconds of those functions that loop, or whose children outlive them."""


def build(outdir: Path, port: int) -> Path:
    """Synthesize the stack for a ledger at this port."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, STACK)

    def options(seconds: int = 60, **more: Any) -> lambda_.FunctionOptions:
        environment = {ADDRESS_VARIABLE: str(port), EDITION_VARIABLE: "first edition"}
        return lambda_.FunctionOptions(
            timeout=cdk.Duration.seconds(seconds), environment=environment, **more
        )

    common = {
        "control": faulty_job.count,
        "worker": faulty_job.double,
        "control_options": options(),
        "worker_options": options(),
        "chunk_size": 10,
    }
    everything = TOLERATE(percent=100)
    fan_outs: dict[str, dict[str, Any]] = {
        "Stopping": {},
        "Plain": {"worker": faulty_job.double_plainly},
        "Aside": {"worker": faulty_job.double_one},
        "Tolerant": {"on_failure": everything},
        "Brief": {
            "on_failure": everything,
            "worker_options": options(BRIEF, memory_size=256),
            "control_options": options(BRIEF),
        },
        "Limited": {
            "on_failure": TOLERATE(chunks=2),
            "worker_options": options(memory_size=256),
        },
        "Halving": {
            "on_failure": TOLERATE(percent=100, halve=True),
            "worker_options": options(memory_size=256),
        },
        "Rounds": {
            "on_failure": everything,
            "carry_on": A_SECOND,
            "worker_options": options(BRIEF + 1),
        },
        "Retrying": {"retry": PATIENT, "retry_on": ["Flaky"]},
        "Throttled": {
            "retry": PATIENT,
            "worker_options": options(reserved_concurrent_executions=1),
        },
        "Impatient": {"retry": Retry(attempts=1, interval=A_SECOND)},
        "Collecting": {"collect": faulty_job.total, "collect_options": options()},
    }
    for name, given in fan_outs.items():
        job = FanOut(stack, name, **{**common, **given})
        cdk.CfnOutput(stack, f"{name}Machine", value=job.state_machine.state_machine_arn)
        cdk.CfnOutput(stack, f"{name}Worker", value=job.worker_function.function_name)
    app.synth()
    return outdir


def another_edition(assembly: Path, edition: str) -> Path:
    """The same app after a change to every function."""
    changed = assembly.with_name(f"{assembly.name}-{edition}")
    shutil.copytree(assembly, changed)
    template = changed / f"{STACK}.template.json"
    template.write_text(template.read_text().replace("first edition", edition))
    return changed
