"""The answers of a job that several executions have done, for the collect of the last of them.

The execution input then has ``{"fanOutResume": {"earlier": {"answers": […], "offsets": […],
"counts": {…}}, …}}``: what the executions before have answered, in the order of the records; for
each answer a record that it is of, which tells its place; and the counts of a run that tolerates
failures. No worker is given that. The collect is given ``{"thisRun": <what it is given otherwise>,
"offsets": […], "earlier": {…}}``.
"""

from __future__ import annotations

from fan_out.runtime.chunk import OFFSET_KEY
from fan_out.runtime.numbers import MOST_RECORDS, described, whole_number
from fan_out.runtime.resumed import EARLIER_KEY, RESUME_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

RESUMED_STATE, WHOLE_JOB_STATE = "Resumed", "WholeJob"
"""The states before the collect: whether there are earlier answers, and what adds them."""

NAME = f"{RESUME_KEY}.{EARLIER_KEY}"

EARLIER_ANSWERS_KEY, OFFSETS_KEY, EARLIER_COUNTS_KEY = "answers", "offsets", "counts"

THIS_RUN_KEY = "thisRun"


def is_of_a_whole_job(event: Any) -> bool:
    """Whether a collect is given what earlier executions have answered, too."""
    keys = {THIS_RUN_KEY, OFFSETS_KEY, EARLIER_KEY}
    return isinstance(event, dict) and event.keys() == keys


def checked_earlier(given: Any) -> dict[str, Any]:
    """Answer the input's ``fanOutResume.earlier`` as it is. Raises ValueError for anything else."""
    keys = (EARLIER_ANSWERS_KEY, OFFSETS_KEY, EARLIER_COUNTS_KEY)
    if not isinstance(given, dict) or given.keys() != set(keys):
        raise ValueError(f"{NAME} must be an object with {', '.join(keys)}, got {described(given)}")
    answers, offsets, counts = (given[key] for key in keys)
    if not isinstance(answers, list):
        raise ValueError(f"{NAME}.{keys[0]} must be a list, got {described(answers)}")
    if not isinstance(offsets, list) or len(offsets) != len(answers):
        raise ValueError(f"{NAME}.{keys[1]} must be a list of {len(answers)}, one for each answer")
    least = 0
    for number, offset in enumerate(offsets):
        name = f"{NAME}.{keys[1]}[{number}]"
        least = whole_number(name, offset, least=least, most=MOST_RECORDS)
    if not isinstance(counts, dict):
        raise ValueError(f"{NAME}.{keys[2]} must be an object, got {described(counts)}")
    for name, count in counts.items():
        whole_number(f"{NAME}.{keys[2]}.{name}", count, least=0, most=MOST_RECORDS)
    return given


def in_order(
    earlier: dict[str, Any],
    answers: Sequence[Any],
    offsets: Sequence[int],
    failures: Sequence[dict[str, Any]],
) -> list[Any]:
    """Answer the earlier answers and this run's, in the order of their records.

    ``offsets`` are those of this run's chunks, in order, also of those that failed. Raises
    ValueError where there are not as many ``answers`` as chunks that are done, or one of these was
    done before: of a control function that has planned other chunks than those that are left.
    """
    failed = {failure["chunk"][OFFSET_KEY] for failure in failures}
    places = [offset for offset in offsets if offset not in failed]
    if len(places) != len(answers):
        raise ValueError(
            f"a run that resumes others must answer for the chunks that are left, {len(places)} "
            f"without those that failed, got {len(answers)} answers"
        )
    if again := set(places) & set(earlier[OFFSETS_KEY]):
        raise ValueError(
            "a run that resumes others must answer for the chunks that are left alone, got an "
            f"answer again for record {min(again)}"
        )
    placed = [
        *zip(earlier[OFFSETS_KEY], earlier[EARLIER_ANSWERS_KEY], strict=True),
        *zip(places, answers, strict=True),
    ]
    # of one place are only parts of one chunk, which stand in their order
    return [answer for _, answer in sorted(placed, key=lambda pair: pair[0])]


def counted_together(earlier: dict[str, Any], counts: dict[str, int]) -> dict[str, int]:
    """Answer what this run counted, with what the earlier executions had."""
    before = earlier[EARLIER_COUNTS_KEY]
    return {name: count + before.get(name, 0) for name, count in counts.items()}
