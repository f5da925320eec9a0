"""The states by which a chunk that is too much for one worker is cut in two, down to one record.

They stand inside the Map, in place of the worker alone: ``Worker -> Left? -> Worker … -> Done``,
and ``Cut`` between Worker and Left upon an error. An iteration carries ``{"todo": [<chunk>, …],
"parts": […], "with": …}``: the worker does the first chunk of ``todo``, what has become of it joins
``parts``, and these are what the iteration answers.
JSONata, since JSONPath can neither halve a number nor take an item off a list.
"""

import json
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fan_out.runtime.carry_on import ANSWER_KEY, CARRY_ON_KEY, ROUND_KEY
from fan_out.runtime.chunk import (
    COUNT_KEY,
    EXECUTION_KEY,
    INPUT_KEY,
    ITEMS_KEY,
    OFFSET_KEY,
    WITH_KEY,
)
from fan_out.runtime.tolerated import PARTS_KEY, RESULT_KEY, TODO_KEY
from fan_out.tolerance import catch_all, expression, failure

TOO_MUCH = [
    "Sandbox.Timedout",
    "States.Timeout",
    "Runtime.OutOfMemory",
    "MemoryError",
    "_ArrayMemoryError",  # numpy's
]
"""How a function ends that ran out of time or of memory; and, when the kernel ended it:"""

KILLED = ("Runtime.ExitError", "signal: killed")

REST = f"$rest := $filter($states.input.{TODO_KEY}, function($chunk, $number) {{$number > 0}});"


def payload(*, carries_on: bool) -> str:
    """What the worker gets: the first chunk, or the rest of it where it carries on, and the same
    as every chunk."""
    first, added = f"$states.input.{TODO_KEY}[0]", f"$states.input.{WITH_KEY}"
    whole = f"$merge([{first}, {added}])"
    if not carries_on:
        return whole
    rest = f"{first}.{CARRY_ON_KEY}"
    return f'$exists({rest}) ? {{"{CARRY_ON_KEY}": $merge([{rest}, {added}])}} : {whole}'


def finished(*, carries_on: bool, places: bool = False) -> str:
    """What follows upon an answer: the chunk is done, or its next round is first in the list.

    ``places``: beside a result stands a record that it is of, by which answers can be ordered.
    """
    left = f'$type($answer) = "object" and $exists($answer.{CARRY_ON_KEY})'
    rest = f'{{"{CARRY_ON_KEY}": {_without("$answer." + CARRY_ON_KEY, INPUT_KEY, EXECUTION_KEY)}}}'
    first = f"$states.input.{TODO_KEY}[0]"
    # of an answer of several rounds, where the last one began
    begun = f"$exists({first}.{CARRY_ON_KEY}) ? {first}.{CARRY_ON_KEY} : {first}"
    place = f', "{OFFSET_KEY}": ({begun}).{OFFSET_KEY}' if places else ""
    return f"""(
        {REST}
        $answer := $states.result.Payload;
        $left := {left if carries_on else "false"};
        {{
            "{TODO_KEY}": $left ? [{rest}, $rest] : [$rest],
            "{PARTS_KEY}": $left ? $states.input.{PARTS_KEY}
                : [$states.input.{PARTS_KEY}, {{"{RESULT_KEY}": $answer{place}}}],
            "{WITH_KEY}": $states.input.{WITH_KEY}
        }}
    )"""


def _without(value: str, *keys: str) -> str:
    return f"$sift({value}, function($value, $key) {{$not($key in {json.dumps(keys)})}})"


CAUGHT = '{% $merge([$states.input, {"caught": $states.errorOutput}]) %}'

PLACE_BEFORE = f', "{OFFSET_KEY}": $before.{OFFSET_KEY} - 1'
"""The last record of an answer whose next round failed."""


def cut(*, places: bool = False) -> str:
    """What follows upon an error: two halves are first in the list, or the chunk has failed; that
    too where there are ``$mostParts`` already. ``places`` is that of ``finished``."""
    return CUT.replace(PLACE_BEFORE, PLACE_BEFORE if places else "")


# «[[$item]]» is a list of one list; «[$item]» would be the list itself
CUT = f"""(
    {REST}
    $first := $states.input.{TODO_KEY}[0];
    $before := $first.{CARRY_ON_KEY};
    $chunk := $exists($before) ? $before : $first;
    $error := $states.input.caught.Error;
    $cause := $exists($states.input.caught.Cause) ? $string($states.input.caught.Cause) : "";
    $tooMuch := $error in {json.dumps(TOO_MUCH)}
        or ($error = "{KILLED[0]}" and $contains($cause, "{KILLED[1]}"));
    $size := $chunk.{COUNT_KEY};
    $middle := $ceil($size / 2);
    $itemsOf := function($from, $to) {{(
        $item := $chunk.{ITEMS_KEY}[$from];
        $to - $from > 1
            ? $filter($chunk.{ITEMS_KEY}, function($one, $n) {{$n >= $from and $n < $to}})
            : $type($item) = "array" ? [[$item]] : [$item]
    )}};
    $half := function($from, $to) {{$merge([
        {_without("$chunk", ANSWER_KEY, ROUND_KEY)},
        {{"{COUNT_KEY}": $to - $from, "{OFFSET_KEY}": $chunk.{OFFSET_KEY} + $from}},
        $exists($chunk.{ITEMS_KEY}) ? {{"{ITEMS_KEY}": $itemsOf($from, $to)}} : {{}}
    ])}};
    $parts := $count($states.input.{TODO_KEY}) + $count($states.input.{PARTS_KEY});
    $cut := $tooMuch and $size > 1 and $parts < $mostParts;
    $done := [$states.input.{PARTS_KEY},
        $exists($before) ? {{"{RESULT_KEY}": $before.{ANSWER_KEY}{PLACE_BEFORE}}} : []];
    {{
        "{TODO_KEY}": $cut ? [$half(0, $middle), $half($middle, $size), $rest] : [$rest],
        "{PARTS_KEY}": $cut ? $done : [$done, {failure()}],
        "{WITH_KEY}": $states.input.{WITH_KEY}
    }}
)"""
"""What ``cut`` answers, with places."""


def item_selector(added: dict[str, str]) -> dict[str, Any]:
    """What an iteration starts with: its chunk is all that there is to do."""
    return {f"{TODO_KEY}.$": "States.Array($$.Map.Item.Value)", PARTS_KEY: [], WITH_KEY: added}


def until_nothing_is_left(
    scope: Construct, worker: sfn.TaskStateBase, *, places: bool = False
) -> sfn.IChainable:
    """The worker, again and again, until there is nothing to do."""
    left = sfn.Choice.jsonata(scope, "Left")
    more = sfn.Condition.jsonata(f"{{% $count($states.input.{TODO_KEY}) > 0 %}}")
    left.when(more, worker).otherwise(
        sfn.Succeed.jsonata(scope, "Done", outputs=f"{{% $states.input.{PARTS_KEY} %}}")
    )
    in_two = sfn.Pass.jsonata(scope, "Cut", outputs=expression(cut(places=places)))
    in_two.next(left)
    catch_all(worker, in_two, outputs=CAUGHT)
    return worker.next(left)
