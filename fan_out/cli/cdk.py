"""The real CDK CLI, quiet unless it fails, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from fan_out.cli.errors import FAILED, CommandError

VERSION = "2.1148.1"
"""Reads the cloud assemblies of the aws-cdk-lib that this package needs; 3.0.0 does not."""

SECONDS_TO_END = 10
"""What a CDK CLI that is told to end is given before it is killed."""


@dataclass(frozen=True)
class CdkCli:
    """Runs the CDK CLI in ``folder``, an app's.

    ``environ`` holds all of its environment variables; what it and the app write besides their
    output goes to ``scratch``. ``verbose`` shows what it prints as it goes.
    """

    path: str
    folder: Path
    environ: Mapping[str, str]
    scratch: Path
    verbose: bool = False

    def call(self, *arguments: str) -> None:
        """Run it to its end. Raises CommandError, having shown its output, where it fails."""
        log = self.scratch / "cdk.log"
        with log.open("wb") as output:
            code = self._wait([self.path, *arguments, "--no-notices", "--no-color"], output)
        if code == 0:
            return
        if not self.verbose:
            sys.stderr.write(log.read_text("utf-8", "replace"))
            sys.stderr.flush()
        raise CommandError(f"cdk {arguments[0]} failed with exit code {code}", FAILED)

    def _wait(self, command: list[str], output: IO[bytes]) -> int:
        # a process group of its own: the terminal's Ctrl-C reaches us alone, and all of it, the
        # app and what that starts too, can be ended at once
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno() if self.verbose else output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait()
        except BaseException:
            _end_group(process)
            raise


def find_cdk(folder: Path, path: str) -> str:
    """Find the CDK CLI: in ``node_modules`` of the folder or one above it, or else on the path.

    Raises CommandError, saying how to install it, where there is none.
    """
    for parent in (folder, *folder.parents):
        candidate = parent / "node_modules" / ".bin" / "cdk"
        if os.access(candidate, os.X_OK):
            return str(candidate)
    found = shutil.which("cdk", path=path)
    if found is None:
        raise CommandError(
            f"no CDK CLI in node_modules of {folder} or on the PATH: npm install aws-cdk@{VERSION}"
        )
    return found


def own_path(environ: Mapping[str, str]) -> str:
    """Answer the PATH with the folder of this interpreter first.

    ``python3`` of a cdk.json is then this one, and ``node`` is that of the wheel of Node.js,
    which is installed beside it, and not one that may be too old for the CDK CLI.
    """
    bin_folder = str(Path(sys.executable).parent)
    return os.pathsep.join(filter(None, [bin_folder, environ.get("PATH", "")]))


def cdk_environ(
    environ: Mapping[str, str], *, changes: Mapping[str, str], unset: Iterable[str], scratch: Path
) -> dict[str, str]:
    """Answer the environment variables for a CDK CLI that leaves nothing behind.

    Its caches and temporary files, and those of the app, go to ``scratch``; nothing is sent to
    or fetched from the network.
    """
    kept = {name: value for name, value in environ.items() if name not in set(unset)}
    return {
        **kept,
        **changes,
        "PATH": own_path(environ),
        "CDK_HOME": str(scratch / "cdk-home"),
        "TMPDIR": str(scratch),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
    }


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the CLI and whatever it started, and wait for it."""
    _signal_group(process, signal.SIGTERM)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
    finally:  # also upon a further Ctrl-C: then at once
        _signal_group(process, signal.SIGKILL)
        process.wait()
        _wait_for_group(process.pid)


def _wait_for_group(group: int) -> None:
    """Wait for what the CLI started, too: it must not write where is being tidied up."""
    for _ in range(100):
        if not any(_lives_in(group, pid) for pid in psutil.pids()):
            return
        time.sleep(0.02)


def _lives_in(group: int, pid: int) -> bool:
    try:
        # one that has ended may keep its number for as long as nobody asks for its exit code
        return os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
