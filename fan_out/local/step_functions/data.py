"""What the expressions of a state see."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Data:
    """``value`` is ``$`` in JSONPath and ``$states.input`` in JSONata; ``context`` the context
    object (``$$``, ``$states.context``); ``variables`` are by name, without the ``$``; ``more`` has
    ``result`` or ``errorOutput`` of ``$states``, where there is one."""

    value: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any]
    more: Mapping[str, Any] = field(default_factory=dict)

    def on(self, value: Any) -> "Data":
        """The same, seen from another value."""
        return replace(self, value=value)

    def with_more(self, **more: Any) -> "Data":
        """The same, with a ``result`` or an ``errorOutput``."""
        return replace(self, more=more)

    @property
    def states(self) -> dict[str, Any]:
        """JSONata's ``$states``."""
        return {"input": self.value, "context": self.context, **self.more}
