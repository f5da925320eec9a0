"""A module that can be imported at synth, and not where it runs."""

import os
from typing import Any

from fan_out.runtime import Chunk, worker

if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    print("about to import what is not there")
    import no_such_module  # type: ignore[import-not-found]  # noqa: F401


@worker
def numbers(chunk: Chunk, context: Any) -> list[int]:
    """Is never reached."""
    return list(chunk)
