"""The fields of one object of a definition, taken one by one; what is left over is refused."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")


class InvalidDefinition(ValueError):  # noqa: N818 - AWS's name of it
    """A definition cannot be run here. The message is one line, with the place: AWS's own code
    (``SCHEMA_VALIDATION_FAILED``, ``MISSING_TRANSITION_TARGET`` …) comes first where it has one."""


def refused(what: str, place: str, code: str = "SCHEMA_VALIDATION_FAILED") -> InvalidDefinition:
    """The error for what stands at a ``place`` such as ``/States/A/Next``."""
    return InvalidDefinition(f"Invalid State Machine Definition: '{code}: {what} at {place}'")


class Fields:
    """Reads the fields of an object at a ``place``."""

    def __init__(self, given: Any, place: str) -> None:
        if not isinstance(given, dict):
            raise refused("Expected value of type Object", place or "/")
        self._given: Mapping[str, Any] = given
        self._taken: set[str] = set()
        self.place = place

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._given

    def take(self, name: str, default: Any = None) -> Any:
        """The field's value as it stands."""
        self._taken.add(name)
        return self._given.get(name, default)

    def need(self, *names: str) -> None:
        """Refuse the object if it lacks one of these fields."""
        lacking = [name for name in names if name not in self._given]
        if lacking:
            raise refused(f"These fields are required: [{', '.join(lacking)}]", self.place or "/")

    def needed(self, name: str) -> Any:
        """The value of a field that must be there."""
        self.need(name)
        return self.take(name)

    def text(self, name: str) -> str | None:
        """A text, or None where it is not there."""
        value = self.take(name)
        if self.has(name) and not isinstance(value, str):
            raise self.wrong("Expected value of type String", name)
        return value if isinstance(value, str) else None

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number within bounds, or None where it is not there."""
        value = self.take(name)
        if not self.has(name):
            return None
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(f"Expected value of type Integer from {least} to {most}", name)
        return value

    def read(self, name: str, reader: Callable[[Any], Value]) -> Value | None:
        """What ``reader`` makes of the value; None where it is not there. It raises ValueError."""
        if not self.has(name):
            return None
        try:
            return reader(self.take(name))
        except InvalidDefinition:
            raise
        except ValueError as error:
            raise self.wrong(str(error), name) from None

    def each(self, name: str) -> Iterator["Fields"]:
        """The objects of a list that must have one at least."""
        value = self.needed(name)
        if not isinstance(value, list) or not value:
            raise self.wrong("Expected a non-empty Array", name)
        for number, item in enumerate(value):
            yield Fields(item, f"{self.place}/{name}[{number}]")

    def one_of(self, *names: str) -> str | None:
        """Which one of these fields is there; None for none. More than one are refused."""
        there = [name for name in names if self.has(name)]
        if len(there) > 1:
            raise refused(f"Only one of [{', '.join(there)}] is allowed", self.place)
        return there[0] if there else None

    def not_here(self, reason: str, *names: str) -> None:
        """Refuse fields that AWS takes and that do not work here."""
        for name in names:
            if self.has(name):
                raise InvalidDefinition(
                    f"the embedded AWS has no {reason}: {name} at {self.place}/{name}"
                )

    def wrong(self, what: str, name: str) -> InvalidDefinition:
        """The error for the value of a field."""
        return refused(what, f"{self.place}/{name}")

    def nothing_else(self) -> None:
        """Refuse the fields that nobody has taken; a Comment, a text, may always be there."""
        self.text("Comment")
        for name in self._given:
            if name not in self._taken:
                raise refused(f"Field '{name}' is not supported", self.place or "/")
