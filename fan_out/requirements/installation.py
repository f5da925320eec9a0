"""From a requirements file to a folder of packages."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import platformdirs  # the user's cache folder, which each operating system puts elsewhere

from fan_out.requirements.cache import Cache
from fan_out.requirements.parsing import Line, RequirementsFile, parse
from fan_out.requirements.pip_command import Pip
from fan_out.requirements.reasons import reason_of
from fan_out.requirements.resolution import Archive, is_determined, resolve
from fan_out.requirements.sources import built
from fan_out.requirements.target import LOCAL_PYTHON_VARIABLE, Machine, Target, ThisMachine, key_of

MOST_PACKAGES = 20
"""Entries of the cache: each is what one requirements file installs, at most some 250 MB."""

MOST_CHECKS = 500

CREDENTIALS = re.compile(r"://\S+@")


def install(requirements: Path, target: Target) -> Path:
    """Install a requirements file, and answer the folder; it is the cache's, to be copied from.

    In the embedded AWS that is for this machine, and pip is asked whether it could for ``target``:
    what only one of the two has is found here, not by the later deploy.

    Raises ValueError in one line where a line is no package, or pip cannot install one.
    """
    local_python = os.environ.get(LOCAL_PYTHON_VARIABLE)
    try:
        file = parse(requirements)
        if not local_python:
            return _installed(file, target)
        _check(file, target)
        return _installed(file, ThisMachine(local_python))
    except ValueError as error:
        raise ValueError(CREDENTIALS.sub("://****@", str(error))) from None


def _installed(file: RequirementsFile, machine: Machine) -> Path:
    cache, pip = _cache("packages", MOST_PACKAGES), Pip.of(machine.executable)
    said = [file.key, pip.key, key_of(machine)]
    if found := cache.get(said):
        return found
    with tempfile.TemporaryDirectory(prefix="fan-out-pip-") as scratch:
        lines = list(built(file, pip, machine, Path(scratch)))
        archives = resolve(file, lines, pip, machine, Path(scratch))
        exact = [sorted(archive.key for archive in archives), key_of(machine)]
        key = said if is_determined(lines, archives) else exact
        fill = partial(_fill, file, lines, archives, pip, machine)
        return cache.get(key) or cache.put(key, fill)


def _check(file: RequirementsFile, target: Target) -> None:
    """Raise ValueError unless pip would install the file for the target."""
    cache, pip = _cache("checked", MOST_CHECKS), Pip.of(target.executable)
    said = [file.key, pip.key, key_of(target)]
    if cache.get(said):
        return
    with tempfile.TemporaryDirectory(prefix="fan-out-pip-") as scratch:
        lines = list(built(file, pip, target, Path(scratch)))
        if is_determined(lines, resolve(file, lines, pip, target, Path(scratch))):
            cache.put(said, lambda folder: None)


def _cache(name: str, most: int) -> Cache:
    return Cache(platformdirs.user_cache_path("fan-out", appauthor=False) / name, most)


def _fill(
    file: RequirementsFile,
    lines: Sequence[Line],
    archives: Sequence[Archive],
    pip: Pip,
    machine: Machine,
    folder: Path,
) -> None:
    """Install exactly these archives."""
    exact = folder.parent / "exact.txt"
    exact.write_text("\n".join(_exactly(file, lines, archives)), encoding="utf-8")
    done = pip.run(
        "install",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        f"--requirement={exact}",
        f"--target={folder}",
        *machine.pip_arguments,
        markers=machine.markers,
    )
    if done.returncode != 0:
        raise ValueError(f"pip cannot install {file.path} for {machine}: {reason_of(done)}")
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts with this machine's paths in them
    for said in folder.glob("*.dist-info/direct_url.json"):
        said.unlink()  # the path of a wheel that is built is another one each time


def _exactly(
    file: RequirementsFile, lines: Sequence[Line], archives: Sequence[Archive]
) -> list[str]:
    by_location = {line.name: line.text for line in lines if line.location}
    rows = [option for _, option in file.options if option != "--require-hashes"]
    for archive in archives:
        what = by_location.get(archive.name, f"{archive.name}=={archive.version}")
        # pip wants hashes of all or none
        known = all(one.sha256 for one in archives)
        rows.append(f"{what} --hash=sha256:{archive.sha256}" if known else what)
    return rows
