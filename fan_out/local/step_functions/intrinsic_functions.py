"""The intrinsic functions themselves: JSON values in, a JSON value out.

"Intrinsics for JSONPath states in Step Functions", AWS Step Functions Developer Guide.
"""

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from fan_out.local.step_functions.json_text import json_text, read_json

MOST_ITEMS = 1_000
"""Of an ArrayRange. As above."""

MOST_CHARACTERS = 10_000
"""Of what Base64Encode, Base64Decode and Hash take. As above."""

ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


_ESCAPES = ("\\{", "\\}", "\\\\")


class IntrinsicError(ValueError):
    """An argument is not one that the function takes."""


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicError(f"expected an array, got {json_text(value)}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise IntrinsicError(f"expected a string, got {json_text(value)}")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IntrinsicError(f"expected a number, got {json_text(value)}")
    return math.floor(value + 0.5)  # AWS rounds to the nearest whole number


def _format(template: Any, *values: Any) -> str:
    parts = re.split(r"(\\[{}\\]|\{\})", _text(template))
    if parts.count("{}") != len(values):
        raise IntrinsicError(
            f"number of arguments do not match the occurrences of {{}} in {template!r}"
        )
    left = iter(values)
    return "".join(
        _shown(next(left)) if part == "{}" else part[1] if part in _ESCAPES else part
        for part in parts
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _string_to_json(text: Any) -> Any:
    try:
        return read_json(_text(text))
    except ValueError as error:
        raise IntrinsicError(f"the string is not JSON: {error}") from None


def _partition(array: Any, size: Any) -> list[list[Any]]:
    items, step = _array(array), _whole(size)
    if step < 1:
        raise IntrinsicError(f"expected a positive size, got {step}")
    return [items[start : start + step] for start in range(0, len(items), step)]


def _contains(array: Any, value: Any) -> bool:
    return any(_same(item, value) for item in _array(array))


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: true is not 1."""
    texts = (json.dumps(value, sort_keys=True) for value in (one, other))
    return next(texts) == next(texts)


def _range(first: Any, last: Any, step: Any) -> list[int]:
    start, end, by = _whole(first), _whole(last), _whole(step)
    if by == 0:
        raise IntrinsicError("expected a step that is not 0")
    numbers = range(start, end + (1 if by > 0 else -1), by)
    if len(numbers) > MOST_ITEMS:
        raise IntrinsicError(f"at most {MOST_ITEMS} items, got {len(numbers)}")
    return list(numbers)


def _get_item(array: Any, index: Any) -> Any:
    items, place = _array(array), _whole(index)
    if not 0 <= place < len(items):
        raise IntrinsicError(f"index {place} is out of the array's range, 0 to {len(items) - 1}")
    return items[place]


def _unique(array: Any) -> list[Any]:
    found: list[Any] = []
    for item in _array(array):
        if not _contains(found, item):
            found.append(item)
    return found


def _short(value: Any) -> str:
    text = _text(value)
    if len(text) > MOST_CHARACTERS:
        raise IntrinsicError(f"at most {MOST_CHARACTERS} characters, got {len(text)}")
    return text


def _encode(text: Any) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(_short(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IntrinsicError(f"the string is not Base64 of a text: {error}") from None


def _hash(value: Any, algorithm: Any) -> str:
    name = ALGORITHMS.get(_text(algorithm))
    if name is None:
        raise IntrinsicError(f"expected one of {', '.join(ALGORITHMS)}, got {algorithm!r}")
    text = _short(_shown(value))
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise IntrinsicError(f"expected two objects, got {json_text(first)}, {json_text(second)}")
    if deep is not False:
        raise IntrinsicError(f"expected false: only shallow merges, got {json_text(deep)}")
    return {**first, **second}


def _random(start: Any, end: Any, seed: Any = None) -> int:
    first, last = _whole(start), _whole(end)
    if first >= last:
        raise IntrinsicError(f"expected a start before the end, got {first} and {last}")
    drawn = random.Random(None if seed is None else _whole(seed))  # noqa: S311
    return drawn.randrange(first, last)


def _add(one: Any, other: Any) -> int:
    return _whole(one) + _whole(other)


def _split(text: Any, splitters: Any) -> list[str]:
    marks = _text(splitters)
    if not marks:
        return [_text(text)]
    parts = re.split(f"[{re.escape(marks)}]", _text(text))
    return [part for part in parts if part]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": _string_to_json,
    "JsonToString": lambda value: json_text(value),
    "Array": lambda *values: list(values),
    "ArrayPartition": _partition,
    "ArrayContains": _contains,
    "ArrayRange": _range,
    "ArrayGetItem": _get_item,
    "ArrayLength": lambda array: len(_array(array)),
    "ArrayUnique": _unique,
    "Base64Encode": _encode,
    "Base64Decode": _decode,
    "Hash": _hash,
    "JsonMerge": _merge,
    "MathRandom": _random,
    "MathAdd": _add,
    "StringSplit": _split,
    "UUID": lambda: str(uuid.uuid4()),
}
"""By the name after ``States.``."""
