"""``fan-out resume``: do what an execution has left, and show the result of the whole job."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fan_out.cli.aws import Aws
from fan_out.cli.chunks import Chunks, plan_of
from fan_out.cli.display.screen import Screen
from fan_out.cli.ending import Telling, tell
from fan_out.cli.errors import CommandError
from fan_out.cli.follow import Ended, Objection, redrive_and_follow, start_and_follow
from fan_out.cli.joined import joined
from fan_out.cli.leftover import Leftover, names_after
from fan_out.cli.machine import EXECUTION_ARN, find_machine
from fan_out.cli.past import Past, read_past, read_resumed_by
from fan_out.cli.steps import Steps
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.collect import COLLECT_STATE
from fan_out.runtime.resumed import CHUNKS_KEY

NAME = re.compile(r"[^:\s]{1,80}")

NOT_TAKEN = (
    "the control function did not take the chunks that are left: it must be made by @control, or "
    "be the built-in one"
)
ONLY_THE_REST = (
    "the collect function saw the answers of the resumed chunks alone; --redrive, which goes on "
    "with the execution itself, would have given it all of them"
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
    earlier = read_resumed_by(aws.stepfunctions, past)
    if wanted.redrive:
        ended = redrive_and_follow(aws, past.arn, past.redrives, screen)
        return tell(aws, ended, _telling(ended, earlier, wanted, screen), screen)
    left = Leftover.of(past)
    screen.say(left.line)
    if left.input is None:
        return 0
    names, objection = _names(past.name, screen), _objection(left.input)
    ended = start_and_follow(aws, past.machine, names, left.input, screen, objection)
    earlier += [past] if left.joins else []
    return tell(aws, ended, _telling(ended, earlier, wanted, screen), screen)


def _execution(aws: Aws, wanted: Resume) -> str:
    given = wanted.execution
    if EXECUTION_ARN.fullmatch(given):
        return given
    if not NAME.fullmatch(given):
        raise CommandError(f"EXECUTION must be an execution's ARN or name, got {given!r}")
    machine = find_machine(aws, stack=wanted.stack, chosen=wanted.machine)
    return machine.execution_arn(given)


def _names(name: str, screen: Screen) -> Iterator[str]:
    for other in names_after(name):
        yield other
        # the next one is asked for where that one is taken
        screen.say(
            f"{other} has resumed it before; fan-out resume {other} does only what that has left"
        )


def _objection(input: str) -> Objection:
    """Object to an execution that has planned other chunks than its input lists."""
    given = json.loads(input)
    asked = given.get(CHUNKS_KEY) if isinstance(given, dict) else None

    def objection(steps: Steps) -> str | None:
        if asked is None or not steps.maps:
            return None
        planned = plan_of(steps.maps[0])
        return None if planned is not None and _ranges(planned) == _ranges(asked) else NOT_TAKEN

    return objection


def _ranges(plan: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(item[OFFSET_KEY], item[COUNT_KEY]) for item in plan]


def _telling(ended: Ended, earlier: list[Past], wanted: Resume, screen: Screen) -> Telling:
    """What to tell of it: the result of the whole job, where it is made of answers alone."""
    own = Telling(whole=wanted.whole)
    newest, output = Chunks.of(ended.steps), ended.summary.output
    if output is None or newest is None or not earlier:
        return own
    if COLLECT_STATE in ended.steps.states:
        screen.say(ONLY_THE_REST)
        return own
    before = [past.chunks for past in earlier if past.chunks is not None]
    whole = joined(before, newest, output)
    if whole is None:
        return own
    chunks = sum(len(each.done) for each in (*before, newest))
    return replace(own, output=whole, chunks=chunks)
