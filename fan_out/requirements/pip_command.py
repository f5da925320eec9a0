"""pip, without what its environment says of destination and output; one line where it fails."""

import ast
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_pip.py")

KEPT = {
    "index-url",
    "extra-index-url",
    "no-index",
    "find-links",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "keyring-provider",
    "constraint",
    "build-constraint",
    "no-build-isolation",
    "pre",
    "prefer-binary",
    "require-hashes",
    "uploaded-prior-to",
    "use-feature",
    "use-deprecated",
    "cache-dir",
    "no-cache-dir",
}
"""Which of the user's settings of pip are used: where packages come from, and which may be taken.
Others say where they go or what is shown (``user``, ``prefix``, ``target``, ``log``, ``quiet`` …),
or let code run (``no-binary``)."""

SETTING = re.compile(r"(global|install|:env:)\.([a-z-]+)=(.+)")

EARLIEST = "315532800"
"""The year 1980, where the dates of a zip begin: a wheel is the same whenever it is built."""


@dataclass(frozen=True)
class Pip:
    """The pip of an interpreter, with the user's own settings that are used."""

    executable: str
    settings: Mapping[str, str]

    @classmethod
    def of(cls, executable: str) -> "Pip":
        """Read what the user's environment variables and pip.conf say."""
        said = {name: value for name, value in os.environ.items() if _is_kept(name)}
        # verbose, since a pip.conf may say quiet
        done = _run([executable, "-P", "-m", "pip", "config", "list", "-vvv"], said)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            raise ValueError(f"pip of {executable} cannot read its configuration: {reason}")
        found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
        for line in done.stdout.splitlines():
            if (setting := SETTING.fullmatch(line.strip())) and setting[2] in KEPT:
                found[setting[1]][setting[2]] = ast.literal_eval(setting[3])
        merged = {**found["global"], **found["install"], **found[":env:"]}
        return cls(executable, {_variable(name): merged[name] for name in sorted(merged)})

    def run(
        self, *arguments: str, markers: Mapping[str, str] | None = None, builds: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end. It builds packages, and so runs their code, with ``builds`` alone."""
        given = json.dumps({"markers": markers, "builds": builds})
        command = [self.executable, "-P", str(SCRIPT), given, *arguments]
        command += ["--no-input", "--no-color", "--disable-pip-version-check"]
        return _run(command, {**self.settings, "PIP_CONFIG_FILE": os.devnull})

    @property
    def key(self) -> list[object]:
        """All of the settings that decides which packages are taken, as JSON."""
        constraints = self.settings.get("PIP_CONSTRAINT", "").split()
        files = [Path(name) for name in constraints if Path(name).is_file()]
        return [dict(self.settings), [file.read_bytes().hex() for file in files]]


def _variable(setting: str) -> str:
    return f"PIP_{setting.upper().replace('-', '_')}"


def _is_kept(variable: str) -> bool:
    return variable == "PIP_CONFIG_FILE" or variable in map(_variable, KEPT)


def _run(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_")
        and (not name.startswith("PYTHON") or name == "PYTHONUSERBASE")
        and name not in {"FORCE_COLOR", "CLICOLOR_FORCE"}
    }
    environ = {
        "SOURCE_DATE_EPOCH": EARLIEST,
        **inherited,
        "NO_COLOR": "1",
        "COLUMNS": "1000",  # pip's frames break lines
        "GIT_TERMINAL_PROMPT": "0",
        "PYTHONIOENCODING": "utf-8",
        **variables,
    }
    return subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
