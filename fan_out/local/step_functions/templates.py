"""Values with expressions in them, as fields of a state have them, in either language.

JSONPath: ``{"key.$": "$.path"}`` or a call of an intrinsic function. JSONata: ``"{% … %}"``
anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fan_out.local.step_functions.data import Data
from fan_out.local.step_functions.intrinsics import is_call, read_call
from fan_out.local.step_functions.jsonata import Expression, is_expression, read_expression
from fan_out.local.step_functions.paths import read_path


class Template(Protocol):
    """A value that is made anew from the data each time."""

    def evaluate(self, data: Data, field: str) -> Any:
        """Make it; ``field`` is how errors call its place. Raises StateFailed."""


@dataclass(frozen=True)
class Constant:
    """A value that is what it is."""

    value: Any

    def evaluate(self, data: Data, field: str) -> Any:
        """Answer it."""
        return self.value


@dataclass(frozen=True)
class Members:
    """An object whose values are templates."""

    members: Mapping[str, Template]
    names: Mapping[str, str]
    """How errors call each member: ``key.$`` in JSONPath."""

    def evaluate(self, data: Data, field: str) -> Any:
        """Make each of its values."""
        return {
            key: template.evaluate(data, self.names[key]) for key, template in self.members.items()
        }


@dataclass(frozen=True)
class Items:
    """An array whose items are templates."""

    items: tuple[Template, ...]

    def evaluate(self, data: Data, field: str) -> Any:
        """Make each of its items."""
        return [template.evaluate(data, field) for template in self.items]


def read_reference_expression(text: str) -> Template:
    """Read what stands under a key that ends in ``.$``. Raises ValueError."""
    return read_call(text) if is_call(text) else read_path(text)


def read_payload(value: Any) -> Template:
    """Read a payload template of JSONPath. Raises ValueError, which says where it is wrong."""
    if isinstance(value, list):
        items = tuple(read_payload(item) for item in value)
        return Constant(value) if all(_is_constant(item) for item in items) else Items(items)
    if not isinstance(value, dict):
        return Constant(value)
    members: dict[str, Template] = {}
    names: dict[str, str] = {}
    for key, item in value.items():
        name = key.removesuffix(".$")
        if name in members:
            raise ValueError(f"The field '{name}' is there twice")
        names[name] = key
        members[name] = _under(key, item) if name != key else read_payload(item)
    if all(_is_constant(template) for template in members.values()):
        return Constant(value)
    return Members(members, names)


def _under(key: str, item: Any) -> Template:
    if not isinstance(item, str):
        raise ValueError(f"The value for the field '{key}' must be a STRING")
    try:
        return read_reference_expression(item)
    except ValueError as error:
        raise ValueError(
            f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic "
            f"function call: {error}"
        ) from None


def read_jsonata(value: Any, place: str) -> Template:
    """Read a value of JSONata; ``place`` is its field. Raises ValueError."""
    if isinstance(value, str) and is_expression(value):
        return read_expression(value, place)
    if isinstance(value, list):
        items = tuple(read_jsonata(item, f"{place}[{n}]") for n, item in enumerate(value))
        return Constant(value) if all(_is_constant(item) for item in items) else Items(items)
    if isinstance(value, dict):
        members = {key: read_jsonata(item, f"{place}/{key}") for key, item in value.items()}
        if all(_is_constant(template) for template in members.values()):
            return Constant(value)
        return Members(members, {key: f"{place}/{key}" for key in members})
    return Constant(value)


def _is_constant(template: Template) -> bool:
    return isinstance(template, Constant)


__all__ = [
    "Constant",
    "Expression",
    "Items",
    "Members",
    "Template",
    "read_jsonata",
    "read_payload",
    "read_reference_expression",
]
