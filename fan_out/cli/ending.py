"""Tell how an execution ended that was followed: its result, or why there is none and what next."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fan_out.cli.aws import Aws, is_aws_error, said_plainly
from fan_out.cli.chunks import Chunks
from fan_out.cli.display import report, result
from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import FAILED
from fan_out.cli.failure import Failure, log_group_of
from fan_out.cli.follow import Ended
from fan_out.cli.invocation_log import invocation_log
from fan_out.cli.output import Output
from fan_out.cli.steps import Steps
from fan_out.cli.tolerated import Tolerated
from fan_out.runtime.budget import PAYLOAD_BYTES
from fan_out.runtime.collect import COLLECT_STATE, Results
from fan_out.runtime.tolerated import COUNTS_KEY, FAILURES_KEY, RESULTS_KEY
from fan_out.runtime.whole_job import WHOLE_JOB_STATE

TOO_MUCH_IN_ALL = (
    f"all answers together{{}} must stay within {PAYLOAD_BYTES} bytes: put large ones into S3, and "
    "answer their keys"
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
    if telling.whole:
        screen.say(report.summary_line(summary))
        sys.stdout.write(f"{output.text}\n")
        sys.stdout.flush()
        return
    screen.show(report.summary_line(summary), style="green")
    result.show_result(screen, output)
    if (found := Chunks.of(ended.steps)) is not None:
        result.show_failures(
            screen,
            found.failed,
            output.tolerated or _before_collect(ended.steps),
            in_output=output.tolerated is not None,
        )


def _before_collect(steps: Steps) -> Tolerated | None:
    """What a machine that tolerates failures gave to its collect, of the whole job."""
    if not steps.tolerates or not steps.collects:
        return None
    try:
        results = Results(json.loads(steps.states[COLLECT_STATE].input or "null"))
    except ValueError:
        return None
    answers, failures, counts = list(results), results.failures, results.counts
    return Tolerated.read({RESULTS_KEY: answers, FAILURES_KEY: failures, COUNTS_KEY: counts})


def _tell_failure(
    aws: Aws, ended: Ended, failure: Failure, telling: Telling, screen: Screen
) -> None:
    screen.say(report.summary_line(ended.summary))
    screen.error(report.headline(failure, ended.summary.progress.chunks))
    report.show_details(screen, report.details(failure))
    report.show_details(screen, _evidence(aws, ended, failure, telling))


def _what_next(ended: Ended) -> Iterator[tuple[str, str]]:
    """How to do what is left, where there is something."""
    chunks, failure = Chunks.of(ended.steps), ended.summary.failure
    if chunks is None:
        return
    too_much = failure is not None and failure.error == "States.DataLimitExceeded"
    if too_much and not chunks.left and not ended.steps.collects:
        joined = WHOLE_JOB_STATE in ended.steps.states
        before = ", those of the executions before among them," if joined else ""
        yield "advice", TOO_MUCH_IN_ALL.format(before)
    elif chunks.left or failure is not None:
        again = chunks.left or ended.steps.joins
        yield "resume", report.resume_command(ended.arn, redrive=not again)


def _evidence(
    aws: Aws, ended: Ended, failure: Failure, telling: Telling
) -> Iterator[tuple[str, str]]:
    """The trace and how to see the log; or, where it will go, the log itself, the trace in it."""
    log = whole = ""
    try:
        if failure.function is not None:
            group = log_group_of(aws.lambda_, failure.function)
            since = ended.summary.started
            log = report.log_command(group, aws.region, since, failure.request_id)
            if failure.request_id is not None and not telling.log_stays:
                log = whole = "\n".join(invocation_log(aws.logs, group, failure.request_id))
    except Exception as error:
        if not is_aws_error(error):
            raise
        log = f"not to be had: {said_plainly(error)}"  # the run has failed all the same
    if failure.trace and not whole:
        yield "trace", "\n".join(line for part in failure.trace for line in part.splitlines())
    if log:
        yield "log", log
