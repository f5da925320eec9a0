"""JSON as Step Functions writes it, and how much of it a state may carry."""

import json
from typing import Any

from fan_out.local.step_functions.errors import DATA_LIMIT, StateFailed
from fan_out.runtime.budget import PAYLOAD_BYTES

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def read_json(text: str, *, strict: bool = False) -> Any:
    """Read a value as JSON has it; ``strict`` allows no key twice in one object.

    Raises ValueError in a few words for anything else: NaN, what is nested too deep.
    """
    try:
        hook = _members if strict else None
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=hook)
        json_text(value)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1)
        raise ValueError(f"Duplicate field '{twice}'")
    return members


def json_text(value: Any) -> str:
    """Write a value without blanks, and characters as they are."""
    return _encode(value)


def bytes_of(text: str) -> int:
    """The size that counts: in UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def checked_text(value: Any, cause: str) -> str:
    """Write a value that a state is to carry; at most 262,144 bytes.

    Raises StateFailed, States.DataLimitExceeded with the ``cause``, where it is more.
    """
    text = json_text(value)
    if bytes_of(text) > PAYLOAD_BYTES:
        raise StateFailed(DATA_LIMIT, cause, placed=True)
    return text
