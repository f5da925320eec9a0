"""What an execution that tolerates failed chunks, and an iteration of its Map, end with; read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.tolerated import (
    COUNTS_KEY,
    FAILURE_KEY,
    FAILURES_KEY,
    RESULT_KEY,
    RESULTS_KEY,
)


@dataclass(frozen=True)
class Tolerated:
    """The answers of the chunks that are done, ``{"chunk", "error", "cause"}`` of those that
    failed, and how many there were of what."""

    results: Sequence[Any]
    failures: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int]

    @classmethod
    def read(cls, value: Any) -> Tolerated | None:
        """Read an output, or what a collect is given; None where it is of another shape."""
        keys = (RESULTS_KEY, FAILURES_KEY, COUNTS_KEY)
        if not isinstance(value, dict) or value.keys() != set(keys):
            return None
        results, failures, counts = (value[key] for key in keys)
        if isinstance(results, list) and isinstance(failures, list) and isinstance(counts, dict):
            return cls(results, failures, counts)
        return None

    @property
    def records(self) -> int:
        """How many there were."""
        return self.counts.get("records", 0)

    @property
    def succeeded(self) -> int:
        """How many records are done."""
        return self.counts.get("recordsSucceeded", self.records)

    @property
    def in_failed_chunks(self) -> int:
        """The records of the chunks that failed."""
        return sum(failure["chunk"][COUNT_KEY] for failure in self.failures)

    @property
    def set_aside(self) -> int:
        """The records that failed and whose chunks are done all the same."""
        return self.records - self.succeeded - self.in_failed_chunks


def parts_of(output: str | None) -> list[dict[str, Any]]:
    """Answer the results and failures of the parts of a chunk that was cut; none where it was not.

    ``output`` is what its iteration ended with, as JSON text.
    """
    parts = json.loads(output or "null")
    known = isinstance(parts, list) and all(
        isinstance(part, dict) and part.keys() <= {RESULT_KEY, FAILURE_KEY, OFFSET_KEY}
        for part in parts
    )
    return parts if known else []
