"""What came out of an execution, and whether it is made of its workers' answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fan_out.cli.outcome import Summary
from fan_out.cli.records import Records
from fan_out.cli.steps import Steps
from fan_out.cli.tolerated import Tolerated


@dataclass(frozen=True)
class Output:
    """``text`` is JSON. ``answers`` are those that it is made of, in chunk order; None where it is
    made of something else. ``tolerated`` is there where the failures are in it, too; ``records``
    where it is of more executions than one."""

    text: str
    answers: Sequence[Any] | None = None
    tolerated: Tolerated | None = None
    records: Records | None = None

    @classmethod
    def of(cls, steps: Steps, summary: Summary) -> Output:
        """Read the output of an execution that succeeded. A collect answers what it likes."""
        text = summary.output or "null"
        if steps.collects:
            return cls(text)
        value = json.loads(text)
        tolerated = Tolerated.read(value) if steps.tolerates else None
        if tolerated is not None:
            return cls(text, tolerated.results, tolerated)
        of_all = isinstance(value, list) and len(value) == summary.progress.chunks
        return cls(text, value if of_all else None)
