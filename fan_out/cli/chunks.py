"""What has become of the chunks of an execution: which are done, with which answer, which are left.

The input of its outermost Map is the plan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fan_out.cli.events import Visit
from fan_out.cli.fate import Fate
from fan_out.cli.steps import DONE, TOLERATED, Steps
from fan_out.runtime.chunk import Chunk


@dataclass(frozen=True)
class Chunks:
    """The chunks of an execution, ``done`` and ``left``, each in the order of their records."""

    done: tuple[Fate, ...]
    left: tuple[Fate, ...]

    @classmethod
    def of(cls, steps: Steps) -> Chunks | None:
        """Tell the fate of each chunk; None where nothing is planned, or no chunks are."""
        visit = steps.map
        plan = plan_of(visit.input) if visit is not None else None
        if visit is None or plan is None:
            return None
        wholes = [_fate(steps, visit, index, item) for index, item in enumerate(plan)]
        parts = (part for whole in wholes for part in whole.parts)
        fates = sorted(parts, key=lambda fate: fate.offset)
        return cls(
            done=tuple(fate for fate in fates if fate.state == DONE),
            left=tuple(fate for fate in fates if fate.state != DONE),
        )

    @property
    def failed(self) -> tuple[Fate, ...]:
        """Those left whose failure was tolerated."""
        return tuple(fate for fate in self.left if fate.state == TOLERATED)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.done) + len(self.left)


def plan_of(text: str | None) -> list[dict[str, Any]] | None:
    """The chunks of which a plan consists, as JSON text; None where it is no list of chunks."""
    try:
        plan = json.loads(text or "")
        for item in plan:
            Chunk.from_event(item)
    except (ValueError, TypeError):
        return None
    return plan if isinstance(plan, list) else None


def _fate(steps: Steps, visit: Visit, index: int, item: dict[str, Any]) -> Fate:
    end = visit.ends.get(index)
    left = steps.before(end) if end is not None else None
    return Fate(
        item=item,
        number=index + 1,
        state=visit.iterations.get(index),
        end=end,
        output=left.details.get("output") if left is not None else None,
        wrapped=steps.tolerates,
    )
