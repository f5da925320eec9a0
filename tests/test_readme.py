"""What the README says is so: its code runs, its commands exist, its figures are the code's."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from fan_out import Environment, FanOut
from fan_out.runtime import Chunk
from fan_out.runtime.budget import (
    BYTES_PER_FAILURE,
    EVENTS_PER_CHUNK,
    EVENTS_PER_FAILURE,
    EVENTS_PER_ROUND,
    EVENTS_TO_FINISH,
    EVENTS_TO_HALVE,
    HISTORY_EVENTS,
    INLINE_CONCURRENCY,
    MOST_CHUNKS,
    PAYLOAD_BYTES,
    most_chunks,
)
from fan_out.runtime.plan import Plan

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.removeprefix("$ ").partition("#")[0].strip()
    for block in blocks("console")
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_the_app_of_the_readme_synthesizes() -> None:
    namespace: dict[str, type[cdk.Stack]] = {}
    exec(blocks("python")[0], namespace)
    stack = namespace["NightlyStack"](cdk.App(), "Nightly")
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::StepFunctions::StateMachine", 1)


def test_the_lambdas_of_the_readme_are_the_apps() -> None:
    """The block shows both files side by side; the files add types and docstrings."""
    lines = blocks("python")[1].splitlines()
    at = lines[0].index("# lambdas/worker.py")
    for name, shown in (
        ("control", [line[:at].rstrip() for line in lines]),
        ("worker", [line[at:] for line in lines]),
    ):
        written = (ROOT / "lambdas" / f"{name}.py").read_text().replace(": Any", "")
        missing = [line for line in shown[1:] if line and line not in written]
        assert not missing, f"lambdas/{name}.py has no {missing}"


def test_there_are_exactly_two_commands_that_need_no_set_up() -> None:
    assert [command for command in COMMANDS if command.startswith("make")] == [
        "make run",
        "make test",
    ]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name.startswith("make")])
def test_every_make_target_of_the_readme_exists(command: str) -> None:
    subprocess.run(
        [*command.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True, timeout=60
    )


@pytest.mark.parametrize("command", [name for name in COMMANDS if name.startswith("fan-out")])
def test_every_command_of_the_readme_exists(command: str) -> None:
    words = [word for word in command.split(" --")[0].split()[1:] if not word.startswith("-")]
    options = re.findall(r"--[a-z-]+", command)
    done = subprocess.run(
        [sys.executable, "-m", "fan_out", *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert all(option in done.stdout for option in options)


def test_the_code_of_the_page_on_sizes_runs() -> None:
    page = (ROOT / "docs" / "sizing.md").read_text()
    for block in re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL):
        exec(block, {})
    assert f"at most {MOST_CHUNKS:,} chunks" in page
    carrying_on = EVENTS_PER_CHUNK + EVENTS_TO_FINISH
    assert f"{most_chunks(carrying_on):,} with `carry_on`" in page
    assert f"{carrying_on} with `carry_on`, and {EVENTS_PER_ROUND} for each further round" in page
    assert f"{EVENTS_PER_FAILURE} where failures are tolerated" in page
    assert f"{EVENTS_PER_CHUNK + EVENTS_TO_HALVE} where chunks are halved" in page
    assert f"room for {BYTES_PER_FAILURE} bytes of a failure" in page
    tolerating = most_chunks(EVENTS_PER_FAILURE, BYTES_PER_FAILURE)
    assert f"{tolerating:,} where failures are tolerated" in page


def test_the_worker_of_the_page_on_carrying_on_runs() -> None:
    page = (ROOT / "docs" / "carrying-on.md").read_text()
    block = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)[0]
    namespace: dict[str, Any] = {}
    exec(block, namespace)
    assert namespace["handler"](Chunk(offset=3, count=2), None) == [3, 4]
    assert f"at most {most_chunks(EVENTS_PER_CHUNK + EVENTS_TO_FINISH):,} chunks" in page


def test_the_waves_of_the_page_on_sizes_are_those_of_the_plan() -> None:
    fitted = Plan.in_waves(105, 10, 4, MOST_CHUNKS)
    assert [chunk.count for chunk in fitted] == [9] * 9 + [8] * 3
    assert [chunk.count for chunk in Plan.in_waves(105, 14, 4, MOST_CHUNKS)] == [14] + [13] * 7


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, cell by cell."""
    text = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    columns = len(rows[0])
    body = []
    for row in rows[2:]:
        if len(row) != columns:
            break
        body.append([cell.strip() for cell in row])
    return body


def test_the_table_of_parameters_is_the_constructs_signature() -> None:
    documented = [
        re.findall(r"`(\w+)`", row[0])[0] for row in table("The parameters (Map options)")
    ]
    parameters = list(inspect.signature(FanOut.__init__).parameters)[3:]
    assert sorted(documented) == sorted(parameters)


def test_the_keys_of_an_environment_are_those_that_are_read() -> None:
    documented = {name for row in table("Environments") for name in re.findall(r"`(\w+)`", row[0])}
    assert documented == set(Environment.__dataclass_fields__) - {"name"}


def test_the_limits_are_the_codes() -> None:
    assert f"**{MOST_CHUNKS:,} chunks**" in README
    assert f"**{INLINE_CONCURRENCY} at a time**" in README
    assert f"a history of {HISTORY_EVENTS:,} events" in README
    assert f"**{PAYLOAD_BYTES // 1024} KiB**" in README


def test_the_cost_of_the_example_is_its_arithmetic() -> None:
    chunks, seconds, gigabytes = 1_000, 600, 1_769 / 1_024
    dollars = chunks * (0.000025 + 0.0000002 + seconds * gigabytes * 0.0000133334)
    assert f"${dollars:.2f}" in README


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
