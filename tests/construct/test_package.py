"""A function's zip is a whitelist: its own package, the runtime, its requirements; no more."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fan_out import quotas
from fan_out.handlers import find_handler
from fan_out.package import staged as staging
from fan_out.requirements import LOCAL_PYTHON_VARIABLE, Target
from wheels import wheel

Write = Callable[[dict[str, str]], Path]

ARM = Target(python="3.14", machine="aarch64")

RUNTIME = {
    "fan_out/__init__.py",
    "fan_out/runtime/__init__.py",
    "fan_out/runtime/answers.py",
    "fan_out/runtime/bad_records.py",
    "fan_out/runtime/budget.py",
    "fan_out/runtime/callables.py",
    "fan_out/runtime/carry_on.py",
    "fan_out/runtime/chosen_chunks.py",
    "fan_out/runtime/chunk.py",
    "fan_out/runtime/chunk_line.py",
    "fan_out/runtime/collect.py",
    "fan_out/runtime/control.py",
    "fan_out/runtime/items.py",
    "fan_out/runtime/plan.py",
    "fan_out/runtime/resumed.py",
    "fan_out/runtime/role.py",
    "fan_out/runtime/sizing.py",
    "fan_out/runtime/numbers.py",
    "fan_out/runtime/tolerated.py",
    "fan_out/runtime/whole_job.py",
    "fan_out/runtime/worker.py",
}

HANDLER = "def handler(event, context):\n    return event\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(LOCAL_PYTHON_VARIABLE, raising=False)
    return tmp_path / "cache"


def staged(name: str, target: Target = ARM) -> set[str]:
    with staging(find_handler("worker", name), target) as zip:
        folder = zip.folder
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all that pip sees."""
    folder = tmp_path / "wheels"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_the_articles_lambdas_ship_with_the_runtime_and_nothing_else() -> None:
    expected = RUNTIME | {"lambdas/__init__.py", "lambdas/control.py", "lambdas/worker.py"}
    assert staged("lambdas.worker.handler") == expected


def test_the_built_in_control_ships_the_runtime_alone() -> None:
    assert staged("fan_out.runtime.control.count_from_input") == RUNTIME


def test_dotfiles_tests_caches_and_the_rest_of_the_repository_stay_out(importable: Write) -> None:
    importable(
        {
            ".env": "SECRET=1",
            "other.py": "",
            "job/.env": "SECRET=1",
            "job/.git/config": "",
            "job/__init__.py": "",
            "job/__pycache__/work.cpython-311.pyc": "",
            "job/conftest.py": "",
            "job/data/countries.json": "{}",
            "job/data/.DS_Store": "",
            "job/old.pyc": "",
            "job/test_work.py": "",
            "job/tests/test_more.py": "",
            "job/work.py": HANDLER,
            "job/work_test.py": "",
        }
    )
    assert staged("job.work.handler") == RUNTIME | {
        "job/__init__.py",
        "job/data/countries.json",
        "job/work.py",
    }


def test_a_handler_in_a_single_module_ships_that_file_alone(importable: Write) -> None:
    importable({"single.py": HANDLER, "beside.py": ""})
    assert staged("single.handler") == RUNTIME | {"single.py"}


def test_a_program_that_ships_stays_one(importable: Write) -> None:
    folder = importable({"job/work.py": HANDLER, "job/tool": "#!/bin/sh\n"})
    (folder / "job/tool").chmod(0o700)
    with staging(find_handler("worker", "job.work.handler"), ARM) as package:
        copied = package.folder
        assert (copied / "job/tool").stat().st_mode & 0o777 == 0o755
        assert (copied / "job/work.py").stat().st_mode & 0o777 == 0o644
    assert not copied.exists()


def test_a_link_within_the_package_ships_the_file(importable: Write) -> None:
    folder = importable({"job/work.py": HANDLER, "job/a.json": "{}"})
    (folder / "job/b.json").symlink_to("a.json")
    assert {"job/a.json", "job/b.json"} <= staged("job.work.handler")


