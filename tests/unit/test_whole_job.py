"""A job that several executions have done: the collect, and who looks on, see each answer once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from executions import Executions, ended, items
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import ARN, History, Service, answering, client

from fan_out.cli.definition import Definition
from fan_out.cli.earlier import with_earlier
from fan_out.cli.joined import joined
from fan_out.cli.leftover import Leftover
from fan_out.cli.output import Output
from fan_out.cli.past import Past, read_past
from fan_out.cli.successor import name_after
from fan_out.cli.tolerated import Tolerated
from fan_out.runtime import Results, collect, control
from fan_out.runtime.whole_job import checked_earlier, in_order

COLLECTS = Definition(collects=True, joins=True, passes_input=False)


@contextmanager
def known(executions: Executions) -> Iterator[Any]:
    with answering(client("stepfunctions"), executions) as stepfunctions:
        yield stepfunctions


@control
def never(event: Any, context: Any) -> int:
    raise AssertionError("asked")


def part_of(start: int, until: int, *, failed: bool, place: int | None = None) -> dict[str, Any]:
    """What a machine tells of these records; an answer is the list of them."""
    if failed:
        chunk = {"oneJobProcessingCount": until - start, "offset": start}
        return {"failure": {"chunk": chunk, "error": "MemoryError", "cause": ""}}
    return {"result": [*range(start, until)], **({} if place is None else {"offset": place})}


class Job:
    """A job of chunks of ten records. Its machine halves, or else ends with the first failure."""

    def __init__(self, data: st.DataObject, chunks: int, *, halves: bool) -> None:
        self._data = data
        self._plan = items(*range(chunks))
        self._halves = halves
        self.told: list[Results] = []

    def run(self, text: str) -> Service:
        """An execution with this input, in which whatever happens."""
        request = json.loads(text).get("fanOutResume")
        plan = self._plan if request is None else never(json.loads(text), None)
        if self._halves:
            return self._tolerant(text, request, plan)
        history = History()
        started = history.map(plan, history.task("Control", 0, "{}"))
        done = self._data.draw(st.sets(st.sampled_from(range(len(plan))))) if plan else set()
        answers = [[*range(each["offset"], each["offset"] + 10)] for each in plan]
        for place in done:
            history.finish(history.iteration(started, place), place, answers[place])
        if len(done) < len(plan):
            return ended(history, "Failed", input=text)
        self._collect(request, answers, [each["offset"] for each in plan])
        if self._data.draw(st.booleans()):
            return ended(history, "Failed", input=text)  # all the same
        return ended(history, "Succeeded", answers, input=text)

    def _tolerant(self, text: str, request: Any, plan: list[dict[str, int]]) -> Service:
        history = History()
        started = history.map(plan, history.passing("Plan", 0, "[]"))
        every: list[dict[str, Any]] = []
        for place, each in enumerate(plan):
            parts = self._cut(each["offset"], each["offset"] + each["oneJobProcessingCount"])
            entered = history.iteration(started, place)
            left = history.add("SucceedStateExited", entered, name="Done", output=json.dumps(parts))
            history.add("MapIterationSucceeded", left, name="Map", index=place)
            every += parts
        failures = [part["failure"] for part in every if "failure" in part]
        done = [part for part in every if "result" in part]
        results = [part["result"] for part in done]
        counts = {
            "chunks": len(every),
            "succeeded": len(results),
            "failed": len(failures),
            "records": sum(each["oneJobProcessingCount"] for each in plan),
            "recordsSucceeded": sum(map(len, results)),
        }
        output = {"results": results, "failures": failures, "counts": counts}
        self._collect(request, output, [part["offset"] for part in done])
        return ended(history, "Succeeded", output, input=text)

    def _cut(self, start: int, until: int) -> list[dict[str, Any]]:
        """A chunk that was cut into some parts, each of them done or failed."""
        inner = range(start + 1, until)
        cuts = self._data.draw(st.sets(st.sampled_from(inner), max_size=4)) if inner else set()
        ends = [start, *sorted(cuts), until]
        return [
            part_of(
                low,
                high,
                failed=self._data.draw(st.booleans()),
                place=self._data.draw(st.sampled_from(range(low, high))),
            )
            for low, high in pairwise(ends)
        ]

    def _collect(self, request: Any, given: Any, offsets: list[int]) -> None:
        if request is not None and "earlier" in request:
            given = {"thisRun": given, "offsets": offsets, "earlier": request["earlier"]}
        self.told.append(Results(json.loads(json.dumps(given))))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), chunks=st.integers(1, 5), halves=st.booleans())
def test_whatever_was_done_in_which_execution_the_collect_sees_each_answer_once_in_order(
    data: st.DataObject, chunks: int, halves: bool
) -> None:
    executions, job = Executions(), Job(data, chunks, halves=halves)
    with known(executions) as stepfunctions:
        arn, text = ARN, "{}"
        chain: list[Past] = []
        for _ in range(4):
            executions.known[arn] = job.run(text)
            past = read_past(stepfunctions, arn)
            chain.append(past)
            left = Leftover.of(past, COLLECTS)
            if left.input is None:
                break
            name = name_after(past.name, resumed=past.asked.of is not None)
            arn = f"{arn.rpartition(':')[0]}:{name}"
            text = with_earlier(stepfunctions, past, left.input, COLLECTS, joins=left.joins)
    for results in job.told:
        seen = sum(results, [])
        failed = [failure["chunk"] for failure in results.failures]
        lost = {
            record
            for chunk in failed
            for record in range(chunk["offset"], chunk["offset"] + chunk["oneJobProcessingCount"])
        }
        assert seen == [record for record in range(10 * chunks) if record not in lost]
        if halves:
            assert results.counts is not None
            assert results.counts["failed"] == len(failed)
            assert results.counts["records"] == 10 * chunks
            assert results.counts["recordsSucceeded"] == len(seen)
    # and so does who looks on, where there is no collect
    every = [past.chunks for past in chain if past.chunks is not None]
    output = Output("", [], Tolerated([], [], {}) if halves else None)
    answers = joined(every[:-1], every[-1], output).answers
    assert answers is not None
    assert sum(answers, []) == sorted({record for answer in answers for record in answer})


def earlier(**changed: Any) -> dict[str, Any]:
    return {"answers": ["a", "c"], "offsets": [0, 20], "counts": {"records": 20}, **changed}


def test_of_this_run_only_the_answers_are_needed_and_what_failed() -> None:
    failure = {"chunk": {"oneJobProcessingCount": 10, "offset": 30}, "error": "E", "cause": ""}
    counts = {"chunks": 2, "succeeded": 1, "failed": 1, "records": 20, "recordsSucceeded": 10}
    this_run = {"results": ["b"], "failures": [failure], "counts": counts}

    @collect
    def telling(results: Results, context: Any) -> Any:
        return [list(results), results.failures, results.counts]

    event = {"thisRun": this_run, "offsets": [10, 30], "earlier": earlier()}
    assert telling(event, None) == [["a", "b", "c"], [failure], {**counts, "records": 40}]
    event = {"thisRun": [], "offsets": [], "earlier": earlier()}
    assert telling(event, None) == [["a", "c"], [], None]


@pytest.mark.parametrize(
    ("answers", "offsets", "message"),
    [
        (["b"], [10, 30], "the chunks that are left, 2 without those that failed, got 1 answers"),
        (["b", "d"], [10], "the chunks that are left, 1 without those that failed, got 2 answers"),
        (["b", "d"], [10, 20], "got an answer again for record 20"),
    ],
)
def test_a_control_that_planned_something_else_is_noticed_before_anything_is_collected(
    answers: list[str], offsets: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        in_order(earlier(), answers, offsets, [])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "fanOutResume.earlier must be an object with answers, offsets, counts, got None"),
        ({"answers": []}, "must be an object with answers, offsets, counts, got {'answers': []}"),
        (earlier(more=1), "must be an object with answers, offsets, counts, got "),
        (earlier(answers={}), "fanOutResume.earlier.answers must be a list, got {}"),
        (earlier(offsets=[0]), "fanOutResume.earlier.offsets must be a list of 2, one for each"),
        (earlier(offsets=0), "fanOutResume.earlier.offsets must be a list of 2, one for each"),
        (earlier(offsets=[20, 0]), "offsets[1] must be a whole number from 20 to "),
        (earlier(offsets=[0, None]), "fanOutResume.earlier.offsets[1] must be a whole number from"),
        (earlier(counts=[]), "fanOutResume.earlier.counts must be an object, got []"),
        (earlier(counts={"records": -1}), "fanOutResume.earlier.counts.records must be a whole nu"),
    ],
)
def test_earlier_answers_that_are_none_are_refused_in_one_line_before_a_worker_is_started(
    given: Any, message: str
) -> None:
    with pytest.raises(ValueError) as error:
        never({"fanOutResume": {"chunks": [], "earlier": given}}, None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_earlier_answers_and_no_chunk_are_a_plan() -> None:
    assert never({"fanOutResume": {"chunks": [], "earlier": earlier()}}, None) == []
    assert checked_earlier(earlier()) == earlier()
