"""What code a handler reaches: its module, what that imports, what those import …"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fan_out.shipping.files import looks_like_a_test, module_files
from fan_out.shipping.imports import Import, Source, Surety
from fan_out.shipping.modules import Found, find, find_in, first_party, is_namespace
from fan_out.shipping.source import read_source

LIBRARY = "fan_out"
"""Of which ``fan_out.runtime`` ships always, and nothing else ever."""

TEST_RUNNERS = {"pytest", "unittest"}


@dataclass
class Module:
    """A module of the user's own code that the handler may run, and how surely it does."""

    name: str
    file: Path
    surety: Surety
    source: Source

    @property
    def package(self) -> str:
        """What its relative imports start from."""
        return self.name if self.file.stem == "__init__" else self.name.rpartition(".")[0]


@dataclass
class Reach:
    """Follow imports through the user's own code, without running any of it.

    ``own`` is the handler's top-level package or module, which is its own wherever it is installed;
    ``packages`` is the folder that the requirements are installed in. ``modules`` are those that
    are reached, by their files; ``tops`` the top-level packages and modules that they are of.
    """

    own: Path
    own_name: str
    packages: Path | None
    python: tuple[int, int]
    modules: dict[Path, Module] = field(default_factory=dict)
    tops: dict[Path, str] = field(default_factory=dict)
    _places: dict[str, list[Path]] = field(default_factory=dict)

    def follow(self, name: str, surety: Surety) -> None:
        """Add the module of a dotted name, and all that it imports; a foreign one is passed by."""
        pending = [(name, surety)]
        while pending:
            name, surety = pending.pop()
            for module in self._raised(name, surety):
                for one in module.source.imports:
                    at_most = min(one.surety, module.surety)
                    pending += [(dotted, at_most) for dotted in _names_in(one)]
                at_most = min(Surety.PERHAPS, module.surety)
                for package in module.source.dynamic:
                    pending += [(inner, at_most) for inner in self.modules_in(package)]

    @property
    def changes_path(self) -> bool:
        """Whether the code imports from other folders than Lambda does by itself."""
        return any(module.source.changes_path for module in self.modules.values())

    def has(self, name: str) -> bool:
        """Whether the user's own code has a module or package of this name."""
        return len(self.find(name).levels) == len(name.split("."))

    def modules_in(self, name: str) -> Iterator[str]:
        """The dotted names of a package and of the modules in it, but for its tests.

        Outside of the folders of tests, a test is named as one and imports what runs tests:
        ``ab_test`` may well be a step of the job.
        """
        for place in self.find(name).levels[-1] if self.has(name) else ():
            for file in module_files(place) if place.is_dir() else ():
                inner = file.relative_to(place).with_suffix("").parts
                dotted = ".".join([name, *(part for part in inner if part != "__init__")])
                if not (looks_like_a_test(file) and self._runs_tests(file, dotted)):
                    yield dotted

    def find(self, name: str) -> Found:
        """What there is of a dotted name in the user's own code."""
        parts = name.split(".")
        tops = self._tops_of(parts[0]) if all(part.isidentifier() for part in parts) else []
        # a mere folder gives way to a package of its name, as it does on the import path
        if parts[0] != self.own_name and is_namespace(tops) and self._is_required(parts):
            return Found(())
        return find(parts, tops)

    def _tops_of(self, name: str) -> list[Path]:
        if name == LIBRARY:
            return []
        if name not in self._places:
            places = first_party(name)
            if name == self.own_name and self.own not in places:
                places = [self.own]
            self._places[name] = places
        return self._places[name]

    def _runs_tests(self, file: Path, dotted: str) -> bool:
        source = read_source(file, dotted.rpartition(".")[0], self.python)
        tops = {one.module.partition(".")[0] for one in source.imports}
        return file.stem == "conftest" or not TEST_RUNNERS.isdisjoint(tops)

    def _is_required(self, parts: Sequence[str]) -> bool:
        found = find(parts, find_in(parts[0], [self.packages] if self.packages else []))
        return len(found.levels) == len(parts) or any(True for _ in found.files)

    def _raised(self, name: str, surety: Surety) -> Iterable[Module]:
        """The modules that a name leads to and that had not been reached as surely before."""
        parts = name.split(".")
        found = self.find(name)
        if len(found.levels) < len(parts) and (not found.levels or is_namespace(found.levels[-1])):
            return  # mere folders on the way to nothing
        for place in found.levels[-1]:
            top = next(top for top in self._tops_of(parts[0]) if place.is_relative_to(top))
            self.tops.setdefault(top, parts[0])
        for depth, file in found.files:
            before = self.modules.get(file)
            if before is not None and before.surety >= surety:
                continue
            module = Module(".".join(parts[:depth]), file, surety, Source())
            module.source = read_source(file, module.package, self.python)
            self.modules[file] = module
            yield module


def _names_in(one: Import) -> list[str]:
    return [one.module, *(f"{one.module}.{name}" for name in one.names)]
