"""The control handler: a count becomes a plan, or one clear line says why not."""

import json
import logging
from typing import Any

import pytest

from fan_out.runtime import control
from fan_out.runtime.control import count_from_input
from fan_out.runtime.sizing import PLAN_VARIABLE
from lambdas.control import handler as article

ABSURD = 10**15 + 1


@pytest.fixture(autouse=True)
def no_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLAN_VARIABLE, raising=False)


def test_the_plan_is_cut_with_the_constructs_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLAN_VARIABLE, '{"atMost": 50}')
    assert [item["oneJobProcessingCount"] for item in article({}, None)] == [50, 50, 5]


def test_the_input_overrides_the_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLAN_VARIABLE, '{"atMost": 50}')
    plan = article({"oneJobProcessMaxCount": 100}, None)
    assert [item["oneJobProcessingCount"] for item in plan] == [100, 5]


def test_the_input_overrides_nothing_that_the_function_answered() -> None:
    plan = article({"oneJobProcessMaxCount": 200, "totalProcessRecordCount": 7}, None)
    assert plan == [{"oneJobProcessingCount": 105, "offset": 0}]


def test_the_function_gets_the_whole_input_and_the_context() -> None:
    seen: list[object] = []

    @control
    def counting(event: Any, context: Any) -> int:
        seen.extend([event, context])
        return 0

    event = {"oneJobProcessMaxCount": 1, "table": "orders"}
    assert counting(event, "context") == []
    assert seen == [event, "context"]


def test_the_built_in_control_counts_what_the_input_says() -> None:
    event = {"totalProcessRecordCount": 105, "oneJobProcessMaxCount": 10}
    assert len(count_from_input(event, None)) == 11


def test_the_answer_is_json_as_the_contract_says() -> None:
    plan = article({"oneJobProcessMaxCount": 10}, None)
    assert json.loads(json.dumps(plan)) == plan
    assert all(item.keys() == {"oneJobProcessingCount", "offset"} for item in plan)


def test_the_handler_keeps_the_functions_name_and_docstring() -> None:
    assert (article.__module__, article.__name__) == ("lambdas.control", "handler")
    assert article.__doc__ == "Answer the article's 105 records."


@pytest.mark.parametrize(
    "total", [-1, ABSURD, True, False, "105", b"1", {}, 1.0, float("nan"), float("inf"), None]
)
def test_a_total_that_is_no_count_is_refused(total: object) -> None:
    event = {"totalProcessRecordCount": total, "oneJobProcessMaxCount": 10}
    with pytest.raises(ValueError, match="totalProcessRecordCount must be a whole number from 0"):
        count_from_input(event, None)

    @control
    def counting(event: Any, context: Any) -> int:
        return total  # type: ignore[return-value]

    with pytest.raises(ValueError, match="the count that counting answered must be a whole number"):
        counting({"oneJobProcessMaxCount": 10}, None)


@pytest.mark.parametrize("size", [0, -1, ABSURD, True, "10", 1.0, float("nan"), None, {}])
def test_a_size_that_is_no_count_is_refused_before_anything_is_counted(size: object) -> None:
    @control
    def counting(event: Any, context: Any) -> int:
        raise AssertionError("counted")

    with pytest.raises(ValueError, match="oneJobProcessMaxCount must be a whole number from 1"):
        counting({"oneJobProcessMaxCount": size}, None)


@pytest.mark.parametrize(
    "text", ["", "10", "ten", "[]", '{"atMost": 0}', '{"jobs": -1}', '{"secondsPerRecord": "x"}']
)
def test_a_broken_chunk_size_in_the_environment_is_named(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAN_VARIABLE, text)
    with pytest.raises(ValueError, match=PLAN_VARIABLE):
        article({}, None)


@pytest.mark.parametrize("event", [{}, [], None, "text", 5])
def test_without_any_chunk_size_the_error_says_where_to_give_one(event: object) -> None:
    with pytest.raises(ValueError, match="give FanOut a chunk_size, or the execution input one"):
        article(event, None)


@pytest.mark.parametrize("event", [{}, [], None])
def test_the_built_in_control_says_what_it_misses(
    event: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAN_VARIABLE, '{"atMost": 10}')
    with pytest.raises(ValueError, match="needs totalProcessRecordCount in the execution input"):
        count_from_input(event, None)


def test_a_plan_too_long_for_the_machine_is_refused_with_the_size_that_fits() -> None:
    with pytest.raises(ValueError, match="are 3570 chunks") as error:
        count_from_input({"totalProcessRecordCount": 35_700, "oneJobProcessMaxCount": 10}, None)
    assert str(error.value).endswith("the smallest chunk size that fits is 11")


def test_a_plan_with_little_room_for_retries_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        count_from_input({"totalProcessRecordCount": 2_498, "oneJobProcessMaxCount": 1}, None)
        assert caplog.messages == []
        count_from_input({"totalProcessRecordCount": 3_569, "oneJobProcessMaxCount": 1}, None)
    assert caplog.messages == [
        "3569 chunks leave room for 2 retries in all (history limit of 25000 events)"
    ]
