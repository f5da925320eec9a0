"""What a file must be to ship: a file, readable, no secret; or a link to one that ships."""

import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from fan_out.shipping.confidential import looks_like_a_secret


def checked(files: Mapping[Path, Path], named: Collection[Path]) -> dict[Path, Path]:
    """The same files, by their names in the zip, with those that a link to a folder stands for.

    ``named`` are the files that may look like secrets. Raises ValueError in one line for a file
    that must not or cannot ship.
    """
    regular = {name: file for name, file in files.items() if not file.is_symlink()}
    links = {name: file for name, file in files.items() if file.is_symlink()}
    real = {file.resolve() for file in regular.values()} if links else set()
    complete = dict(regular)
    for name, link in links.items():
        complete |= _linked(name, link, real)
    for file in complete.values():
        try:
            _check(file, named)
        except OSError as error:
            raise ValueError(f"{file} must be readable to be shipped: {error.strerror}") from None
    return complete


def _linked(name: Path, link: Path, real: Collection[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file that a link adds to the zip, and its name there."""
    try:
        target = link.resolve()
    except (OSError, RuntimeError):  # it goes round
        target = link
    within = [file for file in real if file.is_relative_to(target)]
    if target in real:
        yield name, link
    elif within and not link.parent.resolve().is_relative_to(target):
        yield from ((name / file.relative_to(target), file) for file in within)
    else:
        raise ValueError(f"{link} must be a link to what ships, got one to {link.readlink()}")


def _check(file: Path, named: Collection[Path]) -> None:
    if not stat.S_ISREG(file.stat().st_mode):
        kind = stat.filemode(file.stat().st_mode)[0]
        what = {"p": "a FIFO", "s": "a socket"}.get(kind, "a device")
        raise ValueError(f"{file} must be a file to be shipped, got {what}")
    if file not in named and looks_like_a_secret(file):
        raise ValueError(
            f"{file} looks like a secret, and would be in the zip: move it out of the package, or "
            f"name it in include= if it is meant to ship"
        )
    with file.open("rb"):
        pass
