"""What ends a command: one line for its user, and an exit code."""

from __future__ import annotations

FAILED = 1
"""The execution, or a step on the way to it, failed."""

USAGE = 2
"""What was asked for cannot be done: nothing was started."""

INTERRUPTED = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells have it."""


class CommandError(Exception):
    """Ends a command with a message of one line: what, the bound, what was given."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def described(error: Exception) -> tuple[str, int]:
    """Answer the line and the exit code that an exception ends a command with."""
    if isinstance(error, CommandError):
        return str(error), error.exit_code
    if isinstance(error, ModuleNotFoundError):
        return f"no module {error.name}: pip install 'fan-out[local]'", USAGE
    from fan_out.cli.aws import is_aws_error, said_plainly

    if is_aws_error(error):
        return said_plainly(error), USAGE
    return f"{type(error).__name__}: {one_line(error)} (--debug shows where)", FAILED


def one_line(text: object) -> str:
    """Fold the lines of a text into one."""
    return " ".join(str(text).split())
