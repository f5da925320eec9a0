"""What is taken for the answers of the chunks, and what a user's own output may look like."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from executions import Executions, ended, failures, items, partly, tolerant
from recorded import ARN, MACHINE, History, Only, Service, answering, client

from fan_out.cli.aws import Aws
from fan_out.cli.display.screen import Screen
from fan_out.cli.resume import Resume, resume
from fan_out.cli.run import Run, run

COUNTS = {"chunks": 3, "succeeded": 2, "failed": 1, "records": 30, "recordsSucceeded": 17}
LOOKS_LIKE_OURS = {"results": [1, 2], "failures": ["a", 7], "counts": {"records": 20}}
ITS_LINES = [
    "result:",
    *(f"  {line}" for line in json.dumps(LOOKS_LIKE_OURS, indent=2).split("\n")),
]


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def aws(executions: Executions) -> Iterator[Aws]:
    with answering(client("stepfunctions"), executions) as stepfunctions:
        yield Only(stepfunctions)


def collected(history: History, given: Any, output: Any) -> Service:
    history.task("Collect", len(history.events), json.dumps(given))
    return ended(history, "Succeeded", output)


TOLERATED = {"results": [0, 2], "failures": failures(1), "counts": COUNTS}
SHAPED = {"results": 7, "failures": [], "counts": {}}
FAILURES = [
    "failures: 1 chunk",
    "  2  offset 10, count 10: ValueError: cut short",
]


@pytest.mark.parametrize(
    ("service", "lines"),
    [
        (collected(partly(items(0, 1), {0: 1, 1: 2}), [1, 2], LOOKS_LIKE_OURS), ITS_LINES),
        (
            collected(partly(items(0), {0: LOOKS_LIKE_OURS}), LOOKS_LIKE_OURS, LOOKS_LIKE_OURS),
            ITS_LINES,
        ),
        (ended(partly(items(0, 1), {}), "Succeeded", LOOKS_LIKE_OURS), ITS_LINES),
        (
            collected(tolerant({1}, {0: 0, 2: 2}), TOLERATED, LOOKS_LIKE_OURS),
            [*ITS_LINES, *FAILURES],
        ),
        (
            collected(tolerant({1}, {0: 0, 2: 2}), "of a machine of one's own", LOOKS_LIKE_OURS),
            [*ITS_LINES, *FAILURES],
        ),
        (
            ended(tolerant({1}, {0: 0, 2: 2}), "Succeeded", 7),
            ["result:", "  7", *FAILURES],
        ),
        (
            ended(tolerant(set(), {0: 0}), "Succeeded", SHAPED),
            ["result:", *(f"  {line}" for line in json.dumps(SHAPED, indent=2).split("\n"))],
        ),
        (
            ended(tolerant({1}, {0: 0, 2: 2}), "Succeeded", TOLERATED),
            ["result: 2 answers, in chunk order", "  1  0", "  2  2", *FAILURES],
        ),
        (
            collected(partly(items(0, 1), {0: 1, 1: 2}), [1, 2], [3, 4]),
            ["result:", "  [", "    3,", "    4", "  ]"],
        ),
        (
            ended(partly(items(0, 1), {0: 1, 1: 2}), "Succeeded", [1, 2]),
            ["result: 2 answers, in chunk order", "  1  1", "  2  2"],
        ),
        (
            ended(partly(items(0, 1), {0: 1, 1: 2}), "Succeeded", [1]),
            ["result:", "  [", "    1", "  ]"],
        ),
    ],
)
def test_the_steps_decide_what_is_an_answer_and_what_a_failure_and_not_the_outputs_shape(
    aws: Aws,
    executions: Executions,
    capsys: pytest.CaptureFixture[str],
    service: Service,
    lines: list[str],
) -> None:
    executions.next = service
    assert run(aws, Run(machine=MACHINE), Screen()) == 0
    assert capsys.readouterr().out.splitlines()[1:] == lines


def test_what_a_collect_answers_is_not_joined_whatever_it_looks_like(
    aws: Aws, executions: Executions, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.known[ARN] = ended(partly(items(0, 1), {1: 1}, failed=0), "Failed")
    executions.next = collected(partly(items(0), {0: 0}), [0], LOOKS_LIKE_OURS)
    assert resume(aws, Resume(execution=ARN, whole=True), Screen()) == 0
    assert json.loads(capsys.readouterr().out) == LOOKS_LIKE_OURS
