"""Which files pip would install: every package's version, and the digest of its archive."""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fan_out.requirements.missing_wheel import explained
from fan_out.requirements.parsing import Line, RequirementsFile, is_pinned
from fan_out.requirements.pip_command import Pip
from fan_out.requirements.place import OF_THE_APP
from fan_out.requirements.reasons import reason_of
from fan_out.requirements.run_pip import NO_BUILDS
from fan_out.requirements.target import Machine


@dataclass(frozen=True)
class Archive:
    """A wheel that pip found. ``sha256`` is its file's; ``content`` stands for what it holds."""

    name: str
    version: str
    url: str
    sha256: str
    requires: tuple[str, ...]

    @property
    def key(self) -> list[str]:
        """What installing it depends on, as JSON."""
        return [self.name, self.version, self._content()]

    def _content(self) -> str:
        if not self.url.startswith("file:"):
            return self.sha256 or self.url
        digest = hashlib.sha256()
        with zipfile.ZipFile(url2pathname(urlsplit(self.url).path)) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                digest.update(f"{info.filename}\0{info.external_attr}\0{info.file_size}\n".encode())
                digest.update(archive.read(info))
        return digest.hexdigest()


def resolve(
    file: RequirementsFile, lines: Sequence[Line], pip: Pip, machine: Machine, scratch: Path
) -> list[Archive]:
    """Ask pip, which installs nothing yet. Raises ValueError in one line where it cannot."""
    report = scratch / "report.json"
    asked = scratch / "asked.txt"
    asked.write_text(_text(file, lines), encoding="utf-8")
    arguments = [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--only-binary=:all:",
        f"--target={scratch / 'nowhere'}",
        f"--requirement={asked}",
        *machine.pip_arguments,
    ]
    done = pip.run(*arguments, f"--report={report}", markers=machine.markers)
    if done.returncode != 0:
        reason = reason_of(done).replace(str(asked), str(file.path))
        if NO_BUILDS in reason:
            reason = f"{_last_collected(done.stdout)} is source, and {NO_BUILDS}"
        else:
            reason = explained(reason, file.path, pip, arguments, machine)
        raise ValueError(f"pip cannot install {file.path} for {machine}: {reason}")
    archives = [_archive(item) for item in json.loads(report.read_text("utf-8"))["install"]]
    if wrong := OF_THE_APP & {archive.name for archive in archives}:
        raise ValueError(f"{file.path} brings {min(wrong)}, which is what synth needs")
    return archives


def is_determined(lines: Iterable[Line], archives: Sequence[Archive]) -> bool:
    """Whether the same lines give the same archives on another day.

    They do where each version is pinned, by a line or by another package, and comes from an
    index: a file of this machine may be another one tomorrow.
    """
    pinned = {line.name for line in lines if line.pinned}
    for archive in archives:
        for text in archive.requires:
            requirement = Requirement(text)
            if requirement.marker is None and is_pinned(requirement):  # in any case, that is
                pinned.add(canonicalize_name(requirement.name))
    return all(
        archive.name in pinned and archive.sha256 and not archive.url.startswith("file:")
        for archive in archives
    )


def _text(file: RequirementsFile, lines: Sequence[Line]) -> str:
    """What pip reads, each line under the number that it has in the user's file.

    It has no markers any more: lines that are not for the machine are gone.
    """
    said = [*file.options, *((line.number, " ".join([line.text, *line.hashes])) for line in lines)]
    rows = [""] * max((number for number, _ in said), default=0)
    for number, text in said:
        rows[number - 1] = f"{rows[number - 1]} {text}".strip()
    return "\n".join(rows)


def _archive(item: dict[str, dict[str, object]]) -> Archive:
    download: dict[str, object] = item["download_info"]
    info = download.get("archive_info")
    hashes = info.get("hashes", {}) if isinstance(info, dict) else {}
    metadata = item["metadata"]
    requires = metadata.get("requires_dist", [])
    return Archive(
        name=canonicalize_name(str(metadata["name"])),
        version=str(metadata["version"]),
        url=str(download["url"]),
        sha256=str(hashes.get("sha256", "")),
        requires=tuple(requires) if isinstance(requires, list) else (),
    )


def _last_collected(output: str) -> str:
    found: list[str] = re.findall(r"^\s*(?:Collecting|Processing) (.+)$", output, re.MULTILINE)
    return found[-1] if found else "a package"