@pytest.mark.parametrize("target", ["../secret", "../secret/key", "nowhere", "."])
def test_a_link_out_of_the_package_or_round_it_is_refused(target: str, importable: Write) -> None:
    folder = importable({"job/work.py": HANDLER, "secret/key": "1"})
    (folder / "job/data").symlink_to(target)
    with pytest.raises(
        ValueError, match=f"job/data must be a link to what ships, got one to {target}"
    ):
        staged("job.work.handler")


def test_requirements_beside_the_handler_are_installed_without_scripts(
    importable: Write, packages: Path
) -> None:
    wheel(packages, "needed", {"needed/__init__.py": "", "needed-1.0.data/scripts/tool": "#!x\n"})
    importable({"job/work.py": HANDLER, "job/requirements.txt": "needed==1.0\n"})
    files = staged("job.work.handler")
    assert {"needed/__init__.py", "job/work.py"} <= files
    assert not any(name.startswith("bin/") or name.endswith(".pyc") for name in files)
    assert "job/requirements.txt" not in files


def test_requirements_are_installed_for_lambdas_machine_not_for_this_one(
    importable: Write, packages: Path
) -> None:
    for machine in ("aarch64", "x86_64"):
        tag = f"cp314-cp314-manylinux_2_28_{machine}"
        wheel(packages, "compiled", {f"compiled/{machine}.so": ""}, tag)
    importable({"job/work.py": HANDLER, "job/requirements.txt": "compiled\n"})
    assert "compiled/aarch64.so" in staged("job.work.handler")
    x86 = Target(python="3.14", machine="x86_64")
    assert "compiled/x86_64.so" in staged("job.work.handler", x86)


def test_for_the_embedded_aws_requirements_are_installed_for_this_machine(
    importable: Write, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = subprocess.run(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_platform())"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()
    tag = f"{here}-{here}-{platform.replace('-', '_').replace('.', '_')}"
    wheel(packages, "compiled", {"compiled/here.so": ""}, tag)
    wheel(packages, "compiled", {"compiled/lambda.so": ""}, "cp314-cp314-manylinux_2_28_aarch64")
    importable({"job/work.py": HANDLER, "job/requirements.txt": "compiled\n"})
    monkeypatch.setenv(LOCAL_PYTHON_VARIABLE, sys.executable)
    assert "compiled/here.so" in staged("job.work.handler")


def test_a_package_that_does_not_exist_is_named_in_one_line_and_nothing_is_kept(
    importable: Write, packages: Path, own_cache: Path
) -> None:
    importable({"job/work.py": HANDLER, "job/requirements.txt": "nothing-of-that-name\n"})
    with pytest.raises(ValueError, match="No matching distribution found for nothing-of") as error:
        staged("job.work.handler")
    assert "\n" not in str(error.value)
    assert not own_cache.exists()


@pytest.mark.parametrize("line", ["-r other.txt", "-c limits.txt", "-e .", "aws-cdk-lib==2.275.0"])
def test_a_requirement_that_is_no_package_for_a_function_is_refused(
    line: str, importable: Write
) -> None:
    importable({"job/work.py": HANDLER, "job/requirements.txt": f"# packages\n{line}\n"})
    with pytest.raises(ValueError, match=r"requirements\.txt, line 2: "):
        staged("job.work.handler")


def test_requirements_of_comments_alone_install_nothing(importable: Write) -> None:
    importable({"job/work.py": HANDLER, "job/requirements.txt": "# none\n"})
    assert staged("job.work.handler") == RUNTIME | {"job/work.py"}


def test_more_than_lambda_unpacks_is_refused(
    importable: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    importable({"job/work.py": HANDLER, "job/model.json": json.dumps(["x"] * 1000)})
    monkeypatch.setattr(quotas, "LAMBDA_UNPACKED_BYTES", 1000)
    with pytest.raises(ValueError, match="must unpack to at most 1000 bytes, got "):
        staged("job.work.handler")
