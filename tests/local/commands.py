"""The ``fan-out`` command in a process of its own, against an embedded AWS."""

import os
import subprocess
import sys

from fan_out.local import EmbeddedAws

A_MINUTE = 60
COMMAND = [sys.executable, "-m", "fan_out"]

Done = subprocess.CompletedProcess[str]


def environ_of(aws: EmbeddedAws) -> dict[str, str]:
    """The environment variables of a shell that talks to it."""
    kept = {name: value for name, value in os.environ.items() if name not in aws.UNSET}
    return {**kept, **aws.environ(), "COLUMNS": "100"}


def called(environ: dict[str, str], *arguments: str) -> Done:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=A_MINUTE,
    )
