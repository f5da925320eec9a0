"""JSON as Step Functions writes it, and how much of it a state may carry."""

import json
from typing import Any

from fan_out.local.step_functions.errors import DATA_LIMIT, StateFailed
from fan_out.runtime.budget import PAYLOAD_BYTES

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


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
