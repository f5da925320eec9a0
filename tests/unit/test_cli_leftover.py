"""What an execution has left, and what comes of it together with what was done; from histories."""

import json
from typing import Any

import pytest
from executions import chunks_of, failures, fed, items, partly, tolerant
from hypothesis import given
from hypothesis import strategies as st
from recorded import History, failure

from fan_out.cli.chunks import Chunks
from fan_out.cli.joined import joined
from fan_out.cli.output import Output
from fan_out.cli.tolerated import Tolerated


def left(history: History) -> list[Any]:
    return [fate.item for fate in chunks_of(history).left]


@given(data=st.data(), count=st.integers(0, 12))
def test_what_is_left_is_whatever_is_not_done_and_joined_it_is_whole(
    data: st.DataObject, count: int
) -> None:
    """However often that is resumed, and whatever each execution gets done."""
    every = {index: [index] for index in range(count)}
    before: list[Chunks] = []
    plan = items(*range(count))
    while True:
        indexes = [item["offset"] // 10 for item in plan]
        some = st.sets(st.sampled_from(range(len(plan))), min_size=1) if plan else st.just(set())
        places = data.draw(some)
        newest = chunks_of(partly(plan, {place: every[indexes[place]] for place in places}))
        assert [fate.item for fate in newest.left] == [
            item for place, item in enumerate(plan) if place not in places
        ]
        if not newest.left:
            break
        before.append(newest)
        plan = [fate.item for fate in newest.left]
    answers = [fate.answer for fate in newest.done]
    whole = joined(before, newest, Output(json.dumps(answers), answers))
    assert json.loads(whole.text) == whole.answers == list(every.values())


def test_chunks_that_failed_were_aborted_ran_or_never_started_are_left_as_they_were_planned() -> (
    None
):
    plan = [{**item, "items": ["x"] * 10, "mine": None} for item in items(0, 1, 2, 3, 4)]
    history = partly(plan, {1: "done"})
    history.iteration(len(history.events), 0)
    aborted = history.iteration(len(history.events), 2)
    history.add("MapIterationAborted", aborted, name="Map", index=2)
    assert left(history) == [plan[0], plan[2], plan[3], plan[4]]


def test_of_a_chunk_that_was_cut_the_parts_that_failed_are_left_with_their_items() -> None:
    plan = [{"oneJobProcessingCount": 10, "offset": 20, "items": [*"abcdefghij"], "mine": 1}]
    history = History()
    started = history.map(plan, history.passing("Plan", 0, "[]"))
    entered = history.iteration(started, 0)
    parts = [
        json.loads(failure({"oneJobProcessingCount": 2, "offset": 20}, "MemoryError", "")),
        {"result": "c"},
        {"result": "de"},
        json.loads(failure({"oneJobProcessingCount": 1, "offset": 25}, "MemoryError", "")),
        {"result": "ghij"},
    ]
    out = history.add("SucceedStateExited", entered, name="Done", output=json.dumps(parts))
    history.add("MapIterationSucceeded", out, name="Map", index=0)
    assert left(history) == [
        {"oneJobProcessingCount": 2, "offset": 20, "items": ["a", "b"], "mine": 1},
        {"oneJobProcessingCount": 1, "offset": 25, "items": ["f"], "mine": 1},
    ]
    chunks = chunks_of(history)
    assert [fate.answer for fate in chunks.done] == ["c", "de", "ghij"]
    assert sum(fate.count for fate in (*chunks.done, *chunks.left)) == 10


@pytest.mark.parametrize("plan", ['{"a": 1}', "[1, 2]", '[{"offset": 1}]', "{", "7"])
def test_a_map_of_something_else_has_no_chunks(plan: str) -> None:
    history = History()
    history.add("MapStateEntered", name="Map", input=plan)
    assert Chunks.of(fed(history)) is None


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        ({"answers": [1], "badRecords": [{"record": 3}, {"record": 4}]}, 2),
        ({"badRecords": [{"record": 3}]}, 0),
        ({"answers": 7, "badRecords": [{"record": 3}]}, 0),
        ({"answers": [], "badRecords": 7}, 0),
        ([{"record": 3}], 0),
    ],
)
def test_what_is_tolerated_is_counted_over_the_whole_job_as_the_machine_counts(
    answer: Any, lost: int
) -> None:
    first = chunks_of(tolerant({1, 2, 4}, {0: {"result": 1}, 3: answer}))
    told = Tolerated(["1", "2"], failures(4), {})
    newest = chunks_of(tolerant({4}, {1: "1", 2: "2"}))
    whole = joined([first], newest, Output("…", told.results, told))
    assert whole.tolerated is not None
    assert json.loads(whole.text) == {
        "results": whole.answers,
        "failures": whole.tolerated.failures,
        "counts": whole.tolerated.counts,
    }
    assert whole.answers == [{"result": 1}, "1", "2", answer]
    assert whole.tolerated.failures == failures(4)
    assert whole.tolerated.counts == {
        "chunks": 5,
        "succeeded": 4,
        "failed": 1,
        "records": 50,
        "recordsSucceeded": 40 - lost,
    }
