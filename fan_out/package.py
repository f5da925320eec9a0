"""What goes into a function's zip: its own package, ``fan_out/runtime``, and its requirements.

A whitelist, staged in a folder of our own: CDK's ``exclude`` globs let dotfiles such as ``.env``
through.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fan_out.runtime
from fan_out.handlers import Handler
from fan_out.quotas import check_unpacked_size
from fan_out.requirements import Target, find_requirements, install

RUNTIME = Path(fan_out.runtime.__file__).parent
LIBRARY = RUNTIME.parent


@contextmanager
def staged(handler: Handler, target: Target, *, keep: bool = False) -> Iterator[Path]:
    """Copy what the handler needs in Lambda to a folder, which goes at the end of the ``with``.

    CDK has copied it to its cloud assembly by then, unless it is told not to: ``keep`` leaves the
    folder until the process ends. Raises ValueError where it is more than Lambda unpacks (250 MB)
    or a requirement fails.
    """
    folder = Path(tempfile.mkdtemp(prefix="fan-out-"))
    try:
        _fill(folder, handler, target)
        yield folder
    finally:
        if keep:
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, handler: Handler, target: Target) -> None:
    requirements = find_requirements(handler.file, handler.top.parent)
    if handler.top != LIBRARY and requirements:
        shutil.copytree(install(requirements, target), folder, dirs_exist_ok=True)
    for source, name in _own_files(handler):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        # Lambda's user is another than this one; a program that ships must stay one
        copy.chmod(0o755 if source.stat().st_mode & 0o111 else 0o644)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    check_unpacked_size(handler.dotted_name, size)


def _own_files(handler: Handler) -> Iterator[tuple[Path, Path]]:
    """Each file to copy, and its name in the zip."""
    yield LIBRARY / "__init__.py", Path("fan_out/__init__.py")
    for file in _wanted(RUNTIME, RUNTIME):
        yield file, file.relative_to(LIBRARY.parent)
    if handler.top == LIBRARY:
        return
    top = handler.top
    for file in _wanted(top, top) if top.is_dir() else [top]:
        yield file, file.relative_to(top.parent)


def _wanted(folder: Path, top: Path) -> Iterator[Path]:
    """The files below a folder of the package ``top`` without dotfiles, tests and caches.

    Raises ValueError for a link: to a file outside, it would ship what is not the package's; to a
    folder above, it would go round for ever.
    """
    for path in sorted(folder.iterdir()):
        if _is_private_to_the_repository(path.name):
            continue
        if path.is_symlink():
            inside = path.is_file() and path.resolve().is_relative_to(top.resolve())
            if not inside:
                raise ValueError(f"{path} must be a file of {top}, got a link to {path.readlink()}")
        if path.is_dir():
            yield from _wanted(path, top)
        else:
            yield path


def _is_private_to_the_repository(name: str) -> bool:
    return (
        name.startswith((".", "test_"))
        or name in {"__pycache__", "tests", "test", "conftest.py", "requirements.txt"}
        or name.endswith((".pyc", "_test.py"))
    )
