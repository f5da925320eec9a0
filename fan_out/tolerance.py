"""The states by which a run outlives failed chunks, and fails in the end if there were too many.

Around the Map: ``Plan -> Map -> Count -> WithinLimit -> TooManyFailures | what follows``; inside it
``Failed``, to which every task's errors go. They count with JSONata, since JSONPath cannot add.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fan_out.failure_policy import FailurePolicy
from fan_out.runtime.bad_records import ANSWERS_KEY, BAD_RECORDS_KEY
from fan_out.runtime.budget import (
    BYTES_PER_FAILURE,
    BYTES_WITHOUT_CAUSE,
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    EVENTS_PER_CUT,
    EVENTS_TO_HALVE,
    HISTORY_EVENTS,
    PAYLOAD_BYTES,
    RESULT_OVERHEAD,
)
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.resumed import DONE_KEY, RESUME_KEY
from fan_out.runtime.tolerated import (
    COUNTS_KEY,
    FAILED_STATE,
    FAILURE_KEY,
    FAILURES_KEY,
    PLAN_STATE,
    RESULT_KEY,
    RESULTS_KEY,
    TOO_MANY_ERROR,
    TOO_MANY_STATE,
)
from fan_out.runtime.whole_job import OFFSETS_KEY

MOST_PARTS = 64
"""Of one chunk that is halved again and again."""

MOST_OF_A_NAME = 60
"""Characters of an error's name."""

MOST_OF_A_CAUSE = 1_000
"""Bytes of a failed chunk's cause in the output; the log has all of it."""

NOT_ONE_BYTE, MOST_BYTES = r"/[^ !#-\[\]-~]/", 3
"""A character that JSON has to escape, or that is not ASCII; and the bytes that one takes in UTF-8,
but for those that JSONata counts as two."""

LENGTH_OF_A_CAUSE = 32_768
"""At this length Step Functions cuts a cause off, and JSON in it is none any more. "HistoryEvent",
AWS Step Functions API Reference."""

RESULT_OF_A_TASK = {f"{RESULT_KEY}.$": "$.Payload"}
"""What a worker's task goes on with, in place of the bare answer."""

CAUTION = 0.000001
"""Added before rounding down: 4.35 % of 2,000 is 86.99999999999999 as floats have it."""


def results_of_the_map(policy: FailurePolicy, *, places: bool = False) -> dict[str, str] | None:
    """What the Map makes of what its iterations answer; None where it leaves that alone.

    An iteration answers one result or failure, or a list of them where chunks are halved;
    ``places`` says whether each result comes with a record that it is of.
    """
    if not policy.tolerates:
        return None
    each = "$[*][*]" if policy.halve else "$[*]"
    return {
        f"{RESULTS_KEY}.$": f"{each}.{RESULT_KEY}",
        f"{FAILURES_KEY}.$": f"{each}.{FAILURE_KEY}",
        **({f"{OFFSETS_KEY}.$": f"{each}.{OFFSET_KEY}"} if places else {}),
    }


def plan(scope: Construct, policy: FailurePolicy) -> sfn.Pass:
    """Remember what is counted later: the records, and the chunks that are done already where this
    run resumes another; into how many parts a chunk may be cut, how many bytes a cause may take."""
    cause = (
        f"$floor({PAYLOAD_BYTES - RESULT_OVERHEAD} / ($chunks * $parts)) - {BYTES_WITHOUT_CAUSE}"
    )
    counted = f"$chunks := $max([1, $count($states.input)]); $parts := {_most_parts(policy)};"
    done = f"$states.context.Execution.Input.{RESUME_KEY}.{DONE_KEY}"
    assigned = {
        "records": f"$sum([$states.input.{COUNT_KEY}])",
        "doneBefore": f"$exists({done}) ? {done} : 0",
        "mostParts": f"({counted} $parts)",
        "causeBytes": f"({counted} $max([0, $min([{MOST_OF_A_CAUSE}, {cause}])]))",
    }
    return sfn.Pass.jsonata(
        scope, PLAN_STATE, assign={name: expression(how) for name, how in assigned.items()}
    )


def _most_parts(policy: FailurePolicy) -> str:
    """JSONata for how many parts each of ``$chunks`` may be cut into: all of them may fail, and the
    history and the payload must still have room for what is told of each."""
    if not policy.halve:
        return "1"
    events = HISTORY_EVENTS - EVENTS_AROUND
    cuts = f"({events} / $chunks - {EVENTS_PER_CHUNK + EVENTS_TO_HALVE}) / {EVENTS_PER_CUT}"
    failures = f"{PAYLOAD_BYTES - RESULT_OVERHEAD} / $chunks / {BYTES_PER_FAILURE}"
    return f"$max([1, $floor($min([{MOST_PARTS}, 1 + {cuts}, {failures}]))])"


