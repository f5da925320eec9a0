"""The collect function: the workers' answers come in, the run's answer goes out."""

from __future__ import annotations

import functools

from fan_out.runtime.numbers import described
from fan_out.runtime.resumed import EARLIER_KEY
from fan_out.runtime.role import made_for
from fan_out.runtime.tolerated import COUNTS_KEY, FAILURES_KEY, RESULTS_KEY
from fan_out.runtime.whole_job import (
    OFFSETS_KEY,
    THIS_RUN_KEY,
    checked_earlier,
    counted_together,
    in_order,
    is_of_a_whole_job,
)

COLLECT_STATE = "Collect"
"""The state after the Map, of a machine that has a collect function."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")


class Results:
    """An iterator over the workers' answers, in chunk order.

    ``failures`` are the chunks that failed, ``{"chunk", "error", "cause"}`` each, and ``counts``
    how many there were of what, where the fan-out tolerates failures; or else ``[]`` and None.
    In a run that resumes others, all of that is of the whole job.

    Raises ValueError where ``event`` is not what a machine of this library gives to its collect.
    """

    def __init__(self, event: Any) -> None:
        whole = is_of_a_whole_job(event)
        given = answers = event[THIS_RUN_KEY] if whole else event
        self.failures: list[dict[str, Any]] = []
        self.counts: dict[str, int] | None = None
        if isinstance(given, dict) and given.keys() >= {RESULTS_KEY, FAILURES_KEY, COUNTS_KEY}:
            answers = given[RESULTS_KEY]
            self.failures, self.counts = given[FAILURES_KEY], given[COUNTS_KEY]
        if not isinstance(answers, list):
            raise ValueError(f"the workers' answers must be a list, got {described(answers)}")
        if whole:
            earlier = checked_earlier(event[EARLIER_KEY])
            answers = in_order(earlier, answers, event[OFFSETS_KEY], self.failures)
            if self.counts is not None:
                self.counts = counted_together(earlier, self.counts)
        self._answers = iter(answers)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._answers)


def collect(
    function: Callable[[Results, Any], Answer],
) -> Callable[[Any, Any], Answer]:
    """Turn a function of the workers' answers into the collect handler.

    ``function(results, context)`` gets an iterator over the answers, in chunk order, which also
    knows the ``failures`` that were tolerated; what it answers is the output of the run.

    Raises ValueError where the event is neither a list nor the output of a run with failures.
    """

    @functools.wraps(function)
    def handler(event: Any, context: Any) -> Answer:
        return function(Results(event), context)

    return made_for("collect", handler)
