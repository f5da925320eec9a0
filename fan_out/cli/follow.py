"""Start an execution, or take up one again, and follow it to its end; Ctrl-C stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fan_out.cli.aws import Aws, is_aws_error, said_plainly
from fan_out.cli.display.bar import progress_bar
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import FAILED, CommandError, one_line
from fan_out.cli.machine import Machine
from fan_out.cli.outcome import Outcome, Summary
from fan_out.cli.steps import Steps

Objection = Callable[[Steps], str | None]
"""Says in one line why an execution is not to go on, from what its history tells so far."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An execution that has ended, and whatever is known of it."""

    arn: str
    summary: Summary
    steps: Steps


@dataclass
class _Begun:
    """The execution that Ctrl-C is to stop."""

    arn: str = ""


def start_and_follow(
    aws: Aws,
    machine: Machine,
    name: str,
    input: str,
    screen: Screen,
    objection: Objection = lambda steps: None,
) -> Ended:
    """Run a machine to its end, as an execution of this name.

    Raises CommandError where it could not be watched, or had to be stopped because of an
    ``objection``; and KeyboardInterrupt, having stopped it, upon Ctrl-C.
    """
    with _stopped_upon_ctrl_c(aws, screen) as begun:
        # as it will be: Ctrl-C while it is being started must stop it too
        begun.arn = machine.execution_arn(name)
        started = aws.stepfunctions.start_execution(
            stateMachineArn=machine.arn, name=name, input=input
        )
        begun.arn = started["executionArn"]
        screen.say(f"running {machine.name} in {machine.region}, execution {name}")
        return _followed(aws, Outcome(aws.stepfunctions, begun.arn), begun.arn, screen, objection)


def redrive_and_follow(aws: Aws, arn: str, redrives: int, screen: Screen) -> Ended:
    """Let an execution that has failed go on where it did, and follow it to its new end.

    ``redrives`` says how often that has been done to it. Raises as ``start_and_follow`` does, and
    CommandError where it cannot be redriven.
    """
    with _stopped_upon_ctrl_c(aws, screen) as begun:
        begun.arn = arn
        _redrive(aws, arn)
        screen.say(f"redriving {arn}")
        outcome = Outcome(aws.stepfunctions, arn, redrives + 1)
        return _followed(aws, outcome, arn, screen, lambda steps: None)


def _redrive(aws: Aws, arn: str) -> None:
    from botocore.exceptions import ClientError

    try:
        aws.stepfunctions.redrive_execution(executionArn=arn)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code != "ExecutionNotRedrivable":
            raise
        message = one_line(error.response.get("Error", {}).get("Message", ""))
        raise CommandError(f"cannot redrive {arn}: {message}") from None


def _followed(aws: Aws, outcome: Outcome, arn: str, screen: Screen, objection: Objection) -> Ended:
    reason = None
    try:
        with progress_bar(screen) as bar:
            for progress in outcome.watch():
                bar.update(progress)
                if reason := objection(outcome.steps):
                    break
    except Exception as error:
        if not is_aws_error(error):
            raise
        message = f"{said_plainly(error)}; the execution may be running still: {arn}"
        raise CommandError(message, FAILED) from error
    if reason is not None:
        if not outcome.ended:
            _stop(aws, arn, screen, "it did not do what was asked for")
        raise CommandError(reason, FAILED)
    return Ended(arn=arn, summary=outcome.summary(), steps=outcome.steps)


@contextmanager
def _stopped_upon_ctrl_c(aws: Aws, screen: Screen) -> Iterator[_Begun]:
    begun = _Begun()
    try:
        yield begun
    except KeyboardInterrupt:
        _stop(aws, begun.arn, screen, "stopped with Ctrl-C in fan-out")
        raise


def _stop(aws: Aws, arn: str, screen: Screen, cause: str) -> None:
    try:
        screen.say("stopping the execution (Ctrl-C again leaves at once)")
        aws.stepfunctions.stop_execution(executionArn=arn, error="Interrupted", cause=cause)
    except KeyboardInterrupt:
        screen.say(f"left; the execution may be running still: {arn}")
        raise
    except Exception as error:
        if not is_aws_error(error):
            raise
        screen.say(f"could not stop it: {said_plainly(error)}; it may be running still: {arn}")
    else:
        screen.say("stopped")
