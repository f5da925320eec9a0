"""JSON, written as briefly as can be."""

from __future__ import annotations

import json
from typing import Any


def compact(value: Any) -> str:
    """Write a value as JSON without blanks, and characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
