"""The result of a job that several executions did, each what the one before it had left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fan_out.cli.chunks import Chunks
from fan_out.cli.compact import compact
from fan_out.cli.fate import Fate
from fan_out.cli.output import Output
from fan_out.cli.tolerated import Tolerated
from fan_out.runtime.bad_records import ANSWERS_KEY, BAD_RECORDS_KEY
from fan_out.runtime.tolerated import COUNTS_KEY, FAILURES_KEY, RESULTS_KEY


def joined(earlier: Sequence[Chunks], newest: Chunks, output: Output) -> Output:
    """Make one output of that of the newest execution and the answers of the earlier ones.

    ``output`` is made of the answers of ``newest``'s chunks; what comes of it has its shape, the
    answers being in the order of their records.
    """
    every = [fate for chunks in (*earlier, newest) for fate in chunks.done]
    done = sorted(every, key=lambda fate: fate.offset)
    answers = [fate.answer for fate in done]
    if output.tolerated is None:
        return Output(compact(answers), answers)
    failures, counts = output.tolerated.failures, counts_of(done, answers, newest.left)
    text = compact({RESULTS_KEY: answers, FAILURES_KEY: failures, COUNTS_KEY: counts})
    return Output(text, answers, Tolerated(answers, failures, counts))


def counts_of(
    done: Sequence[Fate], answers: Sequence[Any], failed: Sequence[Fate]
) -> dict[str, int]:
    """Of chunks of several executions, what the machine counts of those of one."""
    records = sum(fate.count for fate in done)
    set_aside = sum(len(answer[BAD_RECORDS_KEY]) for answer in answers if _sets_aside(answer))
    return {
        "chunks": len(done) + len(failed),
        "succeeded": len(done),
        "failed": len(failed),
        "records": records + sum(fate.count for fate in failed),
        "recordsSucceeded": records - set_aside,
    }


def _sets_aside(answer: Any) -> bool:
    return isinstance(answer, dict) and all(
        isinstance(answer.get(key), list) for key in (ANSWERS_KEY, BAD_RECORDS_KEY)
    )
