"""Run states: one after the other, each given what the one before has answered.

One event loop runs all executions: a state that waits, for a worker or for a time, is a coroutine
and no thread; to stop an execution, to time it out, or to abort the siblings of an iteration that
failed is one and the same thing, cancelling; and what is cancelled writes its own last event.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fan_out.local.step_functions.children import run_map, run_parallel
from fan_out.local.step_functions.choices import moment_of
from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.definition import (
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    State,
    States,
    Succeed,
    Task,
    Wait,
)
from fan_out.local.step_functions.errors import NO_CHOICE, RUNTIME, StateFailed
from fan_out.local.step_functions.frame import Frame
from fan_out.local.step_functions.json_text import checked_text
from fan_out.local.step_functions.jsonata import Expression
from fan_out.local.step_functions.paths import Path
from fan_out.local.step_functions.tasks import run_task
from fan_out.local.step_functions.templates import Template
from fan_out.local.step_functions.values import (
    Outcome,
    effective_input,
    outcome_of,
    passed_on,
    whole_number,
)
from fan_out.local.step_functions.working import work


async def run_states(states: States, value: Any, frame: Frame) -> Any:
    """Run a sequence of states on an input, and answer its output. Raises StateFailed.

    A frame that has been at a state goes on there: it is a redrive, which does not enter it again.
    """
    frame.redriven = frame.at is not None
    name: str | None
    name, value = frame.at or (states.start_at, value)
    text: str | None = None
    while name is not None:
        state = states.by_name[name]
        frame.at = (name, value)
        if text is None:
            text = checked_text(value, _too_large(state))
        value, text, name = await _step(state, value, text, frame)
        frame.redriven = False
    return value


async def _step(state: State, value: Any, text: str, frame: Frame) -> tuple[Any, str, str | None]:
    """Run one state on a value, whose JSON is ``text``: enter it, do what it does, leave it.

    Answers its output, the JSON of that, and the state to go on with.
    """
    kind = type(state).__name__
    if not frame.redriven:
        frame.enter(state, kind, text)
    try:
        outcome = await _RUNNERS[type(state)](state, value, frame)
    except StateFailed as failure:
        raise frame.placed(state, failure) from None
    text = checked_text(outcome.output, _too_large(state))
    more: dict[str, Any] = {}
    if outcome.assigned:
        frame.variables.update(outcome.assigned)
        shown = {name: checked_text(item, "") for name, item in outcome.assigned.items()}
        more = {"assignedVariables": shown, "assignedVariablesDetails": {"truncated": False}}
    frame.add(
        f"{kind}StateExited",
        name=state.name,
        output=text,
        outputDetails={"truncated": False},
        **more,
    )
    return outcome.output, text, outcome.next


def _too_large(state: State) -> str:
    return (
        f"The state/task '{state.name}' returned a result with a size exceeding the maximum number "
        "of bytes service limit."
    )


async def _pass(state: Pass, value: Any, frame: Frame) -> Outcome:
    data = frame.data(value)
    if state.jsonata:
        return passed_on(state, data)
    seen = effective_input(state, data)
    result = seen.value
    if state.result is not None:
        result = state.result.evaluate(seen, "Result")
    elif state.parameters is not None:
        result = state.parameters.evaluate(seen, "Parameters")
    return outcome_of(state, data, result, result, state.result_path)


async def _succeed(state: Succeed, value: Any, frame: Frame) -> Outcome:
    return passed_on(state, frame.data(value))


async def _fail(state: Fail, value: Any, frame: Frame) -> Outcome:
    data = frame.data(value)
    texts = [_fail_text(state.error, data, "Error"), _fail_text(state.cause, data, "Cause")]
    raise StateFailed(*texts, placed=True)


def _fail_text(template: Template | None, data: Data, name: str) -> str | None:
    if isinstance(template, Expression):
        return str(template.typed(data, "string", lambda value: isinstance(value, str)))
    text = None if template is None else template.evaluate(data, f"{name}Path")
    if text is not None and not isinstance(text, str):
        raise StateFailed(RUNTIME, f"The {name}Path field must lead to a string, got {text!r}")
    return text


async def _wait(state: Wait, value: Any, frame: Frame) -> Outcome:
    data = frame.data(value)
    seen = effective_input(state, data)
    seconds: float | None = whole_number(state.seconds, seen, "Seconds")
    if seconds is None:
        until = state.timestamp
        if isinstance(until, Path):
            until = until.evaluate(seen, "TimestampPath")
        elif isinstance(until, Expression):
            until = until.typed(seen, "timestamp", lambda text: moment_of(text) is not None)
        moment = moment_of(until)
        if moment is None:
            raise StateFailed(RUNTIME, f"The TimestampPath leads to {until!r}, no timestamp")
        seconds = (moment - frame.world.now()).total_seconds()
    await frame.world.sleep(max(0, seconds))
    return passed_on(state, data)


async def _choose(state: Choice, value: Any, frame: Frame) -> Outcome:
    data = frame.data(value)
    seen = effective_input(state, data)
    for rule in state.rules:
        if rule.applies(seen):
            return passed_on(state, data, rule)
    if state.default is None:
        raise StateFailed(NO_CHOICE, "No choice rule matched, and there is no Default.")
    outcome = passed_on(state, data)
    return Outcome(outcome.output, state.default, outcome.assigned)


async def _task(state: Task, value: Any, frame: Frame) -> Outcome:
    return await work(state, value, frame, lambda seen: run_task(state, seen, frame))


async def _map(state: Map, value: Any, frame: Frame) -> Outcome:
    return await work(state, value, frame, lambda seen: run_map(state, seen, frame, run_states))


async def _parallel(state: Parallel, value: Any, frame: Frame) -> Outcome:
    return await work(
        state, value, frame, lambda seen: run_parallel(state, seen, frame, run_states)
    )


_RUNNERS: dict[type, Callable[[Any, Any, Frame], Awaitable[Outcome]]] = {
    Pass: _pass,
    Succeed: _succeed,
    Fail: _fail,
    Wait: _wait,
    Choice: _choose,
    Task: _task,
    Map: _map,
    Parallel: _parallel,
}
