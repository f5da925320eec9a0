"""What an execution has left undone, and the execution that does it: its name and its input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from fan_out.cli.errors import CommandError
from fan_out.cli.past import Past
from fan_out.runtime.budget import PAYLOAD_BYTES
from fan_out.runtime.numbers import described
from fan_out.runtime.resumed import CHUNKS_KEY, RESUMED, RESUMES_KEY, first_execution
from fan_out.runtime.sizing import CHOICES

NAME_LENGTH = 80
"""Characters of an execution's name. "Step Functions service quotas", as in runtime.budget."""


@dataclass(frozen=True)
class Leftover:
    """What is to be done, in a line for the user, and the ``input`` of the execution that does it.

    None where nothing is. ``joins`` says whether the result is to be joined with what was done.
    """

    line: str
    input: str | None = None
    joins: bool = False

    @classmethod
    def of(cls, past: Past) -> Leftover:
        """Find what an execution has left. Raises CommandError where that cannot be resumed."""
        name, chunks, succeeded = past.name, past.chunks, past.status == "SUCCEEDED"
        if not past.steps.maps and not succeeded:
            line = f"{name} ended before its plan was made: it is started anew, with the same input"
            return cls(line, past.input)
        if chunks is None:
            raise CommandError(f"{name} has no plan of chunks: it is no fan-out's execution")
        if chunks.left:
            line = f"resuming {name}: {len(chunks.left)} of {chunks.count} chunks are left"
            return cls(line, _input(past, [fate.item for fate in chunks.left]), joins=True)
        if succeeded:
            return cls(f"nothing to resume: all {chunks.count} chunks are done")
        raise CommandError(
            f"no chunk is left: all {chunks.count} chunks of {name} are done, and it failed after "
            "them; --redrive runs what comes after the Map again"
        )


def names_after(name: str) -> Iterator[str]:
    """Answer the names for an execution that resumes the one of this name, the first one best.

    All of them tell the execution that was resumed first, of whose name a chunk's id is made.
    """
    first = first_execution(name)
    number = 2 if first == name else int(name[len(first) + len(RESUMED) :]) + 1
    while True:
        mark = f"{RESUMED}{number}"
        yield first[: NAME_LENGTH - len(mark)] + mark
        number += 1


def _input(past: Past, chunks: list[dict[str, object]]) -> str:
    given = json.loads(past.input)
    if not isinstance(given, dict):
        raise CommandError(f"the input of {past.name} must be an object, got {described(given)}")
    kept = {key: value for key, value in given.items() if key not in CHOICES.values()}
    new = {**kept, CHUNKS_KEY: chunks, RESUMES_KEY: past.arn}
    text = json.dumps(new, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > PAYLOAD_BYTES:
        raise CommandError(
            f"the input with the {len(chunks)} chunks that are left must be at most "
            f"{PAYLOAD_BYTES} bytes, got {size}"
        )
    return text
