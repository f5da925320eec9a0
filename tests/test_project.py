"""The project's own files agree with each other."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins() -> dict[str, str]:
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith(("#", "-r"))
    ]
    found = {}
    for line in lines:
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert pin.operator == "==", f"{line} is not pinned"
        assert requirement.name not in found, f"{requirement.name} stands twice"
        found[requirement.name] = pin.version
    return found


RANGES = [
    Requirement(line)
    for lines in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for line in lines
    if not line.startswith(("fan-out", "pip"))
]


@pytest.mark.parametrize("requirement", RANGES, ids=lambda requirement: requirement.name)
def test_what_is_tested_is_within_what_the_library_promises(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins()[requirement.name])


def test_the_cdk_cli_is_pinned_and_its_lock_file_holds_no_address() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]
    lock = (ROOT / "package-lock.json").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+", wanted)
    assert json.loads(lock)["packages"]["node_modules/aws-cdk"]["version"] == wanted
    assert "http" not in lock


def test_the_changelog_has_the_version() -> None:
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()
