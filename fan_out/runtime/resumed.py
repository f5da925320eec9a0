"""What ``fan-out resume`` and the functions that it starts agree on.

A run of chosen chunks lists them in its execution input, and the control function asks nobody else.
It is named after the execution that it resumes, ``nightly--r2`` after ``nightly``, so that its
chunks keep their ids.
"""

CHUNKS_KEY = "chunks"
"""The key of the execution input: a list of chunks, in order and disjoint."""

RESUMES_KEY = "resumes"
"""The key of the execution input in which ``fan-out resume`` notes the ARN of the execution that
was left undone."""

RESUMED = "--r"
"""What stands between the name of the first execution and the number of this one, from 2."""


def first_execution(name: str) -> str:
    """Answer the name of the execution that was resumed, maybe again and again, as ``name``."""
    first, _, number = name.rpartition(RESUMED)
    return first if first and number.isdecimal() else name
