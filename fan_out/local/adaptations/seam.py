"""A seam: the place of one function of moto that an adaptation takes.

moto has no hooks, so its functions are replaced by name. Each replacement is checked when it is
made: what it replaces must be there and take the very same parameters, or the embedded AWS does
not start. What moto's function did is pinned by a test, through ``seams()``.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_seams: list["Seam"] = []


@dataclass(frozen=True)
class Seam:
    """One function of moto, and what stood there before: None where ours is new."""

    name: str
    moto: Callable[..., Any] | None

    def source(self) -> str:
        """The source of what moto had there."""
        return "" if self.moto is None else inspect.getsource(self.moto)


class SeamError(RuntimeError):
    """This moto is not one that the embedded AWS knows how to adapt."""


def replaces(owner: Any, name: str) -> Callable[[Function], Function]:
    """Put the decorated function in the place of ``owner.name``, a function or method of moto.

    Raises SeamError where moto has none there, or it takes other parameters.
    """

    def replace(ours: Function) -> Function:
        place = f"{_name(owner)}.{name}"
        found = vars(owner).get(name)
        if found is None:
            raise SeamError(f"this moto has no {place}: install moto 5.2.5 or a fan-out for it")
        theirs, here = _parameters(found), _parameters(ours)
        if theirs != here:
            raise SeamError(f"{place} takes {theirs}, the adaptation knows {here}")
        setattr(owner, name, _in_kind(found, ours))
        _seams.append(Seam(place, _plain(found)))
        return ours

    return replace


def adds(owner: Any, name: str, kind: Any = None) -> Callable[[Function], Function]:
    """Give a class of moto a member that it lacks. Raises SeamError where it has come to have it.

    One that its parent class has only to be overridden counts as lacking, and says of what kind
    ours is; otherwise ``kind`` (``property``, ``staticmethod``) may say so.
    """

    def add(ours: Function) -> Function:
        place = f"{_name(owner)}.{name}"
        if name in vars(owner):
            raise SeamError(f"this moto has {place} by now: the adaptation that adds it can go")
        inherited = inspect.getattr_static(owner, name, None)
        setattr(owner, name, _in_kind(inherited, ours) if kind is None else kind(ours))
        _seams.append(Seam(place, None))
        return ours

    return add


def seams() -> tuple[Seam, ...]:
    """Every seam that an adaptation has taken in this process, in order."""
    return tuple(_seams)


def _name(owner: Any) -> str:
    if inspect.ismodule(owner):
        return owner.__name__
    return f"{owner.__module__}.{owner.__qualname__}"


def _plain(found: Any) -> Callable[..., Any]:
    """The function itself: what a static method, class method or property wraps."""
    if isinstance(found, staticmethod | classmethod):
        return found.__func__
    if isinstance(found, property):
        assert found.fget is not None
        return found.fget
    plain: Callable[..., Any] = inspect.unwrap(found)
    return plain


def _parameters(function: Any) -> list[str]:
    return [
        str(parameter.name) for parameter in inspect.signature(_plain(function)).parameters.values()
    ]


def _in_kind(found: Any, ours: Callable[..., Any]) -> Any:
    """Ours as the same kind of member: static, of the class, a property, or plain."""
    for kind in (staticmethod, classmethod, property):
        if isinstance(found, kind):
            return kind(ours)
    return ours
