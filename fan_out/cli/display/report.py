"""How an execution ended: its summary, and its failure with where to look."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from fan_out.cli.advice import advice_on
from fan_out.cli.display.bar import retries
from fan_out.cli.display.screen import Screen, clipped, duration
from fan_out.cli.failure import Failure
from fan_out.cli.outcome import Summary
from fan_out.cli.records import Records
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY


def summary_line(summary: Summary, whole_job: Records | None = None) -> str:
    """Say how an execution ended, in one line, and where it has done a part of a job, how far that
    is."""
    progress = summary.progress
    status = summary.status.lower().replace("_", " ")
    parts = [f"{status} after {duration(summary.seconds)}"]
    if progress.chunks is not None:
        parts.append(f"{progress.done} of {progress.chunks} chunks done")
        if progress.failed:
            parts.append(f"{progress.failed} failed")
        if progress.unfinished:
            parts.append(f"{progress.unfinished} not finished")
    if summary.records is not None:
        parts.append(records(summary.records))
    if progress.retries:
        parts.append(retries(progress))
    if progress.further_rounds:
        rounds = f"{progress.further_rounds} further round{'s' * (progress.further_rounds != 1)}"
        parts.append(f"{rounds} (smaller chunks need fewer)")
    of_all = f"; the whole job: {records(whole_job)}" if whole_job is not None else ""
    return f"{', '.join(parts)}{of_all}"


def records(counted: Records) -> str:
    """Say how many records are done, and how many were set aside."""
    aside = f", {len(counted.set_aside)} set aside" if counted.set_aside else ""
    return f"{counted.done} of {counted.total} records{aside}"


def headline(failure: Failure, chunks: int | None) -> str:
    """Say in one line what failed, where, and why."""
    if failure.too_many is None:
        return _what(failure, chunks)
    counted = failure.too_many
    first = f"; the first: {_what(failure, chunks)}" if counted.errors else ""
    if counted.bad is not None:
        bad = f"{counted.bad} of {counted.records} records are bad"
        return f"{bad}, more than are tolerated{first}"
    # of chunks that were cut, the machine counts the parts
    what = "chunks" if chunks in (None, counted.chunks) else "parts of chunks"
    failed = f"{counted.failed} of {counted.chunks} {what} failed"
    return f"{failed}, more than are tolerated{first}"


def details(failure: Failure) -> Iterator[tuple[str, str]]:
    """Answer where a failure was: pairs of a label and a text."""
    if failure.too_many is not None and len(failure.too_many.errors) > 1:
        errors = sorted(failure.too_many.errors.items(), key=lambda pair: -pair[1])
        yield "errors", ", ".join(f"{error} {times}" for error, times in errors)
    if failure.state is not None:
        yield "state", failure.state
    if failure.input is not None:
        yield "input", failure.input
    if failure.function is not None:
        yield "function", failure.function
    if failure.request_id is not None:
        yield "request", failure.request_id
    if (advice := advice_on(failure.message)) is not None:
        yield "advice", advice


def logs_command(execution_arn: str, *, chunk: int | None = None, record: int | None = None) -> str:
    """Answer the command that shows the log of this chunk, from 0, or of the record's, or else of
    what failed."""
    option = [] if chunk is None else ["--chunk", str(chunk + 1)]
    option += [] if record is None else ["--record", str(record)]
    return shlex.join(["fan-out", "logs", execution_arn, *option])


def resume_command(execution_arn: str, *, redrive: bool) -> str:
    """Answer the command that does what an execution has left undone."""
    option = ["--redrive"] if redrive else []
    return shlex.join(["fan-out", "resume", execution_arn, *option])


def show_details(screen: Screen, rows: Iterator[tuple[str, str]]) -> None:
    """Write labelled texts to stderr, their lines below each other."""
    width = screen.err.width if screen.err.is_terminal else 1_000
    for label, text in rows:
        first, *rest = text.splitlines() or [""]
        screen.say(f"  {label:<9}{clipped(first, width - 11) if label == 'input' else first}")
        for line in rest:
            screen.say(f"  {'':<9}{line}")


def _what(failure: Failure, chunks: int | None) -> str:
    what = f"{failure.error}: {failure.message}" if failure.message else failure.error
    what = " ".join(what.split())
    if failure.state is None:
        return what
    if failure.chunk is None:
        return f"{failure.state} failed: {what}"
    return f"chunk {failure.chunk + 1} of {chunks} failed{_place(failure.input)}: {what}"


def _place(text: str | None) -> str:
    try:
        chunk = json.loads(text or "")
        return f" (offset {chunk[OFFSET_KEY]}, count {chunk[COUNT_KEY]})"
    except (ValueError, TypeError, KeyError):
        return ""
