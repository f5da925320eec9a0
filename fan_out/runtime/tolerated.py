"""The shapes of a run that tolerates failed chunks, for the machine and those who read its output.

An iteration of the Map answers ``{"result": <the worker's answer>}`` or ``{"failure": {"chunk",
"error", "cause"}}``, or a list of these where chunks may be cut; the run ``{"results": […],
"failures": […], "counts": {"chunks", "succeeded", "failed", "records", "recordsSucceeded"}}``.
"""

RESULT_KEY, FAILURE_KEY = "result", "failure"
RESULTS_KEY, FAILURES_KEY, COUNTS_KEY = "results", "failures", "counts"

PLAN_STATE = "Plan"
"""The state before the Map, which only a machine that tolerates failures has."""

FAILED_STATE = "Failed"
"""The state that a chunk goes through, inside the Map, when it has failed and that is tolerated."""

TODO_KEY, PARTS_KEY = "todo", "parts"
"""What an iteration carries where chunks may be cut: those to do, and what became of the others."""

TOO_MANY_STATE = "TooManyFailures"
TOO_MANY_ERROR = "FanOut.TooManyFailures"
"""How a run ends of which too many chunks failed; its cause is the counts, as JSON."""

TOO_MANY_RECORDS_STATE = "TooManyBadRecords"
TOO_MANY_RECORDS_ERROR = "FanOut.TooManyBadRecords"
"""How a run ends of which too many records are bad, set aside or in failed chunks; its cause is the
counts and, of the whole job where this run resumes another, the two numbers that were compared."""

BAD_OF_JOB_KEY, RECORDS_OF_JOB_KEY = "jobBadRecords", "jobRecords"
