"""Unpacks zips into a folder, one over the other, and never outside of it.

No zip is trusted: a link of one may lead the files of another anywhere, a name may be of both a
file and a folder, and a few bytes may unpack to any number of them.
"""

import errno
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NoReturn

from fan_out.local.lambda_service.errors import InvalidPackage, PackageTooLarge

UNPACKED_BYTES = 250 * 1024 * 1024
"""A function's code and layers, unpacked: "Lambda quotas", AWS Lambda Developer Guide."""

MOST_MEMBERS = 200_000
"""Of one zip; our own limit: each takes a file or folder of this machine, however small it is."""

NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeError, RuntimeError)
"""RuntimeError: it is encrypted, or in a version or compression that zipfile does not know."""

LINK_BYTES = 4_096
"""The longest target of a link, path_resolution(7)."""


def check_unpacked_size(code: bytes, layers: Sequence[bytes] = ()) -> None:
    """Raise PackageTooLarge, in Lambda's words, where they would unpack to more than it takes.

    What is no zip counts nothing: it is refused where it is unpacked.
    """
    sizes = [_declared_bytes(content) for content in (code, *layers)]
    if max(sizes) > UNPACKED_BYTES:
        raise PackageTooLarge(f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes")
    if sum(sizes) > UNPACKED_BYTES:
        raise PackageTooLarge(
            f"Function code combined with layers exceeds the maximum allowed size of "
            f"{UNPACKED_BYTES} bytes. The actual size is {sum(sizes)} bytes."
        )


def unpack(zips: Sequence[bytes], folder: Path, what: str) -> None:
    """Unpack ``zips`` into ``folder``, in order. Raises InvalidPackage, which names ``what``."""
    unpacking = _Unpacking(folder, what)
    for content in zips:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                unpacking.take(archive)
        except NO_ZIP as error:
            raise InvalidPackage(f"{what} must be a zip file: {str(error).lower()}") from error
    unpacking.check_links()


def _declared_bytes(content: bytes) -> int:
    with (
        suppress(*NO_ZIP),
        zipfile.ZipFile(io.BytesIO(content)) as archive,
    ):
        return sum(member.file_size for member in archive.infolist())
    return 0


class _Unpacking:
    """Zips that are laid one over the other in one folder."""

    def __init__(self, folder: Path, what: str) -> None:
        self._folder = folder.resolve()
        self._what = what
        self._left = UNPACKED_BYTES

    def take(self, archive: zipfile.ZipFile) -> None:
        """Unpack one of them: what it links last, so that none of its files goes through that."""
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            self._refuse(f"have at most {MOST_MEMBERS} members, got {len(members)}")
        for member in sorted(members, key=_is_link):  # the order is kept otherwise
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                self._refuse(f"be stored or deflated, got {member.filename!r} in another way")
            try:
                self._put(archive, member)
            except OSError as error:
                if error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ELOOP):
                    self._refuse(f"have no file and folder of one name, got {member.filename!r}")
                if error.errno == errno.ENAMETOOLONG:
                    self._refuse(f"have names of at most 255 bytes, got {member.filename!r}")
                raise

    def check_links(self) -> None:
        """Refuse a link that leads out of the folder, now that all are there."""
        for parent, folders, files in os.walk(self._folder):
            for name in [*folders, *files]:
                path = Path(parent, name)
                if path.is_symlink() and not self._is_inside(path):
                    self._refuse(f"stay in its folder, got a link to {str(path.readlink())!r}")

    def _put(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        place = self._place(member)
        if member.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)  # of an earlier layer
        if _is_link(member):
            target = b"".join(self._blocks(archive, member, LINK_BYTES)).decode()
            if not target or "\0" in target:
                self._refuse(f"have links to somewhere, got {member.filename!r} to {target!r}")
            place.symlink_to(target)
            return
        with place.open("xb") as file:
            file.writelines(self._blocks(archive, member, self._left))
        place.chmod(_mode(member) & 0o777 or 0o644)  # 0: made where files have no mode

    def _place(self, member: zipfile.ZipInfo) -> Path:
        """Where the member belongs; a link on the way there is followed, as when it is read."""
        path = PurePosixPath(member.filename)
        nameless = not path.parts and not member.filename.endswith("/")
        if path.is_absolute() or ".." in path.parts or nameless:
            self._refuse(f"stay in its folder, got a file {member.filename!r}")
        parent = Path(os.path.realpath(self._folder / path.parent))
        if not parent.is_relative_to(self._folder):
            self._refuse(f"stay in its folder, got a file {member.filename!r} behind a link")
        return parent / path.name

    def _blocks(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int
    ) -> Iterator[bytes]:
        """Read a member, whatever size it declares: never more than ``most`` bytes."""
        size = 0
        with archive.open(member) as source:
            while block := source.read(1 << 16):
                size += len(block)
                if size > most:
                    self._refuse(f"unpack to at most {most} bytes, got more in {member.filename!r}")
                self._left -= len(block)
                yield block

    def _is_inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self._folder)

    def _refuse(self, must: str) -> NoReturn:
        raise InvalidPackage(f"{self._what} must {must}")


def _is_link(member: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(_mode(member))


def _mode(member: zipfile.ZipInfo) -> int:
    return member.external_attr >> 16
