"""``fan-out resume``: do what an execution has left, and show the result of the whole job."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fan_out.cli.asked import Asked
from fan_out.cli.aws import Aws, is_aws_error
from fan_out.cli.chunks import Chunks
from fan_out.cli.definition import Definition
from fan_out.cli.display.screen import Screen
from fan_out.cli.earlier import with_earlier
from fan_out.cli.ending import Telling, tell
from fan_out.cli.errors import CommandError, described
from fan_out.cli.follow import Ended, Objection, redrive_and_follow, start_and_follow
from fan_out.cli.foreseen import foreseen
from fan_out.cli.joined import joined
from fan_out.cli.leftover import Leftover
from fan_out.cli.machine import EXECUTION_ARN, find_machine
from fan_out.cli.output import Output
from fan_out.cli.past import Past, read_back, read_past
from fan_out.cli.steps import Steps
from fan_out.cli.successor import name_after, refuse_if_resumed

NAME = re.compile(r"[^:\s]{1,80}")

NOT_TAKEN = (
    "the control function did not take the chunks that are left: it must be made by @control, or "
    "be the built-in one"
)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """What to resume: ``execution`` is an ARN, or a name of the machine's that is found as for
    ``fan-out run``. ``redrive`` goes on with the execution itself, ``whole`` is ``Telling``'s."""

    execution: str
    stack: str | None = None
    machine: str | None = None
    redrive: bool = False
    whole: bool = False


def resume(aws: Aws, wanted: Resume, screen: Screen) -> int:
    """Do what is left to its end, and answer the exit code: 0 if it succeeded, 1 if it did not.

    Raises what ``run`` does, and CommandError where there is nothing that can be resumed.
    """
    arn = _execution(aws, wanted)
    aws = aws.within(arn.split(":")[3])
    past = read_past(aws.stepfunctions, arn)
    if wanted.redrive:
        _refuse_to_redrive_what_was_tolerated(past)
        ended = redrive_and_follow(aws, past.arn, past.redrives, screen)
        output = _output(aws, ended, past, screen, joins=False)
        return tell(aws, ended, Telling(whole=wanted.whole, output=output), screen)
    definition = Definition.read(aws.stepfunctions, past.machine.arn)
    left = Leftover.of(past, definition)
    if left.input is None:
        screen.say(left.line)
        output = _output(aws, past.ended, past, screen, joins=False)
        return tell(aws, past.ended, Telling(whole=wanted.whole, output=output), screen)
    refuse_if_resumed(aws.stepfunctions, past.arn)
    input = with_earlier(aws.stepfunctions, past, left.input, definition, joins=left.joins)
    for line in (left.line, *foreseen(past, input, definition)):
        screen.say(line)
    name, objection = name_after(past.name), _objection(input)
    ended = start_and_follow(aws, past.machine, name, input, screen, objection)
    output = _output(aws, ended, past, screen, joins=left.joins)
    return tell(aws, ended, Telling(whole=wanted.whole, output=output), screen)


def _execution(aws: Aws, wanted: Resume) -> str:
    given = wanted.execution
    if EXECUTION_ARN.fullmatch(given):
        return given
    if not NAME.fullmatch(given):
        raise CommandError(f"EXECUTION must be an execution's ARN or name, got {given!r}")
    machine = find_machine(aws, stack=wanted.stack, chosen=wanted.machine)
    return machine.execution_arn(given)


def _refuse_to_redrive_what_was_tolerated(past: Past) -> None:
    # a collect that failed is run again, with what was tolerated
    if past.tolerated and (past.status == "SUCCEEDED" or not past.steps.collects):
        raise CommandError(
            f"the failures of {past.name} were tolerated, so that their chunks have succeeded for "
            "Step Functions and --redrive would run none of them again: leave it out"
        )


def _objection(input: str) -> Objection:
    """Object to an execution that has planned other chunks than its input lists."""
    asked = Asked.read(input)

    def objection(steps: Steps) -> str | None:
        return NOT_TAKEN if asked.is_refused_by(steps) else None

    return objection


def _output(aws: Aws, ended: Ended, past: Past, screen: Screen, *, joins: bool) -> Output | None:
    """The result of the whole job; None where it is that of the execution alone.

    ``joins`` says whether ``past`` has done a part of it, besides those that it resumed itself.
    """
    newest, is_first = Chunks.of(ended.steps), not joins and past.asked.of is None
    if ended.summary.failure is not None or newest is None or is_first:
        return None
    output = Output.of(ended.steps, ended.summary)
    if output.answers is None:
        return None
    try:
        before = [*read_back(aws.stepfunctions, past)][::-1] + [past] * joins
    except Exception as error:
        if not isinstance(error, CommandError) and not is_aws_error(error):
            raise
        why = described(error)[0]
        screen.say(f"the result is that of the resumed chunks alone, without those before: {why}")
        return None
    return joined([one.chunks for one in before if one.chunks is not None], newest, output)
