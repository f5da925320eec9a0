"""What goes into a function's zip: the user's own code, ``fan_out/runtime``, the requirements.

Staged in a folder of our own: CDK's ``exclude`` globs let dotfiles such as ``.env`` through.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import fan_out.runtime
from fan_out.handlers import Handler
from fan_out.quotas import check_unpacked_size
from fan_out.requirements import Target, find_requirements, install
from fan_out.shipping.checks import checked
from fan_out.shipping.files import shipping_files
from fan_out.shipping.imports import Surety
from fan_out.shipping.include import included_files
from fan_out.shipping.layers import Layers
from fan_out.shipping.missing import missing_imports
from fan_out.shipping.normal import normalize
from fan_out.shipping.reach import Reach

RUNTIME = Path(fan_out.runtime.__file__).parent
LIBRARY = RUNTIME.parent


@dataclass(frozen=True)
class Staged:
    """The folder that becomes the zip, and what to warn of: texts by the ids to accept them by."""

    folder: Path
    warnings: dict[str, str]


@contextmanager
def staged(
    handler: Handler,
    target: Target,
    *,
    include: Sequence[str] = (),
    layers: Layers = Layers(),  # noqa: B008 - it is frozen
    keep: bool = False,
) -> Iterator[Staged]:
    """Copy what the handler needs in Lambda to a folder, which goes at the end of the ``with``.

    CDK has copied it to its cloud assembly by then, unless it is told not to: ``keep`` leaves the
    folder until the process ends. Raises ValueError where it is more than Lambda unpacks (250 MB),
    a requirement fails, a file must not ship, or the code imports what nothing brings.
    """
    folder = Path(tempfile.mkdtemp(prefix="fan-out-"))
    try:
        yield Staged(folder, _fill(folder, handler, target, include, layers))
    finally:
        if keep:
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _fill(
    folder: Path, handler: Handler, target: Target, include: Sequence[str], layers: Layers
) -> dict[str, str]:
    own = handler.top != LIBRARY
    requirements = find_requirements(handler.file, handler.top.parent) if own else None
    packages = None if requirements is None else install(requirements, target)
    if packages is not None:
        shutil.copytree(packages, folder, dirs_exist_ok=True)
    _copy({file.relative_to(LIBRARY.parent): file for file in _library_files()}, folder)
    warnings = {}
    if own:
        major, minor = map(int, target.python.split("."))
        reach = Reach(handler.top, handler.module.split(".")[0], packages, (major, minor))
        _copy(_own_files(handler, reach, include, requirements), folder)
        warnings = _warnings(handler, reach, folder, layers)
    normalize(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    check_unpacked_size(handler.dotted_name, size + layers.size)
    return warnings


def _library_files() -> Iterator[Path]:
    yield LIBRARY / "__init__.py"
    yield from shipping_files(RUNTIME)


def _own_files(
    handler: Handler, reach: Reach, include: Sequence[str], requirements: Path | None
) -> dict[Path, Path]:
    """The files of the user's own code that ship, by their names in the zip."""
    reach.follow(handler.module, Surety.CERTAIN)
    named = included_files(include, reach)
    files = {
        # a package may lie in a folder of another name, if its installation says so
        Path(name) / file.relative_to(top) if top.is_dir() else Path(top.name): file
        for top, name in reach.tops.items()
        for file in shipping_files(top, reach.modules)
        if file != requirements
    }
    return checked(files | named, set(named.values()))


def _copy(files: dict[Path, Path], folder: Path) -> None:
    for name, file in files.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        shutil.copymode(file, copy)


def _warnings(handler: Handler, reach: Reach, folder: Path, layers: Layers) -> dict[str, str]:
    """What may be missing in Lambda. Raises ValueError for what certainly is."""
    missing = missing_imports(reach, [folder, *layers.folders])
    certain = [one for one in missing if one.surety is Surety.CERTAIN]
    if certain and layers.all_known and not reach.changes_path:
        others = ", ".join(repr(one.name) for one in certain[1:])
        also = f"; {others} {'is' if len(certain) == 2 else 'are'} missing, too" if others else ""
        raise ValueError(
            f"{handler.dotted_name} cannot start: {certain[0].explained(reach.python)}{also}"
        )
    return {
        f"fan_out:import:{one.name}": f"{one.explained(reach.python)}, unless it is there otherwise"
        for one in missing
    } | {
        f"fan_out:unread:{one.name}": f"{one.file} cannot be read by this Python, and its imports "
        f"were not followed: {one.source.unread}"
        for one in reach.modules.values()
        if one.source.unread
    }
