"""Build what is source: a folder of the user's own, and what the file's ``--no-binary`` names."""

import functools
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from fan_out.requirements.parsing import Line, RequirementsFile
from fan_out.requirements.pip_command import Pip
from fan_out.requirements.reasons import reason_of
from fan_out.requirements.target import Machine

LEFT_OUT = {"__pycache__", "node_modules", "cdk.out", ".venv", "venv", ".tox", ".nox"}
"""What tools make, anywhere in a folder; so is an egg-info, which lists what was there once."""

LEFT_OUT_ON_TOP = {"build", "dist"}
"""What a build leaves: setuptools ships from ``build/`` also what is no longer in the source."""


def built(file: RequirementsFile, pip: Pip, machine: Machine, scratch: Path) -> Iterator[Line]:
    """Answer the file's lines that are for the machine; what is source is a wheel now.

    Raises ValueError where one cannot be built, or is for another machine then.
    """
    for line in file.lines:
        if line.marker is not None and not line.marker.evaluate(dict(machine.markers)):
            continue
        if (
            line.is_folder
            or line.is_source
            or (line.name in file.from_source and not line.location)
        ):
            yield _as_wheel(file, line, pip, machine, scratch)
        else:
            yield line


def _as_wheel(
    file: RequirementsFile, line: Line, pip: Pip, machine: Machine, scratch: Path
) -> Line:
    try:
        wheel = _folder(file, line, pip) if line.is_folder else _source(file, line, pip, scratch)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{file.where(line.number)}: {line.text} cannot be built: {reason}"
        ) from None
    name, _, _, tags = parse_wheel_filename(wheel.name)
    if not machine.takes(tags):
        raise ValueError(
            f"{file.where(line.number)}: what is built of {line.text} here, {wheel.name}, is not "
            f"for {machine}; give its wheel for that, or put it into a layer"
        )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return replace(
        line,
        text=f"{name}{line.extras} @ {wheel.as_uri()}",
        name=canonicalize_name(name),
        location=str(wheel),
        marker=None,
        hashes=(f"--hash=sha256:{digest}",) if file.wants_hashes else (),
    )


def _source(file: RequirementsFile, line: Line, pip: Pip, scratch: Path) -> Path:
    wheels = Path(tempfile.mkdtemp(dir=scratch))
    said = wheels / "requirements.txt"
    rows = [*_places(file), f"{line.text} {' '.join(line.hashes)}"]
    said.write_text("\n".join(rows), encoding="utf-8")
    # pip's own cache knows an archive by its path, whatever is in it by now
    return _wheel(
        pip, wheels, f"--no-binary={line.name}", "--no-cache-dir", f"--requirement={said}"
    )


def _folder(file: RequirementsFile, line: Line, pip: Pip) -> Path:
    """The wheel of a folder, built once for the same content as long as this process lives."""
    folder = Path(line.location)
    home = Path(tempfile.mkdtemp(dir=_wheelhouse()))
    copy = home / "source" / folder.name
    try:
        # a copy: nothing is left in the user's folder, nor taken that an earlier build left there
        shutil.copytree(folder, copy, ignore=_left_out(folder), ignore_dangling_symlinks=True)
        key = (_digest(copy), pip.executable, *pip.settings.items())
        if key not in _built:
            said = home / "requirements.txt"
            said.write_text("\n".join(_places(file)), encoding="utf-8")
            _built[key] = _wheel(pip, home, f"--requirement={said}", str(copy))
        return _built[key]
    finally:
        shutil.rmtree(home / "source", ignore_errors=True)


_built: dict[tuple[object, ...], Path] = {}


@functools.cache
def _home() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="fan-out-wheels-")


def _wheelhouse() -> str:
    return _home().name


def _wheel(pip: Pip, wheels: Path, *arguments: str) -> Path:
    done = pip.run(
        "wheel",
        "--no-deps",
        "--only-binary=:all:",  # also of what the build needs
        f"--wheel-dir={wheels}",
        *arguments,
        builds=True,
    )
    found = list(wheels.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        raise ValueError(reason_of(done))
    return found[0]


def _places(file: RequirementsFile) -> list[str]:
    return [option for _, option in file.options if option != "--require-hashes"]


def _left_out(top: Path) -> "functools.partial[set[str]]":
    return functools.partial(_names_left_out, str(top))


def _names_left_out(top: str, folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name in LEFT_OUT
        or name.endswith((".pyc", ".egg-info"))
        or (folder == top and name in LEFT_OUT_ON_TOP)
    }


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            mode = path.stat().st_mode & 0o777
            digest.update(f"{path.relative_to(folder)}\0{mode}\0{content}\n".encode())
    return digest.hexdigest()
