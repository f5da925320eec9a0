"""Imports of the user's own code that nothing brings to Lambda."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from fan_out.shipping.imports import Import, Surety
from fan_out.shipping.modules import (
    Found,
    find,
    find_in,
    first_party,
    is_namespace,
    on_the_import_path,
)
from fan_out.shipping.reach import LIBRARY, Reach
from fan_out.shipping.standard_library import is_in_lambda, removed_in

BROUGHT_ALONG = {"distutils": "setuptools"}
"""Modules that another package puts into ``sys.modules``."""


@dataclass(frozen=True)
class Missing:
    """A module that is not in Lambda, and the surest import of it."""

    name: str
    file: Path
    line: int
    surety: Surety

    def explained(self, python: tuple[int, int]) -> str:
        """Where it is imported, why it is not there, and what to do."""
        top = self.name.partition(".")[0]
        if (removed := removed_in(top, python)) is not None:
            why = "which Python {}.{} removed".format(*removed)
        elif top == LIBRARY:
            why = f"and of {LIBRARY} only {LIBRARY}.runtime is there in Lambda"
        elif first_party(top):
            why = "and there is no such module"
        elif on_the_import_path(top):
            brings = metadata.packages_distributions().get(top, ["what brings it"])[0]
            why = f"which is not in the zip: add {brings} to requirements.txt"
        else:
            why = "which nothing brings to Lambda: add what does to requirements.txt"
        return f"{self.file}, line {self.line} imports {self.name!r}, {why}"


def missing_imports(reach: Reach, places: Sequence[Path]) -> list[Missing]:
    """What the code that was reached imports and that is neither in ``places`` nor in Lambda.

    ``places`` are the zip's folder and those of the layers. One for each name, the surest first;
    imports that the code is prepared to do without are passed over.
    """
    found = [
        Missing(name, module.file, one.line, min(one.surety, module.surety))
        for module in reach.modules.values()
        for one in module.source.imports
        if min(one.surety, module.surety) > Surety.GUARDED
        and (not one.instead_of or _is_one_missing(one.instead_of, reach, places))
        for name in _absent(one, reach, places)
        if not (reach.changes_path and _is_anywhere(name, places))
    ]
    found.sort(key=lambda missing: (-missing.surety, missing.file, missing.line, missing.name))
    first: dict[str, Missing] = {}
    for missing in found:
        first.setdefault(missing.name, missing)
    return list(first.values())


def _is_one_missing(modules: Sequence[str], reach: Reach, places: Sequence[Path]) -> bool:
    return not all(_is_there(module.split("."), reach, places) for module in modules)


def _absent(one: Import, reach: Reach, places: Sequence[Path]) -> Iterator[str]:
    parts = one.module.split(".")
    if not _is_there(parts, reach, places):
        yield one.module
    elif one.module == LIBRARY:
        yield from (f"{LIBRARY}.{name}" for name in one.names if name != "runtime")
    elif (levels := _found(parts, places).levels) and is_namespace(levels[-1]):
        for name in one.names:  # of which a namespace package has none but modules
            if not _is_there([*parts, name], reach, places):
                yield f"{one.module}.{name}"


def _is_there(parts: list[str], reach: Reach, places: Sequence[Path]) -> bool:
    levels = _found(parts, places).levels
    if len(levels) == len(parts):
        return True
    if not levels or is_namespace(levels[0]):
        provider = BROUGHT_ALONG.get(parts[0])
        if is_in_lambda(parts[0], reach.python) or (provider and find_in(provider, places)):
            return True
    if not levels or is_namespace(levels[-1]):
        return False
    # a package of others may make its modules as it likes, in C, in archives, in sys.modules
    own = reach.find(".".join(parts[: len(levels)]))
    is_own = len(own.levels) == len(levels) and not _makes_modules(own)
    return not is_own and parts[0] != LIBRARY


def _found(parts: list[str], places: Sequence[Path]) -> Found:
    return find(parts, find_in(parts[0], places))


def _makes_modules(own: Found) -> bool:
    texts = [file.read_bytes() for _, file in own.files]
    return any(word in text for text in texts for word in (b"__path__", b"sys.modules"))


def _is_anywhere(name: str, places: Sequence[Path]) -> bool:
    """Whether a module lies deeper in the zip, where a changed ``sys.path`` may find it."""
    top = name.partition(".")[0]
    return any(
        path.name.partition(".")[0] == top
        for place in places
        if isinstance(place, Path)  # and is not in an archive
        for path in place.rglob(f"{top}*")
    )