def failed(scope: Construct) -> sfn.Pass:
    """What becomes of a chunk that failed."""
    output = f"""(
        $chunk := $states.context.Map.Item.Value;
        $error := $states.input.Error;
        $cause := $exists($states.input.Cause) ? $string($states.input.Cause) : "";
        {failure()}
    )"""
    return sfn.Pass.jsonata(scope, FAILED_STATE, outputs=expression(output))


def failure() -> str:
    """JSONata for what is told of a failed ``$chunk``: which, ``$error``, as much of ``$cause`` as
    fits. Of a cause that is a Lambda function's error object, its message."""
    return f"""(
        $isWhole := $length($cause) < {LENGTH_OF_A_CAUSE};
        $isObject := $isWhole and $substring($cause, 0, 1) = "{{" and $substring($cause, -1) = "}}";
        $message := $isObject ? $parse($cause).errorMessage;
        $text := $type($message) = "string" ? $message : $cause;
        $most := $contains($text, {NOT_ONE_BYTE}) ? $causeBytes / {MOST_BYTES} : $causeBytes;
        {{"{FAILURE_KEY}": {{
            "chunk": {{"{COUNT_KEY}": $chunk.{COUNT_KEY}, "{OFFSET_KEY}": $chunk.{OFFSET_KEY}}},
            "error": $substring($error, 0, {MOST_OF_A_NAME}),
            "cause": $substring($text, 0, $floor($most))
        }}}}
    )"""


def expression(text: str) -> str:
    """JSONata as a state has it: in one line, between percent signs."""
    return f"{{% {' '.join(text.split())} %}}"


def catch_all(task: sfn.TaskStateBase, handler: sfn.IChainable, **how: Any) -> None:
    """Send every error of the task to ``handler``; States.ALL alone would miss one of them."""
    task.add_catch(handler, errors=["States.DataLimitExceeded"], **how)
    task.add_catch(handler, errors=["States.ALL"], **how)


def checked(
    scope: Construct, policy: FailurePolicy, then: sfn.IChainable, *, places: bool = False
) -> sfn.Chain:
    """Count what became of the chunks; go on with ``then``, or fail where too many failed.

    ``places``: assign, for what follows, the records that ``results_of_the_map`` picked.
    """
    too_many = sfn.Fail.jsonata(
        scope,
        TOO_MANY_STATE,
        error=TOO_MANY_ERROR,
        cause=f"{{% $string($states.input.{COUNTS_KEY}) %}}",
    )
    within = sfn.Choice.jsonata(scope, "WithinLimit")
    over = f"{{% $states.input.{COUNTS_KEY}.failed > {_most(policy)} %}}"
    within.when(sfn.Condition.jsonata(over), too_many).otherwise(then)
    return _count(scope, places).next(within)


def _count(scope: Construct, places: bool) -> sfn.Pass:
    results, failures = f"$states.input.{RESULTS_KEY}", f"$states.input.{FAILURES_KEY}"
    lists = " and ".join(
        f'$type($answer.{key}) = "array"' for key in (ANSWERS_KEY, BAD_RECORDS_KEY)
    )
    both = f'$filter({results}, function($answer) {{$type($answer) = "object" and {lists}}})'
    lost = f"$sum([{failures}.chunk.{COUNT_KEY}]) + $count({both}.{BAD_RECORDS_KEY})"
    counts = {
        "chunks": f"$count({results}) + $count({failures})",
        "succeeded": f"$count({results})",
        "failed": f"$count({failures})",
        "records": "$records",
        "recordsSucceeded": f"$records - ({lost})",
    }
    return sfn.Pass.jsonata(
        scope,
        "Count",
        assign={OFFSETS_KEY: f"{{% [$states.input.{OFFSETS_KEY}] %}}"} if places else None,
        outputs={
            RESULTS_KEY: f"{{% {results} %}}",
            FAILURES_KEY: f"{{% {failures} %}}",
            COUNTS_KEY: {name: f"{{% {how} %}}" for name, how in counts.items()},
        },
    )


def _most(policy: FailurePolicy) -> str:
    """How many chunks may have failed."""
    if policy.chunks is not None:
        return str(policy.chunks)
    chunks = f"($states.input.{COUNTS_KEY}.chunks + $doneBefore)"
    return f"$floor({chunks} * {policy.percent} / 100 + {CAUTION:f})"
