"""Which of an app's functions run on another Python in AWS than on this machine."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def other_python(assembly: Path) -> str | None:
    """Answer a line that says so, for a synthesized cloud assembly; None where there is none."""
    others = {python for python in _pythons(assembly) if python != THIS_PYTHON}
    if not others:
        return None
    in_order = sorted(others, key=lambda python: int(python.partition(".")[2]))
    return (
        f"note: functions run on this machine's Python {THIS_PYTHON} here, "
        f"in AWS on {', '.join(in_order)}"
    )


def _pythons(assembly: Path) -> Iterator[str]:
    for template in assembly.rglob("*.template.json"):
        resources = json.loads(template.read_text("utf-8")).get("Resources", {})
        for resource in resources.values():
            runtime = resource.get("Properties", {}).get("Runtime")
            if isinstance(runtime, str) and re.fullmatch(r"python3\.[0-9]+", runtime):
                yield runtime.removeprefix("python")
