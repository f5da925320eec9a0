"""Which invocation a call was whose request the history does not name.

That is so where the function could not be loaded, where Step Functions waited no longer or took no
such answer, and where the execution ended first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fan_out.cli.attempts import Attempt
from fan_out.cli.lambda_log import Invocation

CLOCKS = timedelta(seconds=2)
"""How much earlier than it was called an invocation may seem to have begun."""


@dataclass(frozen=True)
class Candidate:
    """An invocation, and when it began."""

    moment: datetime
    invocation: Invocation


@dataclass(frozen=True)
class Sighting:
    """The invocation that a call was, or, where it may have been one ``of`` several, seems to have
    been."""

    invocation: Invocation
    of: int = 1


def matched(
    attempts: Sequence[Attempt], candidates: Sequence[Candidate]
) -> dict[Attempt, Sighting]:
    """Find the invocation of each call; none for a call that no candidate can have been.

    A worker made by ``@worker`` says which chunk it has. Of others it is the one that began, or
    failed at once, when the call did; there may be several of which that is nearly so.
    """
    left, found = list(candidates), {}
    for attempt in attempts:
        possible = _possible(attempt, [one for one in left if _is_in_time(one, attempt)])
        if possible:
            nearest = min(possible, key=lambda one: _distance(one, attempt))
            sure = _says_so(nearest, attempt)
            found[attempt] = Sighting(nearest.invocation, of=1 if sure else len(possible))
            left.remove(nearest)
    return found


def _possible(attempt: Attempt, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    if told := [one for one in candidates if _says_so(one, attempt)]:
        return told
    # those that say another chunk have another
    silent = [one for one in candidates if one.invocation.records is None]
    return [one for one in silent if _has_failed_so(one, attempt)] or silent


def _distance(candidate: Candidate, attempt: Attempt) -> timedelta:
    moments = [attempt.began, attempt.ended or attempt.began]
    return min(abs(candidate.moment - moment) for moment in moments)


def _is_in_time(candidate: Candidate, attempt: Attempt) -> bool:
    until = attempt.ended + CLOCKS if attempt.ended is not None else candidate.moment
    return attempt.began - CLOCKS <= candidate.moment <= until


def _says_so(candidate: Candidate, attempt: Attempt) -> bool:
    told, given = candidate.invocation.records, attempt.records
    return told is not None and given is not None and told.items() == given.items()


def _has_failed_so(candidate: Candidate, attempt: Attempt) -> bool:
    text = "\n".join((candidate.invocation.report or "", *candidate.invocation.lines))
    return attempt.error is not None and attempt.error in text
