"""What a package has where it has no wheel for a machine, and what to do."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from fan_out.requirements.pip_command import Pip
from fan_out.requirements.target import MACHINES, PYTHONS, Machine, Target

NOT_FOUND = re.compile(r"No matching distribution found for (.+?)(?: \(from .*)?$")
FILE = re.compile(r"[\w.+!-]+\.(?:whl|tar\.gz|zip)")


def explained(reason: str, path: Path, pip: Pip, arguments: Sequence[str], machine: Machine) -> str:
    """Say more than pip's "No matching distribution found", of the files that it passed over.

    ``arguments`` are those with which pip failed; another reason is answered as it is.
    """
    found = NOT_FOUND.search(reason)
    try:
        wanted = Requirement(found[1]) if found else None
    except InvalidRequirement:
        wanted = None
    if wanted is None:
        return reason
    shown = pip.run(*arguments, "-vv", markers=machine.markers).stdout
    files = set(FILE.findall(shown))
    what = f"{wanted.name} {wanted.specifier}".replace("==", "").strip()
    wheels = list(_wheels(files, wanted))
    if wheels:
        return f"no wheel of {what} for {machine}{_where_there_is(wheels, machine)}"
    if versions := sorted(_sources(files, wanted)):
        return (
            f"{wanted.name} {versions[-1]} is source alone, and to build it runs its code at "
            f"synth: the lines {wanted.name}=={versions[-1]} and --no-binary {wanted.name} in "
            f"{path.name} allow that"
        )
    return reason


def _where_there_is(wheels: list[frozenset[Tag]], machine: Machine) -> str:
    """What would do instead, as far as the wheels say."""
    if not isinstance(machine, Target):
        return ": the embedded AWS runs it here, with this Python; choose another version"
    pythons = [
        python
        for python in PYTHONS
        if any(Target(python, machine.machine).takes(tags) for tags in wheels)
    ]
    if pythons:
        newest = pythons[0].replace(".", "_")
        return (
            f"; there is one for Python {', '.join(pythons)}: choose "
            f"runtime=aws_lambda.Runtime.PYTHON_{newest}, or another version"
        )
    others = [
        other
        for other in MACHINES
        if any(Target(machine.python, other).takes(tags) for tags in wheels)
    ]
    if others:
        return f"; there is one for {others[0]}: choose that architecture, or another version"
    return "; choose another version"


def _wheels(files: set[str], wanted: Requirement) -> Iterator[frozenset[Tag]]:
    for file in files:
        try:
            name, version, _, tags = parse_wheel_filename(file)
        except (InvalidWheelFilename, InvalidVersion):
            continue
        if _is_wanted(name, version, wanted):
            yield tags


def _sources(files: set[str], wanted: Requirement) -> Iterator[Version]:
    for file in files:
        try:
            name, version = parse_sdist_filename(file)
        except (InvalidSdistFilename, InvalidVersion):
            continue
        if _is_wanted(name, version, wanted):
            yield version


def _is_wanted(name: str, version: Version, wanted: Requirement) -> bool:
    return name == canonicalize_name(wanted.name) and wanted.specifier.contains(
        version, prereleases=True
    )
