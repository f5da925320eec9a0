"""What the parameter ``include`` names: modules and packages, files and folders."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fan_out.runtime.numbers import described
from fan_out.shipping.files import all_files
from fan_out.shipping.imports import Surety
from fan_out.shipping.modules import is_for_installing, is_installed, on_the_import_path
from fan_out.shipping.reach import Reach


def check_include(given: Any) -> None:
    """Raise ValueError unless ``given`` is a list of names and of relative paths."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ValueError(f"include must be a list of modules or paths, got {described(given)}")
    for entry in given:
        path = PurePosixPath(entry) if isinstance(entry, str) else PurePosixPath()
        if not path.parts or path.is_absolute() or ".." in path.parts:
            raise ValueError(
                'include must name modules ("common.plugins"), or files and folders by their '
                f'paths from the import root ("jobs/ca.pem"), got {described(entry)}'
            )


def included_files(include: Sequence[str], reach: Reach) -> dict[Path, Path]:
    """The files that are named by their paths, or by a folder's, by their names in the zip.

    Modules that are named, also by their paths, are followed as if they were imported. Raises
    ValueError for an entry that is neither a module nor a path on the import path.
    """
    files: dict[Path, Path] = {}
    for entry in include:
        if reach.has(entry):
            for name in [entry, *reach.modules_in(entry)]:
                reach.follow(name, Surety.PERHAPS)
            continue
        root = next((root for root in _roots(reach) if (root / entry).exists()), None)
        if root is None:
            raise ValueError(f"include: {_why_not(entry)}, got {entry!r}")
        named = root / entry
        for file in all_files(named) if named.is_dir() else [named]:
            files[file.relative_to(root)] = file
            name = ".".join(file.relative_to(root).with_suffix("").parts)
            if file.suffix == ".py" and reach.has(name := name.removesuffix(".__init__")):
                reach.follow(name, Surety.PERHAPS)
    return files


def _roots(reach: Reach) -> Iterator[Path]:
    yield reach.own.parent
    yield from (root for path in sys.path if not is_for_installing(root := Path(path).absolute()))


def _why_not(entry: str) -> str:
    if any(map(is_installed, on_the_import_path(entry.partition(".")[0]))):
        return "what is installed ships if requirements.txt names it"
    return "there is no such module, file or folder on the import path"
