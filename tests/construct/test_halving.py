"""Halving a chunk, expression by expression: no record is lost, and none is done twice."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fan_out import halving
from fan_out.local.adaptations.executions.jsonata.evaluation import evaluate

JSON = st.one_of(
    st.none(),
    st.integers(0, 9),
    st.text(max_size=2),
    st.lists(st.one_of(st.none(), st.integers(0, 9), st.lists(st.integers(0, 9))), max_size=3),
    st.dictionaries(st.text(max_size=1), st.integers(0, 9), max_size=2),
)


def value_of(expression: str, **states: Any) -> Any:
    expression = " ".join(expression.removeprefix("{%").removesuffix("%}").split())
    return evaluate(expression, {"states": states, "causeLength": 10})


def iteration(chunk: dict[str, Any], monsters: set[int]) -> list[dict[str, Any]]:
    """What the machine does with one chunk of which these records are too much for any worker."""
    state: Any = {"todo": [chunk], "parts": [], "with": {"execution": "nightly"}}
    while state["todo"]:
        payload = value_of(halving.PAYLOAD, input=state)
        assert payload["execution"] == "nightly"
        first, count = payload["offset"], payload["oneJobProcessingCount"]
        records = range(first, first + count)
        if monsters & set(records):
            error = {"Error": "Sandbox.Timedout", "Cause": "timed out after 900 seconds"}
            caught = value_of(halving.CAUGHT, input=state, errorOutput=error)
            state = value_of(halving.CUT, input=caught)
        else:
            answer = payload.get("items", list(records))
            state = value_of(halving.FINISHED, input=state, result={"Payload": answer})
    return list(state["parts"])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 12), offset=st.integers(0, 100))
def test_only_the_records_that_are_too_much_are_lost(
    data: st.DataObject, count: int, offset: int
) -> None:
    numbers = list(range(offset, offset + count))
    monsters = data.draw(st.sets(st.sampled_from(numbers)))
    items = data.draw(st.one_of(st.none(), st.lists(JSON, min_size=count, max_size=count)))
    chunk: dict[str, Any] = {"oneJobProcessingCount": count, "offset": offset, "mark": "kept"}
    expected: list[Any] = [number for number in numbers if number not in monsters]
    if items is not None:
        chunk["items"] = items
        expected = [items[number - offset] for number in expected]
    parts = iteration(chunk, monsters)
    results = [part["result"] for part in parts if "result" in part]
    failures = [part["failure"]["chunk"] for part in parts if "failure" in part]
    assert sum(results, []) == expected
    assert failures == [
        {"oneJobProcessingCount": 1, "offset": number} for number in sorted(monsters)
    ]


def test_a_chunk_that_failed_for_another_reason_is_not_cut() -> None:
    chunk = {"oneJobProcessingCount": 4, "offset": 0}
    for error, cause in (
        ("ValueError", '{"errorMessage": "bad record", "errorType": "ValueError"}'),
        ("Runtime.ExitError", "Runtime exited with error: exit status 1"),
        ("Lambda.TooManyRequestsException", ""),
    ):
        caught = {"todo": [chunk], "parts": [], "with": {}}
        caught["caught"] = {"Error": error, "Cause": cause}  # type: ignore[assignment]
        state = value_of(halving.CUT, input=caught)
        assert state["todo"] == []
        (part,) = state["parts"]
        assert part["failure"]["chunk"] == chunk
        assert part["failure"]["error"] == error


def test_what_the_kernel_killed_is_cut() -> None:
    chunk = {"oneJobProcessingCount": 3, "offset": 5}
    caught = {"Error": "Runtime.ExitError", "Cause": "Runtime exited with error: signal: killed"}
    given_state = {"todo": [chunk], "parts": [], "with": {}, "caught": caught}
    state = value_of(halving.CUT, input=given_state)
    assert state["todo"] == [
        {"oneJobProcessingCount": 2, "offset": 5},
        {"oneJobProcessingCount": 1, "offset": 7},
    ]
