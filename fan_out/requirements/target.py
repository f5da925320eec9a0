"""The machines that packages are installed for: Lambda's, and this one."""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.tags import Tag, compatible_tags, cpython_tags

LOCAL_PYTHON_VARIABLE = "FAN_OUT_LOCAL_PYTHON"
"""Set by the embedded AWS: the interpreter that will run the functions, on this machine."""

PYTHONS = ("3.14", "3.13", "3.12", "3.11", "3.10")
"""The Pythons of Lambda, the newest first. "Lambda runtimes", AWS Lambda Developer Guide."""

MACHINES = ("aarch64", "x86_64")

FACTS = (
    "import json, platform, sys, sysconfig; "
    "from pip._vendor.packaging.markers import default_environment; "
    "print(json.dumps([default_environment(), sysconfig.get_platform(), platform.libc_ver()]))"
)


@dataclass(frozen=True)
class Target:
    """Lambda, with one of its Pythons.

    ``python`` is a version such as ``"3.14"``; ``machine`` is ``"aarch64"`` or ``"x86_64"``.
    """

    python: str
    machine: str

    def __str__(self) -> str:
        return f"Python {self.python} on {self.machine}"

    @property
    def executable(self) -> str:
        """The interpreter whose pip installs."""
        return sys.executable

    @property
    def pip_arguments(self) -> list[str]:
        """What makes pip choose wheels for this target."""
        return [
            *(f"--platform={platform}" for platform in self._platforms()),
            f"--python-version={self.python}",
            "--implementation=cp",
        ]

    @property
    def markers(self) -> dict[str, str]:
        """What a line's ``; python_version < "3.12"`` or ``; sys_platform == "win32"`` means."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def takes(self, tags: frozenset[Tag]) -> bool:
        """Whether a wheel with these tags installs."""
        return not tags.isdisjoint(_tags(self))

    def _platforms(self) -> Iterator[str]:
        # Amazon Linux 2023 has glibc 2.34, Amazon Linux 2 before it 2.26: wheels for up to that
        # install. "Lambda runtimes", AWS Lambda Developer Guide.
        glibc = 34 if int(self.python.removeprefix("3.")) >= 12 else 26
        for minor in range(glibc, 4, -1):
            yield f"manylinux_2_{minor}_{self.machine}"
        yield f"manylinux2014_{self.machine}"


@functools.cache
def _tags(target: Target) -> frozenset[Tag]:
    version = (3, int(target.python.removeprefix("3.")))
    platforms = list(target._platforms())
    interpreter = f"cp{version[0]}{version[1]}"
    return frozenset(
        [
            *cpython_tags(version, platforms=platforms),
            *compatible_tags(version, interpreter, platforms),
        ]
    )


@dataclass(frozen=True)
class ThisMachine:
    """This machine, with an interpreter that it has."""

    executable: str

    def __str__(self) -> str:
        return (
            f"Python {self.markers['python_version']} on {self.markers['platform_machine']}, "
            f"this machine's"
        )

    @property
    def pip_arguments(self) -> list[str]:
        """None: it is what pip takes for granted."""
        return []

    @property
    def markers(self) -> dict[str, str]:
        """What the markers of a requirement mean here."""
        markers: dict[str, str] = self.facts[0]
        return markers

    @property
    def facts(self) -> list[dict[str, str]]:
        """All of the interpreter that decides which wheels it takes."""
        return _facts(self.executable)

    def takes(self, tags: frozenset[Tag]) -> bool:
        """Whether a wheel with these tags installs: what is built here does."""
        return True


@functools.cache
def _facts(executable: str) -> list[dict[str, str]]:
    command = [executable, "-P", "-c", FACTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ValueError(f"{executable} has no pip to install requirements with: {reason}")
    facts: list[dict[str, str]] = json.loads(done.stdout)
    return facts


Machine = Target | ThisMachine


def key_of(machine: Machine) -> list[object]:
    """All of a machine that decides which packages it gets, as JSON."""
    facts: Mapping[str, str] | list[dict[str, str]]
    facts = machine.markers if isinstance(machine, Target) else machine.facts
    return [facts, machine.pip_arguments]
