"""The app of the page on failures runs, and accounts for every record; its other code is right."""

import datetime
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from fan_out import FailurePolicy, Retry, tolerance
from fan_out.local.step_functions.jsonata import evaluate
from fan_out.runtime import Chunk, worker
from fan_out.runtime.budget import (
    BYTES_PER_FAILURE,
    EVENTS_PER_FAILURE,
    MOST_CHUNKS,
    most_chunks,
)

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "failures.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


AND_BAD, KEYED, POLICIES, RETRIES, NIGHTLY, APP = blocks("python")


def test_the_whole_app_accounts_for_every_record(tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(NIGHTLY)
    (tmp_path / "app.py").write_text(APP)
    assert len([line for line in APP.splitlines() if line]) <= 20
    (command,) = [line for line in PAGE.splitlines() if line.startswith("$ fan-out local run")]
    done = subprocess.run(
        [sys.executable, "-m", "fan_out", *shlex.split(command)[2:], "--json"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{ROOT / 'node_modules' / '.bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    bad = list(range(57, 2_000, 200))
    assert json.loads(done.stdout) == {
        "good": 2_000 - len(bad),
        "sum": sum(range(2_000)) - sum(bad),
        "bad": bad,
        "failures": [],
    }
    assert '{"good": 1990' in PAGE
    assert "[57, 257, …, 1857]" in PAGE


def test_the_worker_that_sets_records_aside_answers_as_shown() -> None:
    namespace: dict[str, Any] = {}
    exec(AND_BAD, namespace)
    chunk = {"oneJobProcessingCount": 10, "offset": 50}
    assert namespace["handler"](chunk, None) == json.loads(blocks("json")[0])


def test_the_worker_that_takes_keys_answers_them() -> None:
    namespace: dict[str, Any] = {}
    exec(KEYED, namespace)
    name = "nightly-2026-11-24"
    chunk = {"oneJobProcessingCount": 1, "offset": 57, "execution": name}
    assert namespace["handler"](chunk, None)["answers"] == [f"{name}:57"]
    assert f'return key                              # "{name}:57"' in KEYED


def test_the_line_about_an_answer_is_what_is_said() -> None:
    when = datetime.datetime(2026, 11, 25)
    with pytest.raises(ValueError, match="must be JSON") as error:
        worker(lambda chunk, context: [0, 1, 2, {"when": when}])(Chunk(offset=0, count=1), None)
    assert f"\nValueError: {error.value}\n" in PAGE


def test_the_cause_that_is_shown_adds_up() -> None:
    (cause,) = (json.loads(block) for block in blocks("json") if "jobRecords" in block)
    assert cause["records"] - cause["recordsSucceeded"] == cause["jobBadRecords"]
    assert cause["records"] == cause["jobRecords"]


def test_the_output_that_is_shown_adds_up() -> None:
    shown = json.loads(blocks("json")[1])
    counts = shown["counts"]
    failed = sum(one["chunk"]["oneJobProcessingCount"] for one in shown["failures"])
    assert counts["records"] - failed == counts["recordsSucceeded"]
    assert counts["recordsSucceeded"] == len(sum(shown["results"], []))
    assert counts["succeeded"] + counts["failed"] == counts["chunks"]


def test_the_policies_and_retries_are_valid() -> None:
    namespace: dict[str, Any] = {}
    exec(POLICIES, namespace)
    exec(RETRIES, namespace)
    assert namespace["FailurePolicy"] is FailurePolicy
    assert isinstance(namespace["parameters"]["retry"], Retry)


def test_the_table_of_parts_is_the_machines() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(("| chunks in", "| parts that"))]
    chunks, parts = ([int(cell) for cell in row.split("|")[2:-1]] for row in rows)
    stack = cdk.Stack(cdk.App(), "Stack")
    policy = FailurePolicy.tolerate(chunks=1, halve=True)
    how = tolerance.plan(stack, policy).to_state_json()["Assign"]["mostParts"]
    for number, most in zip(chunks, parts, strict=True):
        seen = {"input": [0] * number}
        assert evaluate(how.strip("{%}"), {"states": seen}) == most


def test_the_longest_runs_are_the_codes() -> None:
    assert f"{most_chunks(EVENTS_PER_FAILURE, BYTES_PER_FAILURE):,} chunks" in PAGE
    assert f"the {MOST_CHUNKS:,} of the default" in PAGE
