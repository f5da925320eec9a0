"""How many chunks of a run may fail: a choice, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass

from fan_out.quotas import is_token
from fan_out.runtime.budget import MOST_CHUNKS
from fan_out.runtime.numbers import described, number, whole_number


@dataclass(frozen=True)
class FailurePolicy:
    """What a failed chunk does to its run; made by ``stop`` or ``tolerate``.

    ``chunks`` or ``percent`` (0 to 100, of the chunks) may fail; neither: the first one ends the
    run. ``halve``: one that is too much for a worker is cut in two first.
    """

    chunks: int | None = None
    percent: float | None = None
    halve: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.halve, bool):
            raise ValueError(f"halve must be a bool, got {described(self.halve)}")
        if self.halve and not self.tolerates:
            raise ValueError("halve needs a policy that tolerates chunks or percent, got neither")
        if self.chunks is not None and self.percent is not None:
            raise ValueError(
                f"a FailurePolicy tolerates chunks or percent, got both: {described(self.chunks)} "
                f"and {described(self.percent)}"
            )
        for name, value in (("chunks", self.chunks), ("percent", self.percent)):
            if value is not None and is_token(value):
                raise ValueError(f"{name} must be known at synth, got a token")
        if self.chunks is not None:
            whole_number("chunks", self.chunks, least=0, most=MOST_CHUNKS)
        if self.percent is not None:
            number("percent", self.percent, least=0, most=100)

    @classmethod
    def stop(cls) -> FailurePolicy:
        """The first failed chunk ends the run; its siblings are aborted."""
        return cls()

    @classmethod
    def tolerate(
        cls, *, chunks: int | None = None, percent: float | None = None, halve: bool = False
    ) -> FailurePolicy:
        """Every chunk runs to its end; the run fails where more than these have failed.

        Give either, ``chunks`` from 0 or ``percent`` of the chunks from 0 to 100. With ``halve``, a
        chunk that ran out of time or memory, and only that, is cut in two and tried again, down to
        one record; halves then count as chunks.

        Raises ValueError where neither or both are given, or one is out of range or a token.
        """
        if chunks is None and percent is None:
            raise ValueError("tolerate needs chunks or percent, got neither")
        return cls(chunks=chunks, percent=percent, halve=halve)

    @property
    def tolerates(self) -> bool:
        """Whether a failed chunk leaves its siblings running."""
        return self.chunks is not None or self.percent is not None
