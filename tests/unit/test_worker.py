"""The worker and collect handlers: a chunk, or all answers, in; the function's own answer out."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from fan_out.runtime import Chunk, Results, collect, control, worker
from lambdas.worker import handler as article


def test_the_worker_answers_its_share_of_the_records() -> None:
    assert article({"oneJobProcessingCount": 5, "offset": 100}, None) == [100, 101, 102, 103, 104]


def test_a_test_may_hand_the_worker_a_chunk() -> None:
    assert article(Chunk(offset=3, count=2), None) == [3, 4]


@pytest.mark.parametrize("answer", [None, 0, {"a": [1]}, "text", (1, 2)])
def test_the_answer_is_left_alone(answer: object) -> None:
    @worker
    def answering(chunk: Chunk, context: Any) -> object:
        return answer

    assert answering(Chunk(offset=0, count=1), None) is answer


def test_the_context_reaches_the_function() -> None:
    @worker
    def asking(chunk: Chunk, context: Any) -> object:
        return context

    assert asking(Chunk(offset=0, count=1), "context") == "context"


def test_the_handler_keeps_the_functions_name_and_docstring() -> None:
    assert (article.__module__, article.__name__) == ("lambdas.worker", "handler")
    assert article.__doc__ == "Answer the numbers of the records that this worker was given."


def test_an_event_that_is_no_chunk_never_reaches_the_function() -> None:
    @worker
    def never(chunk: Chunk, context: Any) -> None:
        raise AssertionError("called")

    with pytest.raises(ValueError, match="a chunk must have oneJobProcessingCount"):
        never({"offset": 0}, None)


def test_the_collect_gets_the_answers_in_order_one_by_one() -> None:
    @collect
    def joining(answers: Iterator[str], context: Any) -> str:
        """Join them."""
        return next(answers) + "".join(answers) + context

    assert joining(["a", "b", "c"], "!") == "abc!"
    assert (joining.__name__, joining.__doc__) == ("joining", "Join them.")


def test_the_collect_of_a_run_that_tolerates_failures_gets_those_too() -> None:
    failure = {"chunk": {"oneJobProcessingCount": 5, "offset": 5}, "error": "E", "cause": ""}
    counts = {"chunks": 2, "succeeded": 1, "failed": 1, "records": 10, "recordsSucceeded": 5}

    @collect
    def telling(results: Results, context: Any) -> Any:
        return [list(results), results.failures, results.counts]

    event = {"results": [[1]], "failures": [failure], "counts": counts}
    assert telling(event, None) == [[[1]], [failure], counts]
    assert telling([[1]], None) == [[[1]], [], None]


@pytest.mark.parametrize("event", [None, {}, "text", 5, {"results": [], "failures": []}])
def test_answers_that_are_no_list_never_reach_the_collect(event: object) -> None:
    @collect
    def never(answers: Iterator[Any], context: Any) -> None:
        raise AssertionError("called")

    with pytest.raises(ValueError, match="the workers' answers must be a list, got "):
        never(event, None)


def test_what_the_worker_and_the_collect_answer_is_checked() -> None:
    @worker
    def answering(chunk: Chunk, context: Any) -> Any:
        return {"rows": [1, float("nan")]}

    @collect
    def collecting(results: Results, context: Any) -> Any:
        return {"rows": {1}}

    with pytest.raises(ValueError, match=r'^answer\["rows"\]\[1\] must be JSON, got nan'):
        answering(Chunk(offset=0, count=1), None)
    with pytest.raises(ValueError, match=r'^answer\["rows"\] must be JSON, got \{1\} \(a set\)'):
        collecting([], None)


def yielding(given: Any, context: Any) -> Iterator[int]:
    yield 1


async def awaiting(given: Any, context: Any) -> int:
    return 1


async def both(given: Any, context: Any) -> Any:
    yield 1


class Callable:
    async def __call__(self, given: Any, context: Any) -> int:
        return 1


ASYNC = [awaiting, both, functools.partial(awaiting), Callable()]


@pytest.mark.parametrize("decorator", [worker, collect, worker(on_error="collect")])
@pytest.mark.parametrize("function", [yielding, functools.partial(yielding), *ASYNC, 5])
def test_what_answers_otherwise_than_by_returning_is_refused_when_it_is_decorated(
    decorator: Any, function: Any
) -> None:
    with pytest.raises(ValueError, match="must (not be async|return its answer|be a function)"):
        decorator(function)


@pytest.mark.parametrize("function", ASYNC)
def test_a_control_may_yield_but_not_await(function: Any) -> None:
    assert control(yielding)({"jobCount": 1}, None)[0]["items"] == [1]
    assert control(functools.partial(yielding))({"jobCount": 1}, None)[0]["items"] == [1]
    with pytest.raises(ValueError, match="a control must not be async, since Lambda awaits noth"):
        control(function)


@pytest.mark.parametrize("merge", [yielding, awaiting, 3])
def test_a_merge_returns_too(merge: Any) -> None:
    with pytest.raises(ValueError, match="^merge must "):
        worker(merge=merge)
