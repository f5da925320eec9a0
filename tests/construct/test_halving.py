"""Halving a chunk, expression by expression: no record is lost, and none is done twice."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fan_out import halving
from fan_out.local.step_functions.jsonata import evaluate

JSON = st.one_of(
    st.none(),
    st.integers(0, 9),
    st.text(max_size=2),
    st.lists(st.one_of(st.none(), st.integers(0, 9), st.lists(st.integers(0, 9))), max_size=3),
    st.dictionaries(st.text(max_size=1), st.integers(0, 9), max_size=2),
)


def value_of(expression: str, most_parts: int = 64, **states: Any) -> Any:
    expression = " ".join(expression.removeprefix("{%").removesuffix("%}").split())
    scope = {"states": states, "causeBytes": 10, "mostParts": most_parts}
    return evaluate(expression, scope)


WITH = {"execution": "nightly", "input": {"mode": "full"}}


def iteration(
    chunk: dict[str, Any],
    monsters: set[int],
    most_parts: int = 64,
    in_a_round: int | None = None,
    *,
    places: bool = False,
) -> list[dict[str, Any]]:
    """What the machine does with one chunk of which these records are too much for any worker;
    ``in_a_round``: that many records, and then the worker carries on."""
    carries_on = in_a_round is not None
    state: Any = {"todo": [chunk], "parts": [], "with": WITH}
    while state["todo"]:
        event = value_of(halving.payload(carries_on=carries_on), input=state)
        inner = event.get("carryOn", event)
        assert {key: inner[key] for key in WITH} == WITH
        first, count = inner["offset"], inner["oneJobProcessingCount"]
        now = min(count, in_a_round or count)
        if monsters & set(range(first, first + now)):
            error = {"Error": "Sandbox.Timedout", "Cause": "timed out after 900 seconds"}
            caught = value_of(halving.CAUGHT, input=state, errorOutput=error)
            state = value_of(halving.cut(places=places), most_parts, input=caught)
            assert all(not WITH.keys() & waiting.keys() for waiting in state["todo"])
            continue
        items = inner.get("items")
        done = list(range(first, first + now)) if items is None else items[:now]
        answer: Any = inner.get("answer", []) + done
        if now < count:
            rest = {**inner, "offset": first + now, "oneJobProcessingCount": count - now}
            if items is not None:
                rest["items"] = items[now:]
            answer = {"carryOn": {**rest, "answer": answer, "round": 2}}
        expression = halving.finished(carries_on=carries_on, places=places)
        state = value_of(expression, input=state, result={"Payload": answer})
    return list(state["parts"])


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    count=st.integers(1, 12),
    offset=st.integers(0, 100),
    in_a_round=st.sampled_from([None, 1, 2, 5]),
)
def test_only_the_records_that_are_too_much_are_lost(
    data: st.DataObject, count: int, offset: int, in_a_round: int | None
) -> None:
    numbers = list(range(offset, offset + count))
    monsters = data.draw(st.sets(st.sampled_from(numbers)))
    items = data.draw(st.one_of(st.none(), st.lists(JSON, min_size=count, max_size=count)))
    chunk: dict[str, Any] = {"oneJobProcessingCount": count, "offset": offset, "mark": "kept"}
    expected: list[Any] = [number for number in numbers if number not in monsters]
    if items is not None:
        chunk["items"] = items
        expected = [items[number - offset] for number in expected]
    parts = iteration(chunk, monsters, in_a_round=in_a_round)
    results = [part["result"] for part in parts if "result" in part]
    failures = [part["failure"]["chunk"] for part in parts if "failure" in part]
    assert sum(results, []) == expected
    assert failures == [
        {"oneJobProcessingCount": 1, "offset": number} for number in sorted(monsters)
    ]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), count=st.integers(1, 12), in_a_round=st.sampled_from([None, 1, 2, 5]))
def test_for_a_collect_each_answer_comes_with_one_of_its_records(
    data: st.DataObject, count: int, in_a_round: int | None
) -> None:
    numbers = list(range(20, 20 + count))
    monsters = data.draw(st.sets(st.sampled_from(numbers)))
    chunk = {"oneJobProcessingCount": count, "offset": 20}
    parts = iteration(chunk, monsters, in_a_round=in_a_round, places=True)
    assert all(part["offset"] in part["result"] for part in parts if "result" in part)
    assert all(part.keys() == {"failure"} for part in parts if "result" not in part)
    plain = [{key: part[key] for key in part if key != "offset"} for part in parts]
    assert plain == iteration(chunk, monsters, in_a_round=in_a_round)


@settings(max_examples=30, deadline=None)
@given(most=st.integers(1, 6), monsters=st.sets(st.integers(0, 15), min_size=1))
def test_a_chunk_is_cut_into_so_many_parts_and_no_more(most: int, monsters: set[int]) -> None:
    parts = iteration({"oneJobProcessingCount": 16, "offset": 0}, monsters, most)
    assert len(parts) <= most
    failed = [
        range(chunk["offset"], chunk["offset"] + chunk["oneJobProcessingCount"])
        for chunk in (part["failure"]["chunk"] for part in parts if "failure" in part)
    ]
    lost = {record for part in failed for record in part}
    assert monsters <= lost
    assert all(monsters & set(part) for part in failed)
    done = sum([part["result"] for part in parts if "result" in part], [])
    assert done == [record for record in range(16) if record not in lost]


def test_an_answer_with_the_key_of_a_rest_is_an_answer_where_nothing_carries_on() -> None:
    state = {"todo": [{"oneJobProcessingCount": 1, "offset": 0}], "parts": [], "with": {}}
    given_state = {"input": state, "result": {"Payload": {"carryOn": True}}}
    state = value_of(halving.finished(carries_on=False), **given_state)
    assert (state["todo"], state["parts"]) == ([], [{"result": {"carryOn": True}}])


def test_a_chunk_that_failed_for_another_reason_is_not_cut() -> None:
    chunk = {"oneJobProcessingCount": 4, "offset": 0}
    for error, cause in (
        ("ValueError", '{"errorMessage": "bad record", "errorType": "ValueError"}'),
        ("Runtime.ExitError", "Runtime exited with error: exit status 1"),
        ("Lambda.TooManyRequestsException", ""),
    ):
        caught = {"todo": [chunk], "parts": [], "with": {}}
        caught["caught"] = {"Error": error, "Cause": cause}  # type: ignore[assignment]
        state = value_of(halving.cut(), input=caught)
        assert state["todo"] == []
        (part,) = state["parts"]
        assert part["failure"]["chunk"] == chunk
        assert part["failure"]["error"] == error


def test_what_the_kernel_killed_is_cut() -> None:
    chunk = {"oneJobProcessingCount": 3, "offset": 5}
    caught = {"Error": "Runtime.ExitError", "Cause": "Runtime exited with error: signal: killed"}
    given_state = {"todo": [chunk], "parts": [], "with": {}, "caught": caught}
    state = value_of(halving.cut(), input=given_state)
    assert state["todo"] == [
        {"oneJobProcessingCount": 2, "offset": 5},
        {"oneJobProcessingCount": 1, "offset": 7},
    ]
