"""What an execution has left undone, and the input of the one that does it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fan_out.cli.asked import Asked
from fan_out.cli.chunks import Chunks
from fan_out.cli.definition import Definition
from fan_out.cli.errors import CommandError
from fan_out.cli.past import Past
from fan_out.runtime.numbers import described


@dataclass(frozen=True)
class Leftover:
    """What is to be done, in a line for the user, and the ``input`` of the execution that does it.

    None where nothing is. ``joins`` says whether the result is to be joined with what was done.
    """

    line: str
    input: str | None = None
    joins: bool = False

    @classmethod
    def of(cls, past: Past, definition: Definition) -> Leftover:
        """Find what an execution has left. Raises CommandError where that cannot be resumed."""
        name, chunks, succeeded = past.name, past.chunks, past.status == "SUCCEEDED"
        anew = "it is started anew, with the same input"
        if past.steps.map is None and not succeeded:
            return cls(f"{name} ended before its plan was made: {anew}", past.input)
        if past.asked.is_refused_by(past.steps):
            return cls(f"{name} did not take the chunks that were left: {anew}", past.input)
        if chunks is None:
            raise CommandError(f"{name} has no plan of chunks: it is no fan-out's execution")
        if chunks.left:
            line = f"resuming {name}: {len(chunks.left)} of {chunks.count} chunks are left"
            return cls(line, _input(past, chunks), joins=True)
        if succeeded:
            return cls(f"nothing to resume: all {chunks.count} chunks are done")
        if definition.collects:
            line = f"all {chunks.count} chunks of {name} are done: its collect function runs again"
            return cls(line, _input(past, chunks), joins=True)
        raise CommandError(
            f"no chunk is left: all {chunks.count} chunks of {name} are done, and it failed after "
            "them; --redrive runs what comes after the Map again"
        )


def _input(past: Past, chunks: Chunks) -> str:
    given = json.loads(past.input)
    if not isinstance(given, dict):
        raise CommandError(f"the input of {past.name} must be an object, got {described(given)}")
    asked = Asked(
        chunks=[fate.item for fate in chunks.left],
        of=past.arn,
        done=past.asked.done + len(chunks.done),
    )
    return asked.within(given)
