"""What one execution of an inline Map can carry, and the check of a plan against it.

The figures are AWS's quotas of a Standard workflow ("Step Functions service quotas" in the AWS
Step Functions Developer Guide); none of them can be raised.
"""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fan_out.runtime.plan import Plan

PAYLOAD_BYTES = 262_144
"""The input or output of a task, a state or an execution, as UTF-8."""

HISTORY_EVENTS = 25_000
"""The events that one execution may have."""

LAMBDA_SECONDS = 900
"""The longest timeout of a function. "Lambda quotas", AWS Lambda Developer Guide."""

INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at a time, whatever MaxConcurrency says."""

EVENTS_PER_CHUNK = 7
"""MapIterationStarted/Succeeded, TaskStateEntered/Exited, TaskScheduled/Started/Succeeded."""

EVENTS_TO_FINISH = 4
"""What a machine that carries on adds to a chunk: entering and leaving Finished and Done."""

EVENTS_TO_HALVE = 6
"""What a machine that halves adds to a chunk that fails: entering and leaving Cut, Left, Done."""

EVENTS_PER_ROUND = 7
"""What each further round adds: CarryOn (five) and Finished (two)."""

EVENTS_PER_RETRY = 3
"""TaskScheduled, TaskStarted, TaskFailed."""

EVENTS_AROUND = 11
"""ExecutionStarted/Succeeded, the control task (TaskStateEntered/Exited, TaskScheduled/Started/
Succeeded), MapStateEntered/Started/Succeeded/Exited."""

EVENTS_TO_COLLECT = 9
"""What a collect adds: its task, entering and leaving Resumed, and WholeJob in a run that resumes
others."""

EVENTS_TO_COUNT = 8
"""What a machine that tolerates failures adds: entering and leaving Plan, Count, WithinLimit and
Output."""

TRIES_TO_SPARE = 2
"""The longest plan leaves room for so many retries, each of a further round where the machine
carries on."""

BYTES_PER_CHUNK = 70
"""``{"oneJobProcessingCount": <12 digits>, "offset": <16 digits>}, ``: the longest there can be
in a plan so long, for 10^15 records."""

EVENTS_PER_FAILURE = 9
"""A chunk whose failure is tolerated: MapIterationStarted/Succeeded, TaskStateEntered/Exited,
TaskScheduled/Started/Failed, entering and leaving Failed."""

BYTES_WITHOUT_CAUSE = 180
"""``{"failure":{"chunk":{"oneJobProcessingCount":<12 digits>,"offset":<16 digits>},"error":"<60
characters>","cause":""}},``: what is known of a failed chunk, without a word of its cause."""

BYTES_PER_FAILURE = BYTES_WITHOUT_CAUSE + 60
"""The same with a cause that says something."""

RESULT_OVERHEAD = 2_048
"""What Step Functions wraps round a Lambda's answer (status, headers) before ``$.Payload``."""


def most_chunks(
    events_per_chunk: int = EVENTS_PER_CHUNK,
    bytes_per_chunk: int = BYTES_PER_CHUNK,
    *,
    events_around: int = EVENTS_AROUND,
    events_per_try: int = EVENTS_PER_RETRY,
) -> int:
    """Answer the longest plan that an inline Map carries, with room for some tries more."""
    events = HISTORY_EVENTS - events_around - TRIES_TO_SPARE * events_per_try
    return min(events // events_per_chunk, (PAYLOAD_BYTES - RESULT_OVERHEAD) // bytes_per_chunk)


MOST_CHUNKS = most_chunks()
"""That of the default machine: 3,569 chunks."""


def refuse_what_the_map_cannot_carry(
    total: int,
    plan: Plan,
    most: int = MOST_CHUNKS,
    events_per_chunk: int = EVENTS_PER_CHUNK,
    events_around: int = EVENTS_AROUND,
) -> None:
    """Check a plan of ``total`` records before anything is started; it may have ``most`` chunks.

    Raises ValueError naming the smallest chunk size that would fit. Where it fits but leaves
    less than one retry for each chunk, a warning says so in the control function's log.
    """
    chunks = plan.length
    if chunks > most:
        raise ValueError(
            f"{total} records in chunks of {plan.largest} are {chunks} chunks, and an inline Map "
            f"carries at most {most} ({HISTORY_EVENTS} events, {PAYLOAD_BYTES} bytes); "
            f"the smallest chunk size that fits is {-(-total // most)}"
        )
    retries = (HISTORY_EVENTS - events_around - events_per_chunk * chunks) // EVENTS_PER_RETRY
    if retries < chunks:
        logging.getLogger(__name__).warning(
            "%d chunks leave room for %d retries in all (history limit of %d events)",
            chunks,
            retries,
            HISTORY_EVENTS,
        )
