"""The idempotent worker of the page on carrying on does a record once, however often tried."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

PAGE = Path(__file__).parent.parent.parent / "docs" / "carrying-on.md"


class Context:
    """What Powertools asks Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


CHUNK = {"oneJobProcessingCount": 3, "offset": 6, "execution": "nightly", "round": 1}


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page's code, with a table for it; a write beyond the first of a key is noticed."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "worker")
    monkeypatch.setenv("FAN_OUT_CARRY_ON_SECONDS", "1")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    block = blocks()[1]
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="done",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        namespace: dict[str, Any] = {"written": []}
        exec(block.replace("return record  ", "written.append(record); return record  "), namespace)
        yield namespace


def test_a_record_is_written_once_however_often_its_round_is_tried(page: Any) -> None:
    assert page["handler"](CHUNK, Context()) == [6, 7, 8]
    assert page["handler"](CHUNK, Context()) == [6, 7, 8]
    assert page["written"] == [6, 7, 8]


def test_another_execution_writes_again(page: Any) -> None:
    page["handler"](CHUNK, Context())
    page["handler"]({**CHUNK, "execution": "next"}, Context())
    assert page["written"] == [6, 7, 8, 6, 7, 8]


def test_a_resumed_execution_writes_only_what_is_not_written(page: Any) -> None:
    page["handler"](CHUNK, Context())
    again = {"oneJobProcessingCount": 4, "offset": 5, "execution": "nightly--re2", "round": 1}
    assert page["handler"]({**again, "resumed": True}, Context()) == [5, 6, 7, 8]
    assert page["written"] == [6, 7, 8, 5]


def test_a_further_round_writes_only_what_is_not_written(page: Any) -> None:
    page["handler"](CHUNK, Context())
    left = {"carryOn": {**CHUNK, "oneJobProcessingCount": 2, "offset": 8, "answer": [], "round": 2}}
    assert page["handler"](left, Context()) == [8, 9]
    assert page["written"] == [6, 7, 8, 9]


def test_number_and_item_come_together() -> None:
    namespace: dict[str, Any] = {}
    exec(blocks()[2], namespace)
    chunk = {**CHUNK, "items": ["a", "b", "c"]}
    assert namespace["handler"](chunk, Context()) == [
        "nightly:6 is a",
        "nightly:7 is b",
        "nightly:8 is c",
    ]
