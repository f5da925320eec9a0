"""The states by which a run outlives failed chunks, and fails in the end if there were too many.

Around the Map: ``Plan -> Map -> Count -> WithinLimit -> Output``, or ``TooManyFailures`` or
``TooManyBadRecords`` in place of the last; inside it ``Failed``, to which every task's errors go.
They count with JSONata, since JSONPath cannot add. The answers pass through as they are: JSONata's
numbers are doubles, and would round an int beyond 2^53.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fan_out.failure_policy import FailurePolicy
from fan_out.runtime.bad_records import ANSWERS_KEY, BAD_RECORDS_KEY
from fan_out.runtime.budget import (
    BYTES_PER_FAILURE,
    BYTES_WITHOUT_CAUSE,
    PAYLOAD_BYTES,
    RESULT_OVERHEAD,
)
from fan_out.runtime.chunk import COUNT_KEY, OFFSET_KEY
from fan_out.runtime.resumed import BAD_KEY, DONE_KEY, RECORDS_KEY, RESUME_KEY
from fan_out.runtime.tolerated import (
    BAD_OF_JOB_KEY,
    COUNTS_KEY,
    FAILED_STATE,
    FAILURE_KEY,
    FAILURES_KEY,
    PLAN_STATE,
    RECORDS_OF_JOB_KEY,
    RESULT_KEY,
    RESULTS_KEY,
    TOO_MANY_ERROR,
    TOO_MANY_RECORDS_ERROR,
    TOO_MANY_RECORDS_STATE,
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

BAD_RECORDS = f"(${COUNTS_KEY}.records - ${COUNTS_KEY}.recordsSucceeded + $badBefore)"
"""JSONata for the records of the whole job that were set aside, or are in chunks that failed."""

ALL_RECORDS = f"(${COUNTS_KEY}.records + $recordsBefore)"


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
    """Remember what is counted later: the records; what is done already where this run resumes
    another; into how many parts a chunk may be cut, how many bytes a cause may take."""
    cause = (
        f"$floor({PAYLOAD_BYTES - RESULT_OVERHEAD} / ($chunks * $parts)) - {BYTES_WITHOUT_CAUSE}"
    )
    counted = f"$chunks := $max([1, $count($states.input)]); $parts := {_most_parts(policy)};"
    before = {"doneBefore": DONE_KEY}
    if policy.limits_records:
        before |= {"recordsBefore": RECORDS_KEY, "badBefore": BAD_KEY}
    assigned = {
        "records": f"$sum([$states.input.{COUNT_KEY}])",
        **{name: _resumed(key) for name, key in before.items()},
        "mostParts": f"({counted} $parts)",
        "causeBytes": f"({counted} $max([0, $min([{MOST_OF_A_CAUSE}, {cause}])]))",
    }
    return sfn.Pass.jsonata(
        scope, PLAN_STATE, assign={name: expression(how) for name, how in assigned.items()}
    )


def _resumed(key: str) -> str:
    """JSONata for a number of what this run resumes; 0 where it resumes nothing."""
    number = f"$states.context.Execution.Input.{RESUME_KEY}.{key}"
    return f"$exists({number}) ? {number} : 0"


def _most_parts(policy: FailurePolicy) -> str:
    """JSONata for how many parts each of ``$chunks`` may be cut into: all of them may fail, and the
    payload must still have room for what is told of each. The history then has, too."""
    if not policy.halve:
        return "1"
    failures = f"{PAYLOAD_BYTES - RESULT_OVERHEAD} / $chunks / {BYTES_PER_FAILURE}"
    return f"$max([1, $floor($min([{MOST_PARTS}, {failures}]))])"


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
    scope: Construct,
    policy: FailurePolicy,
    then: sfn.IChainable | None = None,
    *,
    places: bool = False,
) -> sfn.Chain:
    """Count what became of the chunks; go on with the output, and ``then``, or fail where too many
    failed. ``places``: assign, for what follows, the records that ``results_of_the_map`` picked."""
    within = sfn.Choice.jsonata(scope, "WithinLimit")
    if policy.limits_chunks:
        too_many = sfn.Fail.jsonata(
            scope, TOO_MANY_STATE, error=TOO_MANY_ERROR, cause=f"{{% $string(${COUNTS_KEY}) %}}"
        )
        over = f"{{% ${COUNTS_KEY}.failed > {_most_chunks(policy)} %}}"
        within.when(sfn.Condition.jsonata(over), too_many)
    if policy.limits_records:
        compared = f'{{"{BAD_OF_JOB_KEY}": {BAD_RECORDS}, "{RECORDS_OF_JOB_KEY}": {ALL_RECORDS}}}'
        too_many = sfn.Fail.jsonata(
            scope,
            TOO_MANY_RECORDS_STATE,
            error=TOO_MANY_RECORDS_ERROR,
            cause=f"{{% $string($merge([${COUNTS_KEY}, {compared}])) %}}",
        )
        over = f"{{% {BAD_RECORDS} > {_most_records(policy)} %}}"
        within.when(sfn.Condition.jsonata(over), too_many)
    output = _output(scope)
    within.otherwise(output.next(then) if then is not None else output)
    return _count(scope, places).next(within)


def _count(scope: Construct, places: bool) -> sfn.Pass:
    """Count into a variable, and pass on what is counted as it is."""
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
    assigned: dict[str, Any] = {
        COUNTS_KEY: {name: f"{{% {how} %}}" for name, how in counts.items()}
    }
    if places:
        assigned[OFFSETS_KEY] = f"{{% [$states.input.{OFFSETS_KEY}] %}}"
    return sfn.Pass.jsonata(scope, "Count", assign=assigned)


def _output(scope: Construct) -> sfn.Pass:
    picked = {f"{key}.$": f"$.{key}" for key in (RESULTS_KEY, FAILURES_KEY)}
    return sfn.Pass(scope, "Output", parameters={**picked, f"{COUNTS_KEY}.$": f"${COUNTS_KEY}"})


def _most_chunks(policy: FailurePolicy) -> str:
    """How many chunks may have failed."""
    if policy.chunks is not None:
        return str(policy.chunks)
    return _part(policy.percent, f"(${COUNTS_KEY}.chunks + $doneBefore)")


def _most_records(policy: FailurePolicy) -> str:
    """How many records may be bad."""
    if policy.records is not None:
        return str(policy.records)
    return _part(policy.records_percent, ALL_RECORDS)


def _part(percent: float | None, whole: str) -> str:
    return f"$floor({whole} * {percent} / 100 + {CAUTION:f})"
