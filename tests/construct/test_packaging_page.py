"""What the page on packaging says is so."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from zips import HANDLER, own_files

from fan_out.shipping import confidential, files

PAGE = (Path(__file__).parents[2] / "docs" / "packaging.md").read_text()

Write = Callable[[dict[str, str]], Path]


def test_the_code_of_the_page_synthesizes(importable: Write) -> None:
    importable(
        {
            "jobs/__init__.py": "",
            "jobs/flow.py": HANDLER,
            "jobs/client.pem": "",
            "common/plugins/excel.py": "",
            "templates/report.html": "",
        }
    )
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(block, {})


def test_the_three_lines_are_three() -> None:
    first = PAGE.split("\n\n")[1]
    assert [line[:2] for line in first.splitlines()] == ["1.", "2.", "3."]


def test_the_error_of_the_page_is_the_codes(importable: Write) -> None:
    importable({"job/flow.py": f"import json\nimport os\nimport yaml\n{HANDLER}"})
    (shown,) = re.findall(r"^```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    with pytest.raises(ValueError) as error:
        own_files("job.flow.handler")
    told = re.sub(r": \S*/job/", ": …/job/", str(error.value))
    assert told == shown.replace("jobs", "job")


def test_the_names_of_the_page_are_the_codes(tmp_path: Path) -> None:
    folders = files.FOLDERS_OF_TOOLS | files.MARKS_OF_TOOLS
    shown = {name for name in folders if f"`{name}`" in PAGE}
    assert folders - shown == {"__pycache__", "__pypackages__"}
    secrets = PAGE.split("## What looks like a secret")[1].split("and their like")[0]
    for name in re.findall(r"`([\w.]+)`", secrets):
        (tmp_path / name).touch()
        assert confidential.looks_like_a_secret(tmp_path / name)
