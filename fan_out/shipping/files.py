"""Which files of a package ship: all but those that are known to be something else.

Left out are dotfiles, caches, virtual environments, folders of tools, and tests that nobody
imports. No other file is left out for its name.
"""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from fan_out.shipping.modules import is_package

FOLDERS_OF_TOOLS = {"__pycache__", "__pypackages__", "node_modules", "cdk.out", "venv"}
MARKS_OF_TOOLS = {"pyvenv.cfg", "conda-meta", "cdk.out"}
"""What a virtual environment or a cloud assembly of any name holds."""

TEST_FOLDERS = {"test", "tests"}


def shipping_files(top: Path, imported: Collection[Path] = ()) -> Iterator[Path]:
    """The files of a package or module that ship, links among them; ``imported`` do in any case.

    Raises ValueError in one line for a folder that cannot be read.
    """
    if not top.is_dir():
        yield top
        return
    needed = {folder for file in imported for folder in file.parents}
    for file in _files(top, lambda folder: folder in needed or not _is_left_out(folder)):
        # a .pyc is a cache, unless it is a module without a source
        if file in imported or not (looks_like_a_test(file) or file.suffix == ".pyc"):
            yield file


def all_files(folder: Path) -> Iterator[Path]:
    """The files below a folder, tests among them, but no dotfiles, caches and folders of tools."""
    return _files(folder, lambda inner: not _is_of_a_tool(inner))


def module_files(top: Path) -> Iterator[Path]:
    """The modules of a package, tests among them that lie outside of the folders of tests."""
    for file in _files(top, lambda folder: not _is_left_out(folder)):
        if file.suffix == ".py":
            yield file


def looks_like_a_test(file: Path) -> bool:
    """Whether a module is a test by its name; a file that is not a module never is."""
    return file.suffix == ".py" and (
        file.stem.startswith("test_") or file.stem.endswith("_test") or file.stem == "conftest"
    )


def _files(folder: Path, enters: Callable[[Path], bool]) -> Iterator[Path]:
    for entry in _entries(folder):
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if enters(path):
                yield from _files(path, enters)
        elif entry.name not in FOLDERS_OF_TOOLS:  # nor a link of that name
            yield path


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise ValueError(f"{folder} must be readable to be shipped: {error.strerror}") from None
    return sorted(visible, key=lambda entry: entry.name)


def _is_of_a_tool(folder: Path) -> bool:
    names = {entry.name for entry in _entries(folder)}
    named = folder.name in FOLDERS_OF_TOOLS and not is_package(folder)
    return named or not names.isdisjoint(MARKS_OF_TOOLS)


def _is_left_out(folder: Path) -> bool:
    if folder.name in TEST_FOLDERS and any(map(looks_like_a_test, all_files(folder))):
        return True
    return _is_of_a_tool(folder)
