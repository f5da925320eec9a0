"""The iterations of a Map and the branches of a Parallel: sequences that run side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import Map, Parallel, States
from fan_out.local.step_functions.errors import RUNTIME, StateFailed
from fan_out.local.step_functions.frame import Frame
from fan_out.local.step_functions.json_text import checked_text
from fan_out.local.step_functions.jsonata import Expression
from fan_out.local.step_functions.paths import Path
from fan_out.local.step_functions.values import whole_number
from fan_out.runtime.budget import INLINE_CONCURRENCY

TOO_LARGE = (
    "The state/task '{}' provided parameters with a size exceeding the maximum number of bytes "
    "service limit."
)

Run = Callable[[States, Any, Frame], Awaitable[Any]]
"""Runs a sequence of states on an input, and answers its output."""


async def run_map(state: Map, data: Data, frame: Frame, run: Run) -> list[Any]:
    """Run the processor for each item, at most 40 at a time, and answer the outputs in order.

    The first iteration that fails aborts the others. Raises what it raised.
    """
    at_a_time = whole_number(state.max_concurrency, data, "MaxConcurrency") or INLINE_CONCURRENCY
    items = _items(state, data)
    started = frame.start_children("MapStateStarted", length=len(items))
    waiting = iter([index for index in range(len(items)) if index not in frame.outputs])

    async def lane() -> None:
        """One iteration after the other, of those that wait."""
        previous = started
        for index in waiting:
            inner = frame.inner_frames.get(index)
            if inner is None:
                inner = frame.inner(Map={"Item": {"Index": index, "Value": items[index]}})
                inner.previous = previous
                frame.inner_frames[index] = inner
            frame.outputs[index] = await _iteration(state, data, index, frame, inner, run)
            previous = inner.previous

    lanes = min(at_a_time, INLINE_CONCURRENCY, len(items) - len(frame.outputs))
    await _side_by_side([lane() for _ in range(lanes)])
    frame.add_beside("MapStateSucceeded")
    return [frame.outputs[index] for index in range(len(items))]


async def _iteration(
    state: Map, data: Data, index: int, frame: Frame, inner: Frame, run: Run
) -> Any:
    """Run one iteration; what follows the Map follows upon the end of the last one, or upon what
    made one fail."""
    which = {"name": state.name, "index": index}
    try:
        given = None
        if inner.at is None:
            inner.add("MapIterationStarted", **which)
            given = _selected(state, data, index, frame, inner)
        output = await run(state.processor, given, inner)
    except StateFailed as failure:
        failure = frame.placed(state, failure)
        frame.previous = inner.previous
        inner.add_beside("MapIterationFailed", **which)
        _end_task(inner)
        raise failure from None
    except asyncio.CancelledError:
        frame.add_beside("MapIterationAborted", **which)
        inner.cut_off(frame.previous)
        raise
    frame.previous = inner.add_beside("MapIterationSucceeded", **which)
    return output


def _selected(state: Map, data: Data, index: int, frame: Frame, inner: Frame) -> Any:
    """What an iteration is given: its item, or what ItemSelector makes of it."""
    if state.item_selector is None:
        return inner.context["Map"]["Item"]["Value"]
    seen = inner.data(data.value)
    selected = state.item_selector.evaluate(seen, "ItemSelector")
    checked_text(selected, TOO_LARGE.format(state.name))
    return selected


def _items(state: Map, data: Data) -> list[Any]:
    if isinstance(state.items, Expression):
        found = state.items.typed(data, "array", lambda value: isinstance(value, list))
        return list(found)
    found = data.value if state.items is None else state.items.evaluate(data, "ItemsPath")
    if not isinstance(found, list):
        text = state.items.text if isinstance(state.items, Path) else "$"
        raise StateFailed(RUNTIME, f'Reference path "{text}" must point to array.')
    return found


async def run_parallel(state: Parallel, data: Data, frame: Frame, run: Run) -> list[Any]:
    """Run all branches on the same input, and answer their outputs in order.

    The first branch that fails aborts the others. Raises what it raised.
    """
    given = data.value
    if state.parameters is not None:
        given = state.parameters.evaluate(data, "Arguments" if state.jsonata else "Parameters")
        checked_text(given, TOO_LARGE.format(state.name))
    started = frame.start_children("ParallelStateStarted")
    every = range(len(state.branches))

    async def branch(number: int) -> None:
        inner = frame.inner_frames.get(number)
        if inner is None:
            inner = frame.inner_frames[number] = frame.inner()
            inner.previous = started
        try:
            frame.outputs[number] = await run(state.branches[number], given, inner)
            frame.previous = inner.previous
        except StateFailed:
            frame.previous = inner.previous
            _end_task(inner)
            raise
        except asyncio.CancelledError:
            inner.cut_off(frame.previous)
            raise

    await _side_by_side([branch(number) for number in every if number not in frame.outputs])
    frame.add_beside("ParallelStateSucceeded")
    return [frame.outputs[number] for number in every]


def _end_task(inner: Frame) -> None:
    """As AWS has it, a task whose failure ends an iteration or a branch is aborted, too."""
    if inner.kind == "Task":
        inner.cut_off(inner.previous)


async def _side_by_side(sequences: list[Coroutine[Any, Any, None]]) -> None:
    """Run all of them; where one fails, abort the others, wait for their last words, and raise."""
    tasks = [asyncio.ensure_future(sequence) for sequence in sequences]
    try:
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        failed = [task for task in tasks if task.done() and not task.cancelled()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in failed:
        if (error := task.exception()) is not None:
            raise error
