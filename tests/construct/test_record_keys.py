"""A record has one key, through plan, rounds, halves and resumed runs, whatever becomes of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fan_out import halving
from fan_out.cli.asked import Asked
from fan_out.cli.successor import name_after
from fan_out.local.step_functions.jsonata import evaluate
from fan_out.runtime import Chunk, control, worker
from fan_out.runtime.carry_on import MARGIN_VARIABLE
from fan_out.runtime.resumed import shortened


class Clock:
    """A Lambda context of which every look takes a second."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        self.seconds -= 1
        return 1000 * (self.seconds + 1)


class TooMuch(Exception):  # noqa: N818
    """What ends the worker."""


class Job:
    """A job whose worker writes each record under its key, as often as it is told to."""

    def __init__(self, total: int, monsters: set[int], *, with_items: bool) -> None:
        self.monsters = monsters
        self.written: dict[int, set[str]] = {record: set() for record in range(total)}

        @control
        def plan(event: Any, context: Any) -> Any:
            return [[record] for record in range(total)] if with_items else total

        @worker
        def write(chunk: Chunk, context: Any) -> list[int]:
            done = []
            for record, value in zip(chunk.records, chunk, strict=False):
                assert value == ([record] if with_items else record)
                self.written[record].add(chunk.key(record))
                if record in self.monsters:
                    raise TooMuch
                done.append(record)
            return done

        self.plan, self.write = plan, write

    def run(
        self, name: str, given: Any, seconds: Iterator[int], started: set[int]
    ) -> list[dict[str, Any]]:
        """Run one execution, stopped before the chunks but these are started, and answer those that
        it leaves undone."""
        left: list[dict[str, Any]] = []
        for number, chunk in enumerate(self.plan(given, None)):
            added = {"execution": name, "round": 1}
            left += self.iteration(chunk, added, seconds) if number in started else [chunk]
        return left

    def iteration(
        self, chunk: dict[str, Any], added: dict[str, Any], seconds: Iterator[int]
    ) -> list[dict[str, Any]]:
        left = []
        state: Any = {"todo": [chunk], "parts": [], "with": added}
        while state["todo"]:
            event = value_of(halving.payload(carries_on=True), input=state)
            try:
                answer = self.write(event, Clock(next(seconds)))
            except TooMuch:
                error = {"Error": "Sandbox.Timedout", "Cause": "timed out"}
                caught = value_of(halving.CAUGHT, input=state, errorOutput=error)
                before, state = state, value_of(halving.CUT, input=caught)
                if len(state["todo"]) < len(before["todo"]):
                    first = before["todo"][0]
                    kept = {**chunk, **first.get("carryOn", first)}
                    left.append({key: kept[key] for key in kept if key not in ("answer", "round")})
            else:
                told = halving.finished(carries_on=True)
                state = value_of(told, input=state, result={"Payload": answer})
        return left


def value_of(expression: str, **states: Any) -> Any:
    expression = " ".join(expression.removeprefix("{%").removesuffix("%}").split())
    return evaluate(expression, {"states": states, "causeBytes": 10, "mostParts": 5})


@pytest.fixture(autouse=True)
def margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARGIN_VARIABLE, "2")


@settings(max_examples=20, deadline=None)
@given(
    data=st.data(),
    total=st.integers(1, 14),
    size=st.integers(1, 9),
    name=st.sampled_from(["nightly", "nightly--re2", "n" * 73, "n" * 80]),
    with_items=st.booleans(),
)
def test_a_record_has_one_key_in_every_round_retry_half_and_resumed_run(
    data: st.DataObject, total: int, size: int, name: str, with_items: bool
) -> None:
    monsters = data.draw(st.sets(st.sampled_from(range(total))))
    seconds = iter(lambda: data.draw(st.integers(3, 8)), None)
    job = Job(total, monsters, with_items=with_items)
    given: Any = {"oneJobProcessMaxCount": size}
    execution = name
    for turn in range(4):
        started = set(range(total)) if turn == 3 else data.draw(st.sets(st.integers(0, 4)))
        left = job.run(execution, given, seconds, started)
        if not left:
            break
        job.monsters = set() if turn == 2 else job.monsters & data.draw(st.sets(st.integers(0, 13)))
        given = json.loads(Asked(chunks=left, of=f"arn:{execution}").within({}))
        execution = name_after(execution, resumed=turn > 0)
    assert job.written == {record: {f"{shortened(name)}:{record}"} for record in range(total)}
