"""The result of a job that several executions did, each what the one before it had left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fan_out.cli.chunks import Chunks
from fan_out.cli.fate import Fate
from fan_out.cli.tolerated import Tolerated
from fan_out.runtime.bad_records import BAD_RECORDS_KEY
from fan_out.runtime.tolerated import COUNTS_KEY, FAILURES_KEY, RESULTS_KEY


def joined(earlier: Sequence[Chunks], newest: Chunks, output: str) -> str | None:
    """Make one output of that of the newest execution and the answers of the earlier ones.

    It has the shape of ``output``, the answers being in the order of their records. None where
    ``output`` is not made of the answers of ``newest``'s chunks alone.
    """
    every = [fate for chunks in (*earlier, newest) for fate in chunks.done]
    done = sorted(every, key=lambda fate: fate.offset)
    answers = [fate.answer for fate in done]
    value = json.loads(output)
    tolerated = Tolerated.read(value)
    if tolerated is not None:
        counts = _counts(done, answers, newest.left)
        failures = [*tolerated.failures]
        return _text({RESULTS_KEY: answers, FAILURES_KEY: failures, COUNTS_KEY: counts})
    if isinstance(value, list) and len(value) == len(newest.done):
        return _text(answers)
    return None


def _counts(done: Sequence[Fate], answers: Sequence[Any], failed: Sequence[Fate]) -> dict[str, int]:
    """Of the whole job, what the machine counts of one execution."""
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
    return isinstance(answer, dict) and isinstance(answer.get(BAD_RECORDS_KEY), list)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
