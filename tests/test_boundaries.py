"""Imports run one way, and the runtime runs alone: shown by running it alone."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fan_out.functions import OLDEST_PYTHON

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "fan_out"

ALLOWED = {
    "runtime": {"runtime"},
    "quotas": {"runtime"},
    "chunk_size": {"quotas", "runtime"},
    "shipping": {"runtime", "shipping"},
    "identity": {"runtime", "shipping"},
    "handlers": {"identity", "shipping"},
    "requirements": {"requirements"},
    "package": {"handlers", "quotas", "requirements", "runtime", "shipping"},
    "acknowledgements": set[str](),
    "functions": {
        "acknowledgements",
        "handlers",
        "package",
        "quotas",
        "requirements",
        "runtime",
        "shipping",
    },
    "instructions": {"chunk_size", "functions", "map_options", "quotas", "runtime"},
    "failure_policy": {"quotas", "runtime"},
    "retry": {"quotas", "runtime"},
    "tolerance": {"failure_policy", "runtime"},
    "halving": {"runtime", "tolerance"},
    "map_options": {"failure_policy", "quotas", "retry", "runtime"},
    "collecting": {"handlers", "runtime"},
    "workflow": {"collecting", "functions", "halving", "map_options", "runtime", "tolerance"},
    "environment": {"quotas", "runtime"},
    "construct": {
        "acknowledgements",
        "chunk_size",
        "collecting",
        "failure_policy",
        "functions",
        "instructions",
        "map_options",
        "retry",
        "runtime",
        "shipping",
        "workflow",
    },
    "local": {"local", "requirements", "runtime"},
    "cli": {"cli", "local", "quotas", "runtime"},
    "__main__": {"cli"},
    "__init__": {"chunk_size", "construct", "environment", "failure_policy", "retry"},
}
"""For each room of the library, the rooms that it may import."""


def room_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in names if name.split(".")[0] == "fan_out"]
    return {part[1] for part in parts if len(part) > 1}


def run_alone(code: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run code with the standard library and ``cwd`` alone on the path."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.')\n{code}"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_import_follows_the_arrows(path: Path) -> None:
    assert rooms_imported(path) <= ALLOWED[room_of(path)]


@pytest.fixture
def runtime_alone(tmp_path: Path) -> Path:
    """The files that Lambda gets, and no others."""
    (tmp_path / "fan_out").mkdir()
    shutil.copy(LIBRARY / "__init__.py", tmp_path / "fan_out")
    shutil.copytree(LIBRARY / "runtime", tmp_path / "fan_out" / "runtime")
    shutil.copytree(ROOT / "lambdas", tmp_path / "lambdas")
    return tmp_path


def test_the_runtime_and_the_lambdas_need_the_standard_library_alone(runtime_alone: Path) -> None:
    code = (
        "import lambdas.control, lambdas.worker\n"
        "plan = lambdas.control.handler({'oneJobProcessMaxCount': 10}, None)\n"
        "print(sum([lambdas.worker.handler(chunk, None) for chunk in plan], []))"
    )
    done = run_alone(code, cwd=runtime_alone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(list(range(105)))


@pytest.mark.parametrize("path", sorted((LIBRARY / "runtime").glob("*.py")), ids=lambda p: p.name)
def test_the_runtime_is_written_for_the_oldest_python_of_lambda(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, OLDEST_PYTHON))


def test_importing_the_runtime_loads_nothing_that_slows_a_cold_start(runtime_alone: Path) -> None:
    """Not even the standard library's ``typing`` (10 ms) or ``dataclasses`` (20 ms)."""
    code = (
        "import __future__, functools, json, logging, os, reprlib\n"
        "before = set(sys.modules)\n"
        "import fan_out.runtime.control\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = run_alone(code, cwd=runtime_alone)
    assert done.returncode == 0, done.stderr
    assert all(name.startswith("fan_out") for name in done.stdout.split())


def test_the_public_names_load_when_they_are_used() -> None:
    code = (
        "import sys, fan_out, fan_out.runtime\n"
        "assert 'aws_cdk' not in sys.modules and 'boto3' not in sys.modules\n"
        "assert {'FanOut', 'Environment'} <= set(dir(fan_out))\n"
        "from fan_out import FanOut, Environment\n"
        "assert 'boto3' not in sys.modules\n"
        "try: fan_out.NoSuchName\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "module 'fan_out' has no attribute 'NoSuchName'", done.stderr
