"""The files of a function: its code and its layers, each unpacked once for the same content."""

import compileall
import hashlib
import io
import re
import shutil
import stat
import threading
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fan_out.local.lambda_service.configuration import FunctionConfiguration
from fan_out.local.lambda_service.errors import InvalidPackage

TESTS = re.compile(r"/tests?/")
"""Not compiled: nobody imports them, and some packages are mostly tests."""


class Packages:
    """Unpacks zips below ``directory``; thread safe."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()

    def task_root(self, function: FunctionConfiguration) -> Path:
        """Answer the folder of the function's code. Raises InvalidPackage."""
        return self._unpacked(
            "code", function.code_sha256.encode(), [function.code], f"the code of {function.name}"
        )

    def opt(self, function: FunctionConfiguration) -> Path:
        """Answer the folder that is /opt: the layers one over the other. Raises InvalidPackage."""
        # the digests, not the layers: two of them must not be taken for one
        content = b"".join(hashlib.sha256(layer).digest() for layer in function.layers)
        return self._unpacked("opt", content, function.layers, f"a layer of {function.name}")

    def _unpacked(self, kind: str, content: bytes, zips: Sequence[bytes], what: str) -> Path:
        folder = self._directory / kind / hashlib.sha256(content).hexdigest()
        with self._lock:
            if not folder.exists():
                unfinished = folder.with_suffix(".unfinished")
                unfinished.mkdir(parents=True)
                try:
                    for archive in zips:
                        _unpack(archive, unfinished, what)
                    unfinished.rename(folder)
                finally:
                    shutil.rmtree(unfinished, ignore_errors=True)
                # Lambda's is read-only, so that no cold start could keep what it compiled
                compileall.compile_dir(folder, quiet=2, rx=TESTS)
        return folder


def _unpack(content: bytes, folder: Path, what: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            links = [member for member in members if stat.S_ISLNK(_mode(member))]
            for member in members:
                if member not in links:
                    _write(archive, member, _place(member, folder, what))
            # last, so that no file is written through one
            for member in links:
                _link(archive.read(member).decode(), _place(member, folder, what), folder, what)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise InvalidPackage(f"{what} must be a zip file: {str(error).lower()}") from error


def _place(member: zipfile.ZipInfo, folder: Path, what: str) -> Path:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts:
        raise InvalidPackage(f"{what} must stay in its folder, got a file {member.filename!r}")
    return folder / path


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    if member.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # of an earlier layer, maybe a link
    with archive.open(member) as source, place.open("wb") as target:
        shutil.copyfileobj(source, target)
    place.chmod(_mode(member) & 0o777 or 0o644)  # 0: made where files have no mode


def _link(target: str, place: Path, folder: Path, what: str) -> None:
    if not (place.parent / target).resolve().is_relative_to(folder.resolve()):
        raise InvalidPackage(f"{what} must stay in its folder, got a link to {target!r}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def _mode(member: zipfile.ZipInfo) -> int:
    return member.external_attr >> 16
