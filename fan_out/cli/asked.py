"""What an execution that resumes another was asked for: our part of its input, read and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fan_out.cli.chunks import plan_of
from fan_out.cli.compact import compact
from fan_out.cli.steps import Steps
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.resumed import CHUNKS_KEY, DONE_KEY, EARLIER_KEY, OF_KEY, RESUME_KEY
from fan_out.runtime.sizing import CHOICES
from fan_out.runtime.whole_job import checked_earlier


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``chunks`` are those to be done, None where they are no list of chunks; ``of`` is the ARN of
    the execution that left them, None where there is none; ``done`` how many chunks of the whole
    job were done before; ``earlier`` what a collect is told of them, None where there is none."""

    chunks: list[dict[str, Any]] | None = None
    of: Any = None
    done: int = 0
    earlier: dict[str, Any] | None = None

    @classmethod
    def read(cls, input: str) -> Asked:
        """Read an execution's input, JSON text; of one that resumes none, nothing is asked."""
        given = json.loads(input)
        ours = given.get(RESUME_KEY) if isinstance(given, dict) else None
        if not isinstance(ours, dict):
            return cls()
        done = ours.get(DONE_KEY)
        chunks = plan_of(json.dumps(ours.get(CHUNKS_KEY)))
        return cls(
            chunks=chunks,
            of=ours.get(OF_KEY),
            done=done if isinstance(done, int) else 0,
            earlier=_earlier(ours.get(EARLIER_KEY)),
        )

    def is_refused_by(self, steps: Steps) -> bool:
        """Whether the execution has planned other chunks than these."""
        if self.chunks is None or steps.map is None:
            return False
        planned = plan_of(steps.map.input)
        return planned is None or _ranges(planned) != _ranges(self.chunks)

    def within(self, given: dict[str, Any]) -> str:
        """Answer an execution's input that asks for it: the ``given`` one without a chunk size."""
        ours: dict[str, Any] = {CHUNKS_KEY: self.chunks, OF_KEY: self.of, DONE_KEY: self.done}
        if self.earlier is not None:
            ours[EARLIER_KEY] = self.earlier
        replaced = {RESUME_KEY, *CHOICES.values()}
        kept = {key: value for key, value in given.items() if key not in replaced}
        return compact({**kept, RESUME_KEY: ours})


def _earlier(given: Any) -> dict[str, Any] | None:
    try:
        return checked_earlier(given)
    except ValueError:
        return None


def _ranges(plan: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(item[OFFSET_KEY], item[COUNT_KEY]) for item in plan]
