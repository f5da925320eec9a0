"""Try a state's work, again where a retrier says so, and catch its failure where a catcher does."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import Map, Parallel, Retrier, Task, Work
from fan_out.local.step_functions.errors import StateFailed, matches
from fan_out.local.step_functions.frame import Frame
from fan_out.local.step_functions.values import Outcome, caught, effective_input, outcome_of


async def work(
    state: Work, value: Any, frame: Frame, attempt: Callable[[Data], Awaitable[Any]]
) -> Outcome:
    """Do the state's work until it succeeds or has failed for good.

    ``attempt`` does it once, on the state's effective input, and answers the result. Raises
    StateFailed where nothing catches the failure.
    """
    retries = Retries(state.retry)
    if isinstance(state, Task | Map):
        frame.context["State"]["RetryCount"] = 0
    while True:
        data = frame.data(value)
        try:
            seen = effective_input(state, data)
            result = await attempt(seen)
            selected = result
            if not state.jsonata and state.result_selector is not None:
                selected = state.result_selector.evaluate(data.on(result), "ResultSelector")
            return outcome_of(state, data, result, selected, state.result_path)
        except StateFailed as problem:
            of_a_child = problem.placed
            failure = frame.placed(state, problem)
        delay = retries.delay(failure.error)
        if delay is not None:
            if isinstance(state, Task | Map):
                frame.context["State"]["RetryCount"] += 1
            await frame.world.sleep(delay)
            continue
        if isinstance(state, Map | Parallel) and of_a_child:
            frame.add(f"{type(state).__name__}StateFailed")
        for catcher in state.catch:
            if matches(failure.error, catcher.errors):
                return caught(state, catcher, frame.data(value), failure)
        raise failure


class Retries:
    """Counts how often each retrier of a state was used during one visit of it."""

    def __init__(self, retriers: Sequence[Retrier]) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)

    def delay(self, error: str | None) -> float | None:
        """The seconds after which to try again; None where it is not to be.

        The first retrier that matches decides: once it has no attempts left, a later one that
        matches is not asked.
        """
        for number, retrier in enumerate(self._retriers):
            if matches(error, retrier.errors):
                used = self._used[number]
                self._used[number] += 1
                return _delay(retrier, used) if used < retrier.max_attempts else None
        return None


def _delay(retrier: Retrier, used: int) -> float:
    longest = float("inf") if retrier.max_delay_seconds is None else retrier.max_delay_seconds
    try:
        delay = min(retrier.interval_seconds * retrier.backoff_rate**used, longest)
    except OverflowError:
        delay = longest
    return random.uniform(0, delay) if retrier.full_jitter else delay  # noqa: S311
