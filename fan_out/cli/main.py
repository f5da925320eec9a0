"""The entry point of ``fan-out`` and of ``python -m fan_out``."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; answers its exit code. The default arguments are the program's own."""
    try:
        import typer

        from fan_out.cli.commands import app
        from fan_out.cli.display.screen import Screen
        from fan_out.cli.errors import one_line
    except ModuleNotFoundError as error:
        print(f"error: no module {error.name}: pip install 'fan-out[cli]'", file=sys.stderr)
        return 2
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = typer.main.get_command(app)(given, prog_name="fan-out", standalone_mode=False)
    except typer.TyperException as error:
        line = one_line(error.format_message()).rstrip(".")
        if line:  # else the help was shown, for want of a command
            Screen().error(f"{line[:1].lower()}{line[1:]} (--help shows the options)")
        return error.exit_code
    return code if isinstance(code, int) else 0
