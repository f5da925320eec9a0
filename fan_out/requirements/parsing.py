"""What a requirements file asks for, each line checked and with its place in the file."""

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from fan_out.requirements.lines import read_lines
from fan_out.requirements.location import ARCHIVES, is_url, is_wheel, located, name_of_archive
from fan_out.requirements.place import OF_THE_APP


@dataclass(frozen=True)
class Line:
    """One requirement.

    ``text`` is what pip takes, without its marker and hashes. ``location`` is the absolute path or
    URL that it names, and empty for a package of an index; ``name`` is empty where nothing says it.
    """

    number: int
    text: str
    name: str
    extras: str
    location: str
    marker: Marker | None
    hashes: tuple[str, ...]
    pinned: bool

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder on this machine."""
        return bool(self.location) and Path(self.location).is_dir()

    @property
    def is_source(self) -> bool:
        """Whether it is an archive or a repository that must be built, and no folder."""
        return bool(self.location) and not self.is_folder and not is_wheel(self.location)


@dataclass(frozen=True)
class RequirementsFile:
    """A requirements file that has been read and checked.

    ``options`` are those that say where packages come from, by the number of their line;
    ``from_source`` names the packages that ``--no-binary`` allows to be built.
    """

    path: Path
    lines: tuple[Line, ...]
    options: tuple[tuple[int, str], ...]
    from_source: frozenset[str]

    @property
    def key(self) -> list[object]:
        """All that it says, as JSON."""
        said = [
            [line.text, str(line.marker or ""), *line.hashes]
            for line in sorted(self.lines, key=lambda line: line.number)
        ]
        return [said, [option for _, option in self.options], sorted(self.from_source)]

    @property
    def wants_hashes(self) -> bool:
        """Whether pip takes nothing whose hash the file does not say."""
        return any(line.hashes for line in self.lines) or any(
            option == "--require-hashes" for _, option in self.options
        )

    def where(self, number: int) -> str:
        """How an error calls one of its lines."""
        return f"{self.path}, line {number}"


def parse(path: Path) -> RequirementsFile:
    """Read a requirements file. Raises ValueError, naming the line, for what it must not say."""
    lines, options, from_source = [], [], set[str]()
    for number, content in read_lines(path):
        try:
            requirement, given = _split(content)
            hashes = tuple(f"--hash={value}" for value in given.pop("hash") or [])
            if requirement:
                lines.append(_line(number, requirement, hashes, path.parent))
            _consent(from_source, given)
            options += [(number, option) for option in _options(given, path.parent)]
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    file = RequirementsFile(path, tuple(lines), tuple(options), frozenset(from_source))
    _check_sources(file)
    return file


class _Options(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"must be packages and pip's options for where they come from: {message}")


OPTIONS = _Options(add_help=False)
OPTIONS.add_argument("-i", "--index-url", "--pypi-url")
for _names in (
    ["--extra-index-url"],
    ["-f", "--find-links"],
    ["--trusted-host"],
    ["--use-feature"],
    ["--no-binary"],
    ["--only-binary"],
    ["--hash"],
    ["-r", "--requirement"],
    ["-c", "--constraint"],
    ["-e", "--editable"],
):
    OPTIONS.add_argument(*_names, action="append")
for _name in ("--no-index", "--pre", "--prefer-binary", "--require-hashes"):
    OPTIONS.add_argument(_name, action="store_true")


def _split(content: str) -> tuple[str, dict[str, Any]]:
    """The requirement of a line, and its options."""
    words = content.split(" ")
    first = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    given = vars(OPTIONS.parse_args(shlex.split(" ".join(words[first:]))))
    if given.pop("requirement") or given.pop("constraint") or given.pop("editable"):
        raise ValueError(
            f"a handler's requirements must be packages, got {content!r}; list them in this file, "
            f"and a folder of your own by its path alone"
        )
    return " ".join(words[:first]).strip(), given


def _options(given: dict[str, Any], folder: Path) -> Iterator[str]:
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            yield option
        elif isinstance(value, str):
            yield f"{option}={shlex.quote(value)}"
        elif name == "find_links":
            for place in value or []:
                yield f"{option}={shlex.quote(located(place, folder))}"
        elif name not in {"no_binary", "only_binary"}:
            yield from (f"{option}={shlex.quote(one)}" for one in value or [])


def _consent(from_source: set[str], given: dict[str, Any]) -> None:
    for name in ",".join(given["no_binary"] or []).split(","):
        if name == ":all:":
            raise ValueError("--no-binary must name the packages that may be built, got :all:")
        if name == ":none:":
            from_source.clear()
        elif name:
            from_source.add(canonicalize_name(name))
    for name in ",".join(given["only_binary"] or []).split(","):
        from_source -= from_source if name == ":all:" else {canonicalize_name(name)}


def _line(number: int, text: str, hashes: tuple[str, ...], folder: Path) -> Line:
    bare, _, condition = text.partition("; " if is_url(text) else ";")
    bare = bare.strip()
    if is_url(bare) or _is_path(bare):
        return _of_location(number, bare, condition, hashes, folder)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(f"{text!r} is no requirement: {str(error).splitlines()[0]}") from None
    name = canonicalize_name(requirement.name)
    if name in OF_THE_APP:
        raise ValueError(
            f"{requirement.name} is what synth needs, not a handler; give the handler a package "
            f"of its own, with a requirements.txt of its own"
        )
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    location = located(requirement.url, folder) if requirement.url else ""
    what = f" @ {_as_url(location)}" if location else str(requirement.specifier)
    return Line(
        number=number,
        text=f"{requirement.name}{extras}{what}",
        name=name,
        extras=extras,
        location=location,
        marker=requirement.marker,
        hashes=hashes,
        pinned=is_pinned(requirement),
    )


def _of_location(
    number: int, bare: str, condition: str, hashes: tuple[str, ...], folder: Path
) -> Line:
    plain, extras = bare, ""
    if with_extras := re.fullmatch(r"(.+)(\[[^\]]+\])", bare):
        plain, extras = with_extras[1], with_extras[2]
    try:
        marker = Marker(condition) if condition.strip() else None
    except InvalidMarker as error:
        raise ValueError(f"{condition!r} is no marker: {str(error).splitlines()[0]}") from None
    location = located(plain, folder)
    return Line(
        number=number,
        text=f"{location}{extras}",
        name=name_of_archive(location),
        extras=extras,
        location=location,
        marker=marker,
        hashes=hashes,
        pinned=False,
    )


def _is_path(text: str) -> bool:
    name = text.split("[")[0]
    is_named = re.match(r"[\w.-]+\s*(\[[^\]]*\])?\s*@", text)
    is_path = text.startswith(".") or "/" in name or "\\" in name or name.endswith(ARCHIVES)
    return is_path and not is_named


def _as_url(location: str) -> str:
    return location if is_url(location) else Path(location).as_uri()


def is_pinned(requirement: Requirement) -> bool:
    """Whether one version alone is meant."""
    return any(
        one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*"))
        for one in requirement.specifier
    )


def _check_sources(file: RequirementsFile) -> None:
    for line in file.lines:
        if line.is_source and line.name not in file.from_source:
            how = f"a line --no-binary {line.name}" if line.name else "as NAME @ URL, --no-binary"
            raise ValueError(
                f"{file.where(line.number)}: {line.text} is source, and to build it runs its code "
                f"at synth: {how} allows that"
            )
    if unused := file.from_source - {line.name for line in file.lines}:
        raise ValueError(
            f"{file.path}: --no-binary {', '.join(sorted(unused))} needs a line that says which "
            f"version"
        )
