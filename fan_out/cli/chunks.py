"""What has become of the chunks of an execution: which are done, with which answer, which are left.

A Map's input is its plan. A later visit of a Map may take up again what an earlier one has left,
in chunks of another size: what it covers is its own from then on.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
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
        done: list[Fate] = []
        left: list[Fate] = []
        for visit in steps.maps:
            plan = plan_of(visit)
            if plan is None:
                return None
            wholes = [_fate(steps, visit, index, item) for index, item in enumerate(plan)]
            fates = [part for whole in wholes for part in whole.parts]
            left = _not_covered(left, fates)
            left += [fate for fate in fates if fate.state != DONE]
            done += [fate for fate in fates if fate.state == DONE]
        return cls(_in_order(done), _in_order(left)) if steps.maps else None

    @property
    def failed(self) -> tuple[Fate, ...]:
        """Those left whose failure was tolerated."""
        return tuple(fate for fate in self.left if fate.state == TOLERATED)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.done) + len(self.left)


def plan_of(visit: Visit) -> list[dict[str, Any]] | None:
    """The chunks that a Map is given; None where they are none."""
    try:
        plan = json.loads(visit.input or "")
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


def _not_covered(left: list[Fate], by: list[Fate]) -> list[Fate]:
    """Those of ``left`` of which not all records are in ``by``, whose chunks are disjoint."""
    others = _in_order(by)
    offsets = [other.offset for other in others]
    kept = []
    for fate in left:
        end = fate.offset + fate.count
        within = others[max(0, bisect_right(offsets, fate.offset) - 1) : bisect_left(offsets, end)]
        shared = sum(
            min(end, other.offset + other.count) - max(fate.offset, other.offset)
            for other in within
            if other.offset + other.count > fate.offset
        )
        if shared < fate.count:
            kept.append(fate)
    return kept


def _in_order(fates: list[Fate]) -> tuple[Fate, ...]:
    return tuple(sorted(fates, key=lambda fate: fate.offset))
