"""The functions that Step Functions adds to JSONata, and the one that it takes away.

AWS adds ``$partition``, ``$range``, ``$hash``, ``$uuid`` and ``$parse``, lets ``$random`` take a
seed, and has no ``$eval``. "Transforming data with JSONata in Step Functions", AWS Step Functions
Developer Guide. Where that is silent they do what AWS has been seen to do: numbers are cut to
whole ones, a range of one number is that number, and what makes no sense is nothing.

The library (jsonata-python 0.7.1) is made to do four things as its model does: ``$string`` writes
letters that are not ASCII as they are, ``null`` is an argument, ``$sort`` with a function is
stable, and numbers are divided as in JavaScript: by nothing, and with a remainder of any size.
"""

import hashlib
import json
import math
import random
import uuid
from collections.abc import Callable
from typing import Any

from jsonata import Functions, JException, Jsonata, Signature
from jsonata.utils import Utils

from fan_out.local.adaptations.seam import replaces
from fan_out.local.step_functions.json_text import read_json

ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}

EXPONENT_FROM = 1e21
"""From here on JavaScript writes numbers with an exponent."""

_library_string = Functions._string
_library_symbol = Signature.get_symbol
_library_compare = Functions.Comparator.compare
_library_calculate = Jsonata.evaluate_numeric_expression


def install() -> None:
    """Correct the library, for the whole process."""
    replaces(Functions, "_string")(_string)
    replaces(Signature, "get_symbol")(_symbol)
    replaces(Functions.Comparator, "compare")(_compare)
    replaces(Jsonata, "evaluate_numeric_expression")(_calculate)


def _string(arg: Any, prettify: bool) -> str:
    if isinstance(arg, float):
        return str(_library_string(arg, prettify))
    indent, separators = (2, None) if prettify else (None, (",", ":"))
    return json.dumps(_printed(arg), ensure_ascii=False, indent=indent, separators=separators)


def _printed(value: Any) -> Any:
    """What JSON can be written of, with numbers of at most 15 digits and functions as ''."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _printed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printed(item) for item in value]
    if isinstance(value, float):
        return whole(float(f"{value:.15g}"))
    return whole(value) if isinstance(value, int | str) else ""


def _symbol(self: Any, value: Any) -> str:
    return "l" if value is Utils.NULL_VALUE else str(_library_symbol(self, value))


def _compare(self: Any, o1: Any, o2: Any) -> int:
    """Python's sort asks whether the later one comes first: it does where the function of the
    expression says that the earlier one comes after it. The library's own, of ``^``, says which."""
    if isinstance(self._comparator, Jsonata.JLambda):
        return int(_library_compare(self, o1, o2))
    return -1 if Functions.func_apply(self._comparator, [o2, o1]) else 0


def _calculate(self: Any, lhs: Any, rhs: Any, op: str | None) -> Any:
    if op not in ("/", "%") or not (Utils.is_numeric(lhs) and Utils.is_numeric(rhs)):
        return _library_calculate(self, lhs, rhs, op)
    if rhs:
        return whole(lhs / rhs if op == "/" else math.fmod(lhs, rhs))
    return math.copysign(math.inf, lhs) if op == "/" and lhs else math.nan


def partition(array: list[Any] | None, size: float | None) -> list[list[Any]] | None:
    """The array in parts of ``size``, the last with what is left."""
    if not array:
        return None
    step = len(array) if size is None else int(size)
    if step < 0:
        raise JException("D3137", -1, "Second argument must be zero or greater")
    if step == 0:
        return None
    return [list(array[start : start + step]) for start in range(0, len(array), step)]


def numbers(first: float | None, last: float | None, step: float | None) -> Any:
    """The numbers from the first to the last, both included."""
    if first is None or last is None or step is None or not int(step):
        return None
    last_but_one = int(last) + (1 if step > 0 else -1)
    return Utils.create_sequence_from_iter(range(int(first), last_but_one, int(step)))


def digest(text: str | None, algorithm: str | None) -> str | None:
    """The hexadecimal digest of a text in UTF-8."""
    if text is None or algorithm is None:
        return None
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise JException("D3137", -1, f"Algorithm must be one of {known}, got {algorithm}")
    return hashlib.new(ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def random_number(seed: float | None) -> float:
    """A number from 0 up to 1; of a seed, the first that Java's generator gives for it."""
    if seed is None:
        return random.random()  # noqa: S311 - as random as AWS's
    state = (int(seed) ^ 0x5DEECE66D) % 2**48
    drawn = 0
    for bits in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) % 2**48
        drawn = (drawn << bits) + (state >> (48 - bits))
    return float(drawn / 2**53)


def parse(text: str | None) -> Any:
    """The value of a JSON text."""
    if text is None:
        return None
    try:
        value = read_json(text, strict=True)
    except ValueError as error:
        raise JException("D3137", -1, f"Invalid JSON: {error}") from error
    return for_the_library(value)


def for_the_library(value: Any) -> Any:
    """A copy of a JSON value in which ``null`` is a value: the library takes None for nothing."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        return {key: for_the_library(item) for key, item in value.items()}
    if isinstance(value, list):
        return [for_the_library(item) for item in value]
    return whole(value)


class TooLarge(float):
    """Stands for an integer that no double can be: it may be counted, but not be an answer."""


def whole(value: Any) -> Any:
    """A number as JavaScript has it: 3.0 is 3, from 1e21 on there is an exponent, and what is more
    than a double can be is infinite: TooLarge."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if abs(value) >= EXPONENT_FROM or value != value:
        try:
            return float(value)
        except OverflowError:
            return TooLarge(math.inf if value > 0 else -math.inf)
    return int(value) if value == int(value) else value


def _function(python: Callable[..., Any], signature: str) -> Any:
    return Jsonata.JFunction(Jsonata.JLambda(python), signature)


FUNCTIONS: dict[str, Any] = {
    "partition": _function(partition, "<an?:a>"),
    "range": _function(numbers, "<nnn?:a>"),
    "hash": _function(digest, "<ss?:s>"),
    "random": _function(random_number, "<n?:n>"),
    "uuid": _function(lambda: str(uuid.uuid4()), "<:s>"),
    "parse": _function(parse, "<s?:x>"),
    "eval": None,
}
"""What each name stands for; the function of None is not to be had."""
