"""Install the packages that a handler requires, for the machine that will run them.

In AWS that is Lambda's Linux and the function's Python, whatever this machine is: pip fetches
wheels for it, no Docker needed. In the embedded AWS it is this machine.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs  # the user's cache folder, which each operating system puts elsewhere

LOCAL_PYTHON_VARIABLE = "FAN_OUT_LOCAL_PYTHON"
"""Set by the embedded AWS: the interpreter that will run the functions, on this machine."""

GLIBC = 34
"""Amazon Linux 2023, on which python3.12 and later run, has glibc 2.34: wheels for 2.17 up to
that install. "Lambda runtimes", AWS Lambda Developer Guide."""


@dataclass(frozen=True)
class Target:
    """The machine that a function's packages are for.

    ``python`` is a version such as ``"3.14"``; ``machine`` is ``"aarch64"`` or ``"x86_64"``.
    """

    python: str
    machine: str

    def pip_arguments(self) -> list[str]:
        """What makes pip choose wheels for this target."""
        platforms = [f"manylinux_2_{minor}_{self.machine}" for minor in range(GLIBC, 16, -1)]
        platforms.append(f"manylinux2014_{self.machine}")
        return [
            *(f"--platform={platform}" for platform in platforms),
            f"--python-version={self.python}",
            "--implementation=cp",
        ]


def install(requirements: Path, target: Target) -> Path:
    """Install a requirements file into a folder, once for the same content, and answer that.

    Raises ValueError in one line where a line is no package, or pip cannot install one.
    """
    text = requirements.read_text(encoding="utf-8")
    _check(requirements, text)
    local_python = os.environ.get(LOCAL_PYTHON_VARIABLE)
    python = local_python or sys.executable
    arguments = [] if local_python else target.pip_arguments()
    key = hashlib.sha256("\n".join([text, local_python or "", *arguments]).encode()).hexdigest()
    folder = platformdirs.user_cache_path("fan-out", appauthor=False) / "packages" / key
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            packages = Path(unfinished, "packages")
            _run_pip(python, requirements, packages, arguments)
            _move(packages, folder)
    return folder


def _check(requirements: Path, text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if content.startswith(("-r", "-c", "-e", "--requirement", "--constraint", "--editable")):
            raise ValueError(
                f"{requirements}, line {number}: a handler's requirements must be packages, "
                f"got {content!r}"
            )
        if content.lower().startswith("aws-cdk-lib"):
            raise ValueError(
                f"{requirements}, line {number}: aws-cdk-lib is what synth needs, not a handler; "
                f"give the handler a package of its own"
            )


def _run_pip(python: str, requirements: Path, folder: Path, arguments: list[str]) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", *arguments]
    command += [f"--requirement={requirements}", f"--target={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        last = (errors or done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise ValueError(f"pip cannot install {requirements} for the function: {last}")
    folder.mkdir(exist_ok=True)  # a file of comments alone installs nothing
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts with this machine's paths in them


def _move(packages: Path, folder: Path) -> None:
    try:
        packages.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another synth has just put the same content there
            raise
