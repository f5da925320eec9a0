"""What ``fan-out resume`` and the functions that it starts agree on.

The execution input then has ``{"fanOutResume": {"chunks": […], "of": <ARN>, "done": <number>}}``:
the chunks of this run, which the control function answers and asks nobody; the execution that left
them undone; and how many chunks of the job are done already, which count where a percentage may
fail. By hand, ``chunks`` alone will do. Where the machine has a collect function, ``earlier`` tells
it what was answered before: ``whole_job``.

The execution is named after the one that it resumes, ``nightly--re2`` after ``nightly``, so that
its chunks keep their ids.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESUME_KEY = "fanOutResume"
CHUNKS_KEY, OF_KEY, DONE_KEY, EARLIER_KEY = "chunks", "of", "done", "earlier"

WITHOUT_RESUME = "withoutResume"
INPUT_WITHOUT_RESUME = f"States.JsonMerge($$.Execution.Input, ${WITHOUT_RESUME}, false)"
"""How a machine with a collect gives its workers the execution's input: JSONPath cannot leave out
our key, and so the variable, which is assigned before, has an empty object for it."""

RESUMED = "--re"
"""What stands between the name of the first execution and the number of this one, from 2. Short:
an execution that EventBridge starts has a name of 73 characters, of 80."""


def without_resume(given: Any) -> Any:
    """Answer an execution input without our key: what the user's functions are given of it."""
    if isinstance(given, dict) and RESUME_KEY in given:
        return {key: value for key, value in given.items() if key != RESUME_KEY}
    return given


def first_execution(name: str) -> str:
    """Answer the name of the execution that was resumed, maybe again and again, as ``name``."""
    first, _, number = name.rpartition(RESUMED)
    return first if first and number.isdecimal() and len(number) <= 2 else name
