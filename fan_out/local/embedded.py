"""The embedded AWS as its user sees it: a child process, from ``with`` to the end of it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from fan_out.local.gate.credentials import Credentials
from fan_out.local.settings import ISOLATED, Settings, check_region
from fan_out.requirements import LOCAL_PYTHON_VARIABLE

if TYPE_CHECKING:
    import boto3

SECONDS_TO_END = 15
"""How long the child may take to end by itself; its environments have at most 2 s of that."""

S3_IN_PATH_STYLE = "[default]\ns3 =\n    addressing_style = path\n"
"""A bucket's name in the host (``bucket.localhost``) would have to be resolved."""


class EmbeddedAwsError(RuntimeError):
    """The embedded AWS did not start. The message is one line that ends with the cause."""


class EmbeddedAws:
    """A context manager; while it is open, an AWS listens on a loopback port of its own.

    Nothing is left after it: no process, no file, also where this process is killed.
    """

    UNSET = (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_CA_BUNDLE",
    )
    """Environment variables that would lead a client elsewhere in spite of ``environ()``."""

    endpoint_url: str
    isolated: bool
    """Whether functions have namespaces of their own; else they run with this user's rights, and
    share this machine's files and processes: the kernel allows no namespaces."""

    def __init__(
        self,
        *,
        account: str = "123456789012",
        region: str = "us-east-1",
        max_environments: int | None = None,
    ) -> None:
        check_region(region)
        self._region = region
        most = 2 * (os.cpu_count() or 1) if max_environments is None else max_environments
        self._settings = Settings(account=account, max_environments=most)
        self._credentials = Credentials.random()
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: Path | None = None

    def __enter__(self) -> Self:
        if self._process is not None:
            raise EmbeddedAwsError("the embedded AWS has been started already")
        self._directory = Path(tempfile.mkdtemp(prefix="fan-out-aws-"))
        try:
            (self._directory / "config").write_text(S3_IN_PATH_STYLE)
            port, _, how = self._start(self._directory).partition(" ")
            self.endpoint_url = f"http://localhost:{port}"
            self.isolated = how == ISOLATED
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def alive(self) -> bool:
        """Whether it is there: from ``with`` to its end, unless its process was ended."""
        return self._process is not None and self._process.poll() is None

    def environ(self) -> dict[str, str]:
        """The variables with which ``aws``, ``cdk`` and boto3 talk to it; credentials are in them.

        What ``UNSET`` names must not be set beside them.
        """
        return {
            **self._isolation(),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            LOCAL_PYTHON_VARIABLE: sys.executable,
        }

    def session(self) -> "boto3.Session":
        """A session whose clients talk to it, whatever the environment of this process says."""
        from fan_out.local.session import session_on

        config_file = Path(self._isolation()["AWS_CONFIG_FILE"])
        return session_on(self.endpoint_url, self._region, config_file, self._credentials)

    def _isolation(self) -> dict[str, str]:
        """What keeps the user's own account, files and proxy out of it."""
        assert self._directory is not None
        return {
            **self._credentials.environ(),
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_CONFIG_FILE": str(self._directory / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._directory / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            **{name: _with_localhost(os.environ.get(name)) for name in ("NO_PROXY", "no_proxy")},
        }

    def _start(self, directory: Path) -> str:
        """Start the child and answer what it says: its port, and whether functions are isolated."""
        library = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), library]))
        inherited = {name: os.environ[name] for name in os.environ if name not in self.UNSET}
        settings = self._settings.line(directory)
        with (directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                # -P: a types.py in the current folder must not stand in for Python's own
                [sys.executable, "-P", "-m", "fan_out.local.server", settings],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
                env={**inherited, **self._isolation(), "PYTHONPATH": path},
            )
        return _answer(self._process, directory / "log")

    def _end(self) -> None:
        """Close the child's standard input, upon which it ends; kill it if it does not."""
        if self._process is not None:
            with suppress(OSError):
                _pipe(self._process.stdin).close()
            try:
                self._process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            _pipe(self._process.stdout).close()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)


def _answer(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the child listens. Raises EmbeddedAwsError with the last line of its log."""
    answer = _pipe(process.stdout).readline()
    if not answer:
        process.wait()
        lines = log.read_text(errors="replace").strip().splitlines()
        cause = lines[-1] if lines else f"its process ended with {process.returncode}"
        raise EmbeddedAwsError(f"the embedded AWS did not start: {cause}")
    return answer.decode().strip()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _with_localhost(hosts: str | None) -> str:
    return f"{hosts},localhost" if hosts else "localhost"
