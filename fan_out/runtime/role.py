"""Which part of a fan-out a handler was made for, so that another part can refuse it at synth."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Handler = TypeVar("Handler")

ATTRIBUTE = "__fan_out__"


def made_for(role: str, handler: Handler) -> Handler:
    """Note on a handler what it was made for: ``"control"``, ``"worker"`` or ``"collect"``."""
    setattr(handler, ATTRIBUTE, role)
    return handler


def role_of(handler: Any) -> str | None:
    """What a handler was made for; None where it was not made by this library, or is a name."""
    role = getattr(handler, ATTRIBUTE, None)
    return role if isinstance(role, str) else None
