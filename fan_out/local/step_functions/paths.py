"""Paths of the Amazon States Language: JSONPath as AWS has it, and reference paths.

Read by python-jsonpath, whose answers are Jayway's where both can be asked: a path that can lead to
one place only answers what is there, any other the list of what it finds.
"""

import functools
import re
from dataclasses import dataclass, field
from typing import Any

import jsonpath

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.errors import RESULT_PATH, RUNTIME, StateFailed
from fan_out.local.step_functions.json_text import json_text

_ROOT = re.compile(r"\$(\$|[A-Za-z_]\w*)?(?=$|[.\[])")
_NOT_AWS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|([~^#])""")
"""Outside of quotes: what the library takes beside JSONPath."""

_REFERENCE = re.compile(r"\.([^\s.\[\]'\"*?@$,:()]+)|\['((?:[^'\\]|\\.)+)'\]|\[(\d+)\]")


@dataclass(frozen=True)
class Path:
    """A JSONPath: into the value (``$.a``), the context object (``$$.a``) or a variable (``$v.a``).

    ``text`` is as the definition has it. Made by ``read_path``.
    """

    text: str
    root: str
    query: jsonpath.JSONPath = field(compare=False, repr=False)

    def evaluate(self, data: Data, name: str) -> Any:
        """What the path leads to in ``data``; ``name`` is the field that errors name.

        Raises StateFailed, States.Runtime, where it must lead somewhere and does not.
        """
        found = self.find(data)
        if found is MISSING:
            origin = self._origin(data)
            inside = json_text(data.value if origin is MISSING else origin)
            raise StateFailed(
                RUNTIME,
                f"The JSONPath '{self.text}' specified for the field '{name}' could not be found "
                f"in the input '{inside}'",
            )
        return found

    def find(self, data: Data) -> Any:
        """The same; MISSING where it leads nowhere."""
        origin = self._origin(data)
        if origin is MISSING or self.query.empty():
            return origin
        found = self.query.findall(origin)
        if not self.query.singular_query():
            return found
        return found[0] if found else MISSING

    def _origin(self, data: Data) -> Any:
        if self.root == "":
            return data.value
        if self.root == "$":
            return data.context
        return data.variables.get(self.root, MISSING)


MISSING = object()
"""What a path answers that leads nowhere: null is something."""


@functools.lru_cache(maxsize=1_000)
def read_path(text: str) -> Path:
    """Read a path. Raises ValueError in a few words where it is not one that AWS takes."""
    root = _ROOT.match(text)
    if root is None or any(_NOT_AWS.findall(text)):
        raise ValueError("Value is not a valid JSONPath")
    try:
        query = jsonpath.compile(f"${text[root.end() :]}")
    except jsonpath.JSONPathError as error:
        raise ValueError(f"Value is not a valid JSONPath: {str(error).splitlines()[0]}") from None
    if not isinstance(query, jsonpath.JSONPath):
        raise ValueError("Value is not a valid JSONPath")  # the library's own union of two
    return Path(text, root[1] or "", query)


@dataclass(frozen=True)
class ReferencePath:
    """A path to exactly one place, into which a result is put: ``$.a['b'][0]``."""

    text: str
    steps: tuple[str | int, ...]

    def put(self, result: Any, into: Any) -> Any:
        """Answer ``into`` with ``result`` in this place; objects on the way are made.

        Raises StateFailed, States.ResultPathMatchFailure, where the place cannot be there.
        """
        return _put(result, into, self.steps, self.text)


@functools.lru_cache(maxsize=1_000)
def read_reference(text: str) -> ReferencePath:
    """Read a reference path. Raises ValueError where it may lead to several places or to none."""
    steps: list[str | int] = []
    place = 1 if text.startswith("$") and not text.startswith("$$") else -1
    while 0 < place < len(text):
        step = _REFERENCE.match(text, place)
        if step is None:
            break
        plain, quoted, index = step.groups()
        steps.append(int(index) if index else plain or re.sub(r"\\(.)", r"\1", quoted))
        place = step.end()
    if place != len(text):
        raise ValueError("Value is not a Reference Path")
    return ReferencePath(text, tuple(steps))


def _put(result: Any, into: Any, steps: tuple[str | int, ...], text: str) -> Any:
    if not steps:
        return result
    first, rest = steps[0], steps[1:]
    if isinstance(first, str) and isinstance(into, dict):
        return {**into, first: _put(result, into.get(first, {}), rest, text)}
    if isinstance(first, int) and isinstance(into, list) and first < len(into):
        return [*into[:first], _put(result, into[first], rest, text), *into[first + 1 :]]
    raise StateFailed(
        RESULT_PATH, f"Unable to apply Reference Path {text} to input {json_text(into)}"
    )
