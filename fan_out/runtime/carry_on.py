"""Carrying on: a worker stops before its deadline, and is started again with what is left.

The machine goes round between the worker and a choice. It starts a worker with the chunk and
``"round": 1``. One that has not finished answers ``{"carryOn": {<the chunk that is left>, "answer":
<of all rounds so far>, "round": 2}}``, and that is the next round's event; one that has finished
answers what it would have in one go.
"""

from __future__ import annotations

from fan_out.runtime.answers import checked
from fan_out.runtime.chunk import Chunk
from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

MARGIN_VARIABLE = "FAN_OUT_CARRY_ON_SECONDS"
"""The environment variable in which the construct hands its margin to the worker function."""

CARRY_ON_KEY = "carryOn"
CARRY_ON_STATE = "CarryOn"
"""The state that starts the worker again with what is left; each visit is one more round."""

ANSWER_KEY = "answer"
ROUND_KEY = "round"


class Turn:
    """One round of one worker: hands out records as long as there is time for another."""

    def __init__(self, context: Any, margin: float) -> None:
        """Take Lambda's context, and the seconds before the deadline at which to stop."""
        self._context = context
        self._margin = margin
        self._stopped = False
        self._begun = False
        self.handed_out = 0

    @property
    def stopped(self) -> bool:
        """Whether it handed out no more because there was no time, or it was told to stop."""
        return self._stopped

    def time_left(self) -> float:
        """Seconds until the margin begins; infinite without a context."""
        if self._context is None:
            return float("inf")
        return float(self._context.get_remaining_time_in_millis()) / 1000 - self._margin

    def stop(self) -> None:
        """Hand out no further record."""
        self._stopped = True

    def hand_out(self, values: Sequence[Any]) -> Iterator[Any]:
        """Yield the values until there is no time. Raises RuntimeError if that is asked for twice,
        since what was handed out could no longer be told."""
        if self._begun:
            raise RuntimeError("with carry_on, a chunk can be iterated once")
        self._begun = True
        return self._values(values)

    def _values(self, values: Sequence[Any]) -> Iterator[Any]:
        for value in values:
            if self._stopped or self.time_left() <= 0:
                self._stopped = True
                return
            self.handed_out += 1
            yield value


def can_carry_on(event: Any) -> bool:
    """Whether the event is of a machine that carries on: its Map counts the rounds."""
    return isinstance(event, dict) and (CARRY_ON_KEY in event or ROUND_KEY in event)


def answer_of(
    function: Callable[[Chunk, Any], Any],
    event: Any,
    context: Any,
    *,
    margin: float,
    merge: Callable[[Any, Any], Any] | None,
) -> Any:
    """Run one round, and answer for the machine: the whole answer, or what is left.

    Raises RuntimeError where the round finished no record, TypeError where this answer cannot be
    made one with that of another round, ValueError where the event is not a chunk, or an answer
    not JSON of at most 260,096 bytes.
    """
    before = event.get(CARRY_ON_KEY)
    turn = Turn(context, margin)
    chunk = Chunk.from_event(event if before is None else before, turn)
    answer = checked(function(chunk, context))
    if isinstance(answer, dict) and CARRY_ON_KEY in answer:
        raise ValueError(f"with carry_on, an answer must not have the key {CARRY_ON_KEY}")
    if before is not None:
        answer = checked(merged(before[ANSWER_KEY], answer, merge), "the answer of all rounds")
    if not turn.stopped or turn.handed_out == chunk.count:
        return answer
    if turn.handed_out == 0:
        raise RuntimeError(
            f"a round must finish at least one record, got none of {chunk!r}: it was told to "
            f"stop, or {margin:g} seconds before the deadline there was no time for the first"
        )
    if merge is None and not _can_be_merged(answer):
        raise TypeError(
            f"an answer of several rounds must be a list, a number or None, or @worker needs a "
            f"merge function, got {described(answer)}"
        )
    left = _left(chunk, turn, answer, before)
    return {CARRY_ON_KEY: checked(left, "what is left, with the answer so far,")}


def merged(before: Any, answer: Any, merge: Callable[[Any, Any], Any] | None) -> Any:
    """Make one answer of that of the rounds before and this round's.

    ``merge`` does it, if there is one; or else lists are joined, numbers added, and None stays
    None. Raises TypeError for anything else.
    """
    if merge is not None:
        return merge(before, answer)
    if isinstance(before, list | tuple) and isinstance(answer, list | tuple):
        return [*before, *answer]
    if _is_number(before) and _is_number(answer):
        return before + answer
    if before is None and answer is None:
        return None
    raise TypeError(
        f"answers of two rounds must be two lists, two numbers or two None, or @worker needs a "
        f"merge function, got {described(before)} and {described(answer)}"
    )


def _left(
    chunk: Chunk, turn: Turn, answer: Any, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    number = 1 if before is None else int(before[ROUND_KEY])
    return {**chunk.rest(turn.handed_out).as_item(), ANSWER_KEY: answer, ROUND_KEY: number + 1}


def _can_be_merged(answer: Any) -> bool:
    return answer is None or isinstance(answer, list | tuple) or _is_number(answer)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
