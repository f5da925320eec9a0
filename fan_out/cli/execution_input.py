"""The execution's input, as it is given on the command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from fan_out.cli.errors import CommandError, one_line
from fan_out.runtime.budget import PAYLOAD_BYTES


def read_input(given: str) -> str:
    """Answer the input as JSON text, unchanged: ``given``, or the file that ``@`` names in it.

    Raises CommandError where it is no JSON object, cannot be read, or is over 262,144 bytes.
    """
    text, name = _text(given)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name} must be JSON: {one_line(error)}") from None
    if not isinstance(value, dict):
        raise CommandError(f"{name} must be a JSON object, got {_kind(value)}")
    _encoded(name, json.dumps(value, ensure_ascii=False))  # "\\ud800" alone is no character
    size = len(_encoded(name, text))
    if size > PAYLOAD_BYTES:
        raise CommandError(f"{name} must be at most {PAYLOAD_BYTES} bytes, got {size}")
    return text


def _text(given: str) -> tuple[str, str]:
    if not given.startswith("@"):
        return given, "--input"
    path = Path(given[1:])
    try:
        return path.read_text("utf-8-sig"), f"--input {given}"
    except OSError as error:
        reason = error.strerror or one_line(error)
        raise CommandError(f"--input {given}: cannot read the file: {reason}") from None
    except UnicodeDecodeError:
        raise CommandError(f"--input {given}: the file must be UTF-8") from None


def _encoded(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # what the shell passed on was no UTF-8
        raise CommandError(f"{name} must be UTF-8") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is more than a number of JSON can be")
    return number


def _kind(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
