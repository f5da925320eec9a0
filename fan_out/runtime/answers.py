"""The check of what a function answers: JSON that a state can carry, or one line that says why not.

Lambda's own runtime writes NaN, which is not JSON, and fails on a set; a state fails on too many
bytes. Each of them ends a run and says little, so an answer is checked where it is made.
"""

from __future__ import annotations

import json
import re

from fan_out.runtime.budget import PAYLOAD_BYTES, RESULT_OVERHEAD
from fan_out.runtime.numbers import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")
    Node = tuple[Any, str, Any]

MOST_BYTES = PAYLOAD_BYTES - RESULT_OVERHEAD
"""The bytes of one answer, as the JSON text that Lambda sends."""

MOST_LEVELS = 100
"""The lists and objects that may be in each other: more than data have, less than parsers take."""

LONGEST_PATH = 100
"""Characters of a path in an error."""

MANY_DIGITS = re.compile(r"\d{309}")
"""What a number has in its text that is more than a double can be, 1.8 * 10^308."""

TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

INSTEAD = {
    "isoformat": "x.isoformat()",
    "tolist": "x.tolist()",  # numpy's
    "as_tuple": "float(x), or str(x) for all of its digits",  # Decimal's
    "__dataclass_fields__": "dataclasses.asdict(x)",
    "model_dump": 'x.model_dump(mode="json")',  # pydantic's
    "decode": "x.decode()",
    "__index__": "int(x)",
    "__float__": "float(x)",
    "__await__": "what it returns, since Lambda awaits nothing",
    "__iter__": "list(x)",
}
"""What to answer in place of a value that has one of these attributes; the first one counts."""


def checked(answer: Answer, name: str = "answer") -> Answer:
    """Answer what was given if it is JSON of at most 260,096 bytes. A tuple stands for a list.

    Raises ValueError in one line: which place of it (``answer[3]["when"]``), and what to do.
    """
    try:
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
        # a key that is not a string would come back as one
        plain = size > MOST_BYTES or json.loads(text) == answer
    except (TypeError, ValueError, RecursionError):
        raise ValueError(_first_fault(answer, name) or f"{name} must be JSON") from None
    if size > MOST_BYTES:
        raise ValueError(
            f"{name} must take at most {MOST_BYTES} bytes, got {size}: put what is large into S3, "
            "and answer its key"
        )
    if not plain or MANY_DIGITS.search(text) or _levels(text) > MOST_LEVELS:
        fault = _first_fault(answer, name)
        if fault:
            raise ValueError(fault)
    return answer


def _levels(text: str) -> int:
    if text.count("[") + text.count("{") <= MOST_LEVELS:
        return 0  # so few, wherever they are
    deepest = level = 0
    for bracket in re.findall(r"[\[\]{}]", TEXT.sub("", text)):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _first_fault(answer: Any, name: str) -> str | None:
    """Say in which place and why the answer is not JSON, of the first such place; None for none."""
    waiting: list[Node] = [(answer, name, None)]
    while waiting:
        node = waiting.pop()
        fault = _fault(node)
        if fault:
            return f"{_path(node)} {' '.join(fault.split())}"
        waiting += reversed(list(_inside(node)))
    return None


def _fault(node: Node) -> str | None:
    value = node[0]
    if isinstance(value, str):
        return None if _is_utf_8(value) else f"must be UTF-8, got a lone surrogate: {value!a:.80}"
    if value is None or isinstance(value, int):
        return _fault_of_an_int(value or 0)
    if isinstance(value, float):
        return (
            None if value - value == 0 else f"must be JSON, got {value}: answer None in its place"
        )
    if isinstance(value, list | tuple | dict):
        return _fault_of_a_container(node)
    instead = (told for attribute, told in INSTEAD.items() if hasattr(value, attribute))
    return f"must be JSON, got {described(value)}: answer {next(instead, 'str(x)')}"


def _fault_of_an_int(value: int) -> str | None:
    try:
        float(value)
    except OverflowError:
        return (
            f"must be at most 1.8e308, as far as numbers go, got {described(value)}: answer hex(x)"
        )
    return None


def _fault_of_a_container(node: Node) -> str | None:
    value, _, parent = node
    levels = 1
    while parent is not None:
        if parent[0] is value:
            return "must be JSON, got what it is itself a part of"
        levels, parent = levels + 1, parent[2]
    if levels > MOST_LEVELS:
        return f"must be at most {MOST_LEVELS} lists and objects deep, got more"
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            return f"must have strings as keys, got {described(key)}: answer str(x)"
        if not _is_utf_8(key):
            return f"must have keys in UTF-8, got a lone surrogate: {key!a:.80}"
    return None


def _inside(node: Node) -> Iterator[Node]:
    value = node[0]
    if isinstance(value, dict):
        yield from ((item, f"[{json.dumps(key)}]", node) for key, item in value.items())
    elif isinstance(value, list | tuple):
        yield from ((item, f"[{number}]", node) for number, item in enumerate(value))


def _path(node: Node) -> str:
    steps = []
    while node is not None:
        _, step, node = node
        steps.append(step)
    path = "".join(reversed(steps))
    half = LONGEST_PATH // 2
    return path if len(path) <= LONGEST_PATH else f"{path[:half]}…{path[-half:]}"


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
