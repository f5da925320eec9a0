"""Tell how an execution ended that was followed: its result, or why there is none and what next."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fan_out.cli.attempts import attempts_of
from fan_out.cli.aws import Aws, is_aws_error
from fan_out.cli.chunks import Chunks
from fan_out.cli.display import report, result
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import FAILED, CommandError, described
from fan_out.cli.failure import Failure
from fan_out.cli.follow import Ended
from fan_out.cli.invocation_log import Clock
from fan_out.cli.logs import sightings
from fan_out.cli.output import Output
from fan_out.cli.records import Records, set_aside_in
from fan_out.cli.steps import Steps
from fan_out.runtime.budget import PAYLOAD_BYTES
from fan_out.runtime.collect import COLLECT_STATE, Results
from fan_out.runtime.resumed import EARLIER_KEY
from fan_out.runtime.whole_job import WHOLE_JOB_STATE

LINES = 40
"""The last lines of a log: enough to see what led to the error."""

TOO_MUCH_IN_ALL = (
    f"all answers together{{}} must stay within {PAYLOAD_BYTES} bytes: put large ones into S3, and "
    "answer their keys"
)

SET_ASIDE = (
    "the bad records were set aside, so that no chunk is left to resume: mend the worker, and run "
    "the job again"
)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How to tell it.

    ``whole`` prints the whole output to stdout, and nothing else. ``log_stays`` is false where the
    log goes with the AWS that it is in: then it is shown, not how to see it. ``output`` is what to
    show in place of the execution's own.
    """

    whole: bool = False
    log_stays: bool = True
    output: Output | None = None


def tell(aws: Aws, ended: Ended, telling: Telling, screen: Screen) -> int:
    """Tell how it ended, and answer the exit code: 0 if it succeeded, 1 if it did not."""
    failure = ended.summary.failure
    if failure is None:
        _tell_result(ended, telling, screen)
    else:
        _tell_failure(aws, ended, failure, telling, screen)
    if telling.log_stays:
        report.show_details(screen, _what_next(ended))
    return 0 if failure is None else FAILED


def _tell_result(ended: Ended, telling: Telling, screen: Screen) -> None:
    summary = ended.summary
    output = telling.output or Output.of(ended.steps, summary)
    whole_job = output.records or _records_of_whole_job(ended.steps)
    line = report.summary_line(summary, whole_job)
    if telling.whole:
        screen.say(line)
        sys.stdout.write(f"{output.text}\n")
        sys.stdout.flush()
        return
    screen.show(line, style="green")
    result.show_result(screen, output)
    if (found := Chunks.of(ended.steps)) is not None:
        result.show_failures(screen, found.failed, in_output=output.tolerated is not None)
    if (records := whole_job or summary.records) is not None:
        result.show_set_aside(screen, records, succeeded=True)


def _records_of_whole_job(steps: Steps) -> Records | None:
    """The records of all executions of a job whose collect was told of them; None where it was not,
    or they were not counted."""
    given = json.loads(steps.states[COLLECT_STATE].input or "null") if steps.collects else None
    if not isinstance(given, dict) or EARLIER_KEY not in given:
        return None
    results = Results(given)
    if results.counts is None:
        return None
    bad = tuple(one for answer in results for one in set_aside_in(answer))
    return Records(results.counts["records"], results.counts["recordsSucceeded"], bad)


def _tell_failure(
    aws: Aws, ended: Ended, failure: Failure, telling: Telling, screen: Screen
) -> None:
    screen.say(report.summary_line(ended.summary))
    screen.error(report.headline(failure, ended.summary.progress.chunks))
    report.show_details(screen, report.details(failure))
    report.show_details(screen, _evidence(aws, ended, failure, telling))
    if ended.summary.records is not None:
        result.show_set_aside(screen, ended.summary.records, succeeded=False)


def _what_next(ended: Ended) -> Iterator[tuple[str, str]]:
    """How to do what is left, where there is something."""
    chunks, failure = Chunks.of(ended.steps), ended.summary.failure
    if chunks is None:
        return
    if chunks.failed and failure is None:
        yield "log", report.logs_command(ended.arn)
    elif failure is None or failure.function is None:  # or else its log is told of already
        for number in _set_aside(ended)[:1]:
            yield "log", report.logs_command(ended.arn, record=number)
    too_much = failure is not None and failure.error == "States.DataLimitExceeded"
    if too_much and not chunks.left and not ended.steps.collects:
        joined = WHOLE_JOB_STATE in ended.steps.states
        before = ", those of the executions before among them," if joined else ""
        yield "advice", TOO_MUCH_IN_ALL.format(before)
    elif failure is not None and failure.is_of_records and not chunks.left:
        yield "advice", SET_ASIDE
    elif chunks.left or (failure is not None and ended.steps.joins):
        yield "resume", report.resume_command(ended.arn, redrive=False)
    elif failure is not None:
        yield "resume", report.resume_command(ended.arn, redrive=True)


def _set_aside(ended: Ended) -> list[int]:
    """The numbers of the records that this execution has set aside."""
    records = ended.summary.records
    told = [] if records is None else [bad for bad in records.set_aside if isinstance(bad, dict)]
    numbers = [bad.get("record") for bad in told]
    return [number for number in numbers if isinstance(number, int)]


def _evidence(
    aws: Aws, ended: Ended, failure: Failure, telling: Telling
) -> Iterator[tuple[str, str]]:
    """The trace and how to see the log; or, where it will go, the log itself, the trace in it."""
    lines, log = [], ""
    if not telling.log_stays:
        try:
            lines = _last_lines(aws, ended, failure)
        except Exception as error:
            if not isinstance(error, CommandError) and not is_aws_error(error):
                raise
            log = f"not to be had: {described(error)[0]}"  # the run has failed all the same
    elif failure.function is not None:
        log = report.logs_command(ended.arn, chunk=failure.chunk)
    if failure.trace and not lines:
        yield "trace", "\n".join(line for part in failure.trace for line in part.splitlines())
    if lines or log:
        yield "log", "\n".join(lines) or log


def _last_lines(aws: Aws, ended: Ended, failure: Failure) -> list[str]:
    """What the function has logged last that failed."""
    attempts = attempts_of(ended.steps)
    failed = [attempt for attempt in attempts if attempt.has_failed_as(failure)][-1:]
    found = sightings(aws, failed, attempts, Clock())
    return [line for sighting in found.values() for line in sighting.invocation.lines][-LINES:]
