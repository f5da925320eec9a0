"""What ``fan-out resume`` and the functions that it starts agree on.

The execution input then has ``{"fanOutResume": {"chunks": […], "of": <ARN>, "done": <number>,
"records": <number>, "badRecords": <number>}}``: the chunks of this run, which the control function
answers and asks nobody; the execution that left them undone; how many chunks of the job are done
already, how many records these have, and how many of them were set aside, which count where so many
or a percentage may fail. By hand, ``chunks`` alone will do. Where the machine has a collect
function, ``earlier`` tells it what was answered before: ``whole_job``.

The execution is named after the first one of the job, ``nightly--re2`` after ``nightly``, and the
control function marks its chunks: so the keys of their records stay those of the first execution.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESUME_KEY = "fanOutResume"
CHUNKS_KEY, OF_KEY, DONE_KEY, EARLIER_KEY = "chunks", "of", "done", "earlier"
RECORDS_KEY, BAD_KEY = "records", "badRecords"

RESUMED_KEY = "resumed"
"""What marks a chunk of an execution that resumes another: a name alone may end so by chance."""

WITHOUT_RESUME = "withoutResume"
INPUT_WITHOUT_RESUME = f"States.JsonMerge($$.Execution.Input, ${WITHOUT_RESUME}, false)"
"""How a machine with a collect gives its workers the execution's input: JSONPath cannot leave out
our key, and so the variable, which is assigned before, has an empty object for it."""

RESUMED = "--re"
"""What stands between the name of the first execution and the number of this one, from 2."""

LONGEST_NAME = 73
"""Characters of a name that leave room for that and a number of three digits, of 80; the name of an
execution that EventBridge starts has as many."""

DIGITS_OF_A_HASH = 16
"""Hexadecimal, of the whole of a name that is longer: as good as never are two the same."""


def without_resume(given: Any) -> Any:
    """Answer an execution input without our key: what the user's functions are given of it."""
    if isinstance(given, dict) and RESUME_KEY in given:
        return {key: value for key, value in given.items() if key != RESUME_KEY}
    return given


def shortened(name: str) -> str:
    """Answer what stands for an execution in keys and in the names of those that resume it.

    That is its name, or of one of over 73 characters its first ones and a hash of all.
    """
    if len(name) <= LONGEST_NAME:
        return name
    from hashlib import sha256

    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()[:DIGITS_OF_A_HASH]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}"


def first_execution(name: str, *, resumed: bool) -> str:
    """Answer what stands for the first execution of the job; ``resumed`` says whether the one of
    this name has resumed another."""
    first, _, number = name.rpartition(RESUMED)
    return first if resumed and first and number.isdecimal() else shortened(name)
