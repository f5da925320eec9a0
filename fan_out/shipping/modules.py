"""Where a module's file is, as Python would find it, by looking at the files alone."""

import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MODULE_SUFFIXES = (".py", ".pyc")
COMPILED_SUFFIX = ".so"
INSTALLED = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Found:
    """What there is of a dotted name: for each part, its file, its folder, or its folders.

    Only a namespace package, which has no ``__init__.py``, has several folders.
    """

    levels: tuple[tuple[Path, ...], ...]

    @property
    def files(self) -> Iterator[tuple[int, Path]]:
        """The files that an import runs, each with the number of parts that name it."""
        for depth, (first, *_) in enumerate(self.levels, start=1):
            file = first if first.is_file() else _module_file(first, "__init__")
            if file is not None:
                yield depth, file


def find(parts: Sequence[str], tops: Sequence[Path]) -> Found:
    """Find as much as there is of a dotted name below what its first part is."""
    levels = [tuple(tops)] if tops else []
    while 0 < len(levels) < len(parts) and levels[-1][0].is_dir():
        inner = find_in(parts[len(levels)], levels[-1])
        if not inner:
            break
        levels.append(tuple(inner))
    return Found(tuple(levels))


def find_in(name: str, places: Iterable[Path]) -> list[Path]:
    """The package or module ``name`` in the first of the folders that has it.

    A folder without ``__init__.py`` gives way to a module, and to a package in a later folder:
    where there are only such, they are a namespace package together.
    """
    portions = []
    for place in places:
        folder = place / name
        if is_package(folder):
            return [folder]
        if (module := _module_file(place, name)) is not None:
            return [module]
        if folder.is_dir():
            portions.append(folder)
    return portions


def is_package(folder: Path) -> bool:
    """Whether a folder has an ``__init__``, so that it is a package of its own."""
    return folder.is_dir() and _module_file(folder, "__init__") is not None


def is_namespace(tops: Sequence[Path]) -> bool:
    """Whether this is a package without an ``__init__``, of one folder or of several."""
    return bool(tops) and tops[0].is_dir() and not is_package(tops[0])


def _module_file(folder: Path, name: str) -> Path | None:
    for suffix in MODULE_SUFFIXES:
        if (file := folder / f"{name}{suffix}").is_file():
            return file
    if not folder.is_dir():
        return None
    # numpy.cpython-314-aarch64-linux-gnu.so
    names = (one.name for one in folder.iterdir())
    compiled = [
        one for one in names if one.startswith(f"{name}.") and one.endswith(COMPILED_SUFFIX)
    ]
    return folder / min(compiled) if compiled else None


def on_the_import_path(name: str) -> list[Path]:
    """The file, the folder or the folders of a top-level module or package."""
    # importlib.util.find_spec would answer with a loaded module, from wherever that came
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    spec = next((spec for spec in specs if spec is not None), None)
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [
            folder for place in spec.submodule_search_locations if (folder := Path(place)).is_dir()
        ]
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def first_party(name: str) -> list[Path]:
    """What of a top-level module or package on the import path is the user's own code."""
    return [top for top in on_the_import_path(name) if not is_installed(top)]


def is_installed(top: Path) -> bool:
    """Whether somebody has installed a module or package, rather than written it here.

    That is the standard library, ``site-packages``, and what ``pip install --target`` has put
    beside the user's own code; not what an editable install points to.
    """
    return is_for_installing(top.parent) or top.name in _recorded(top.parent)


@lru_cache(maxsize=1024)
def is_for_installing(folder: Path) -> bool:
    """Whether a folder of the import path is no place for the user's own code."""
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return (
        not INSTALLED.isdisjoint(folder.parts)
        or not folder.is_dir()  # an archive
        or any(folder.is_relative_to(library) for library in standard)
    )


@lru_cache(maxsize=1024)
def _recorded(folder: Path) -> frozenset[str]:
    """The modules and packages that pip has put into a folder, as it says there."""
    records = folder.glob("*.dist-info/RECORD")
    lines = [line for record in records for line in record.read_text("utf-8").splitlines()]
    return frozenset(line.partition(",")[0].partition("/")[0] for line in lines)
