"""``fan-out logs``: what the functions of an execution have logged, call by call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fan_out.cli.asked import Asked
from fan_out.cli.attempts import Attempt, attempts_of
from fan_out.cli.aws import Aws
from fan_out.cli.display import calls
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import FAILED, CommandError
from fan_out.cli.failure import log_group_of
from fan_out.cli.invocation_log import Clock, logs_of
from fan_out.cli.machine import find_execution
from fan_out.cli.matching import Sighting
from fan_out.cli.outcome import Outcome
from fan_out.cli.past import first_look
from fan_out.cli.selection import Selection, number_of, of_chunk, of_interest


@dataclass(frozen=True, kw_only=True)
class Logs:
    """Of what to show the logs: ``chunk`` counts from 1, ``record`` from 0; of neither, of what is
    of interest. ``execution`` is an ARN, or a name of the machine's that is found as for ``run``.
    """

    execution: str
    stack: str | None = None
    machine: str | None = None
    chunk: int | None = None
    record: int | None = None


def logs(aws: Aws, wanted: Logs, screen: Screen, clock: Clock | None = None) -> int:
    """Show them, and answer the exit code: 0, or 1 if CloudWatch Logs has nothing of them.

    Raises CommandError where there is no such execution, chunk or log group.
    """
    if wanted.chunk is not None and wanted.record is not None:
        raise CommandError("give --chunk or --record, not both")
    arn = find_execution(aws, wanted.execution, stack=wanted.stack, chosen=wanted.machine)
    aws = aws.within(arn.split(":")[3])
    outcome = first_look(aws.stepfunctions, arn)
    attempts = attempts_of(outcome.steps)
    selection = _selected(wanted, outcome, attempts)
    found = sightings(aws, selection.attempts, attempts, clock or Clock())
    screen.say(selection.line)
    chunks = outcome.steps.map.length if outcome.steps.map is not None else None
    for attempt in selection.attempts:
        calls.show_call(screen, attempt, found.get(attempt), chunks)
    return 0 if found else FAILED


def _selected(wanted: Logs, outcome: Outcome, attempts: Sequence[Attempt]) -> Selection:
    steps, number = outcome.steps, wanted.chunk
    if wanted.record is not None:
        given = outcome.description["input"] if outcome.description is not None else "{}"
        number = number_of(steps, wanted.record, Asked.read(given).of)
    return of_interest(steps, attempts) if number is None else of_chunk(steps, attempts, number)


def sightings(
    aws: Aws, wanted: Sequence[Attempt], all_attempts: Sequence[Attempt], clock: Clock
) -> dict[Attempt, Sighting]:
    """Find what the wanted ones of an execution's calls have logged. Raises CommandError where
    there is no log group, and what boto3 raises."""
    from botocore.exceptions import ClientError

    known = {attempt.request_id for attempt in all_attempts if attempt.request_id is not None}
    found: dict[Attempt, Sighting] = {}
    for function in dict.fromkeys(attempt.function for attempt in wanted):
        own = [attempt for attempt in wanted if attempt.function == function]
        group = log_group_of(aws.lambda_, function)
        try:
            found |= logs_of(aws.logs, group, own, known, clock)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                raise
            raise CommandError(
                f"no log group {group}: the function has logged nothing, or elsewhere"
            ) from None
    return found
