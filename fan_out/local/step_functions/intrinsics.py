"""Intrinsic functions: ``States.Format('{} of {}', $.done, 10)``, read and called.

"Intrinsics for JSONPath states in Step Functions", AWS Step Functions Developer Guide.
"""

import inspect
import re
from dataclasses import dataclass
from typing import Any

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.errors import INTRINSIC, StateFailed
from fan_out.local.step_functions.intrinsic_functions import FUNCTIONS, IntrinsicError
from fan_out.local.step_functions.paths import Path, read_path

_NAME = re.compile(r"States\.(\w+)\(")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_WORD = re.compile(r"true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PATH = re.compile(r"\$(?:\[(?:'(?:[^'\\]|\\.)*'|[^\]'])*\]|[^,()\s\[\]])*")
_WORDS = {"true": True, "false": False, "null": None}

MOST_NESTED = 10
"""Calls within calls. As above."""


@dataclass(frozen=True)
class Call:
    """A call of the function ``name``; arguments are calls, paths or values in a ``Literal``."""

    text: str
    name: str
    arguments: "tuple[Call | Path | Literal, ...]"

    def evaluate(self, data: Data, field: str) -> Any:
        """Call it. Raises StateFailed: States.IntrinsicFailure where the function fails."""
        values = [self._value(argument, data, field) for argument in self.arguments]
        try:
            inspect.signature(FUNCTIONS[self.name]).bind(*values)
        except TypeError:
            raise self._failed(f"it does not take {len(values)} arguments") from None
        try:
            return FUNCTIONS[self.name](*values)
        except IntrinsicError as error:
            raise self._failed(str(error)) from None

    def _failed(self, why: str) -> StateFailed:
        return StateFailed(INTRINSIC, f"The function '{self.text}' had the following error: {why}")

    def _value(self, argument: "Call | Path | Literal", data: Data, field: str) -> Any:
        if isinstance(argument, Call):
            return argument.evaluate(data, field)
        return argument.evaluate(data, field) if isinstance(argument, Path) else argument.value


@dataclass(frozen=True)
class Literal:
    """A value that stands in the text itself."""

    value: Any


def is_call(text: str) -> bool:
    """Whether a text is meant for a call, and not for a path."""
    return text.startswith("States.")


def read_call(text: str) -> Call:
    """Read a call. Raises ValueError in a few words where the text is none."""
    reader = _Reader(text)
    call = reader.call(MOST_NESTED)
    if reader.place != len(text):
        raise ValueError(f"unexpected {text[reader.place :]!r} after the call")
    return call


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.place = 0

    def call(self, depth: int) -> Call:
        start = self.place
        name = self._take(_NAME)
        if name is None or name[1] not in FUNCTIONS:
            raise ValueError(f"no intrinsic function at {self._text[start : start + 40]!r}")
        if depth == 0:
            raise ValueError(f"intrinsic functions may be nested {MOST_NESTED} deep")
        arguments: list[Call | Path | Literal] = []
        while not self._skip(")"):
            if arguments and not self._skip(","):
                raise ValueError(f"a comma is missing at {self._text[self.place :]!r}")
            is_template = name[1] == "Format" and not arguments
            arguments.append(self._argument(depth, is_template))
        return Call(self._text[start : self.place], name[1], tuple(arguments))

    def _argument(self, depth: int, is_template: bool) -> Call | Path | Literal:
        self._skip("")
        if (text := self._take(_STRING)) is not None:
            return Literal(_unescaped(text[1], is_template))
        if _NAME.match(self._text, self.place):
            return self.call(depth - 1)
        if (path := self._take(_PATH)) is not None:
            return read_path(path[0])
        word = self._take(_WORD)
        if word is None:
            raise ValueError(f"no argument at {self._text[self.place : self.place + 40]!r}")
        if word[0] in _WORDS:
            return Literal(_WORDS[word[0]])
        return Literal(int(word[0]) if re.fullmatch(r"-?\d+", word[0]) else float(word[0]))

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self.place)
        if found is not None:
            self.place = found.end()
        return found

    def _skip(self, mark: str) -> bool:
        """Pass over blanks, and over ``mark`` if it comes next."""
        while self._text[self.place : self.place + 1].isspace():
            self.place += 1
        found = self._text.startswith(mark, self.place)
        self.place += len(mark) if found else 0
        return found


def _unescaped(text: str, is_template: bool) -> str:
    """What ``\\'``, ``\\\\``, ``\\{`` and ``\\}`` stand for; all but the first are States.Format's
    to read where the text is its template."""
    if not re.fullmatch(r"(?:[^\\]|\\['\\{}])*", text, re.DOTALL):
        raise ValueError(f"illegal escape in {text!r}")
    return re.sub(r"\\(.)", lambda m: m[0] if is_template and m[1] != "'" else m[1], text)
