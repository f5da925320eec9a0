"""``fan-out run``: start a machine, show how far it is, and tell how it ended."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fan_out.cli.aws import Aws, is_aws_error, said_plainly
from fan_out.cli.display import report
from fan_out.cli.display.bar import progress_bar
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import FAILED, CommandError
from fan_out.cli.failure import Failure, log_group_of
from fan_out.cli.invocation_log import invocation_log
from fan_out.cli.machine import find_machine
from fan_out.cli.outcome import Outcome, Summary


@dataclass(frozen=True, kw_only=True)
class Run:
    """What to run: ``input`` is the execution's input as JSON text.

    ``whole`` prints the machine's whole output to stdout, and nothing else. ``log_stays`` is
    false where the log goes with the AWS that it is in: then it is shown, not how to see it.
    """

    stack: str | None = None
    machine: str | None = None
    input: str = "{}"
    whole: bool = False
    log_stays: bool = True


def run(aws: Aws, wanted: Run, screen: Screen) -> int:
    """Run a machine to its end, and answer the exit code: 0 if it succeeded, 1 if it did not.

    Raises CommandError, or what boto3 raises, where it could not be started or watched, and
    KeyboardInterrupt, having stopped the execution, upon Ctrl-C.
    """
    machine = find_machine(aws, stack=wanted.stack, chosen=wanted.machine)
    aws = aws.within(machine.region)
    name = execution_name(datetime.now(UTC))
    screen.say(f"running {machine.name} in {machine.region}, execution {name}")
    # as it will be: Ctrl-C while it is being started must stop it too
    arn = machine.execution_arn(name)
    try:
        arn = aws.stepfunctions.start_execution(
            stateMachineArn=machine.arn, name=name, input=wanted.input
        )["executionArn"]
        summary = _watched(aws, arn, screen)
    except KeyboardInterrupt:
        _stop(aws, arn, screen)
        raise
    if summary.failure is not None:
        _tell_failure(aws, summary, summary.failure, wanted, screen)
        return FAILED
    _tell_result(summary, wanted, screen)
    return 0


def execution_name(now: datetime) -> str:
    """Answer a name that tells when it was started and that nobody else has: 36 characters."""
    return f"fan-out-{now:%Y-%m-%dT%H-%M-%SZ}-{secrets.token_hex(3)}"


def _watched(aws: Aws, arn: str, screen: Screen) -> Summary:
    outcome = Outcome(aws.stepfunctions, arn)
    try:
        with progress_bar(screen) as bar:
            for progress in outcome.watch():
                bar.update(progress)
    except Exception as error:
        if not is_aws_error(error):
            raise
        message = f"{said_plainly(error)}; the execution may be running still: {arn}"
        raise CommandError(message, FAILED) from error
    return outcome.summary()


def _stop(aws: Aws, arn: str, screen: Screen) -> None:
    try:
        screen.say("stopping the execution (Ctrl-C again leaves at once)")
        aws.stepfunctions.stop_execution(
            executionArn=arn, error="Interrupted", cause="stopped with Ctrl-C in fan-out run"
        )
    except KeyboardInterrupt:
        screen.say(f"left; the execution may be running still: {arn}")
        raise
    except Exception as error:
        if not is_aws_error(error):
            raise
        screen.say(f"could not stop it: {said_plainly(error)}; it may be running still: {arn}")
    else:
        screen.say("stopped")


def _tell_result(summary: Summary, wanted: Run, screen: Screen) -> None:
    output = summary.output or "null"
    if wanted.whole:
        screen.say(report.summary_line(summary))
        sys.stdout.write(f"{output}\n")
        sys.stdout.flush()
    else:
        screen.show(report.summary_line(summary), style="green")
        report.show_result(screen, output, summary.progress.chunks)


def _tell_failure(
    aws: Aws, summary: Summary, failure: Failure, wanted: Run, screen: Screen
) -> None:
    screen.say(report.summary_line(summary))
    screen.error(report.headline(failure, summary.progress.chunks))
    report.show_details(screen, report.details(failure))
    report.show_details(screen, _evidence(aws, summary, failure, wanted))


def _evidence(
    aws: Aws, summary: Summary, failure: Failure, wanted: Run
) -> Iterator[tuple[str, str]]:
    """The trace and how to see the log; or, where it will go, the log itself, the trace in it."""
    log = whole = ""
    try:
        if failure.function is not None:
            group = log_group_of(aws.lambda_, failure.function)
            log = report.log_command(group, aws.region, summary.started, failure.request_id)
            if failure.request_id is not None and not wanted.log_stays:
                log = whole = "\n".join(invocation_log(aws.logs, group, failure.request_id))
    except Exception as error:
        if not is_aws_error(error):
            raise
        log = f"not to be had: {said_plainly(error)}"  # the run has failed all the same
    if failure.trace and not whole:
        yield "trace", "\n".join(line for part in failure.trace for line in part.splitlines())
    if log:
        yield "log", log
