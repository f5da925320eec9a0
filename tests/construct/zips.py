"""What a function's zip holds of the user's own code, for the tests of it."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from fan_out.handlers import find_handler
from fan_out.package import Staged, staged
from fan_out.requirements import Target

HANDLER = "def handler(event, context):\n    return event\n"

ARM = Target(python="3.14", machine="aarch64")


def own_files(name: str, include: Sequence[str] = ()) -> set[str]:
    """The files of the zip, but for the library's."""
    with staged(find_handler("worker", name), ARM, include=include) as package:
        return names(package.folder)


def names(folder: Path) -> set[str]:
    """All files below a folder, but for the library's."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {file for file in files if not file.startswith("fan_out/")}


def warnings_of(name: str, target: Target = ARM, include: Sequence[str] = ()) -> dict[str, str]:
    """What the zip of a handler is warned of."""
    with staged(find_handler("worker", name), target, include=include) as package:
        assert isinstance(package, Staged)
        return package.warnings


def importing(*lines: str) -> str:
    """The source of a handler, below these lines."""
    return "\n".join([*lines, HANDLER])


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files by their names in a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    importlib.invalidate_caches()


def dist_info(name: str, *files: str) -> dict[str, str]:
    """What pip records of a package that it has installed."""
    return {f"{name}-1.0.dist-info/RECORD": "".join(f"{file},,\n" for file in files)}
