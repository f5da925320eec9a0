"""The Lambda service: runs functions, as many at a time as there may be environments."""

import re
import shutil
import tempfile
import threading
from pathlib import Path

from fan_out.local.lambda_service.configuration import (
    FunctionConfiguration,
    Invocation,
    LogWriter,
    RoleCredentials,
)
from fan_out.local.lambda_service.environment import Environment, Gone
from fan_out.local.lambda_service.errors import RequestTooLarge, UnsupportedRuntime
from fan_out.local.lambda_service.host import Host
from fan_out.local.lambda_service.isolation import Isolation
from fan_out.local.lambda_service.memory import children_of_all
from fan_out.local.lambda_service.package import Packages
from fan_out.local.lambda_service.pool import Pool
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory
from fan_out.local.lambda_service.variables import EmbeddedEndpoint

REQUEST_BYTES = 6 * 1024 * 1024
"""The largest payload of a synchronous invocation, "Lambda quotas", AWS Lambda Developer Guide."""

WATCH_SECONDS = 0.2
"""How often the memory of busy environments is looked at; see ``memory`` for what lies between."""


class LambdaService:
    """Runs functions, each invocation in an environment of its own; thread safe.

    ``max_environments`` is for all functions together. ``write_log`` gets what an invocation logged
    before ``invoke`` answers; ``credentials`` signs what functions call. What is written to disk is
    below ``directory``.
    """

    def __init__(
        self,
        *,
        max_environments: int,
        endpoint_url: str,
        credentials: RoleCredentials,
        write_log: LogWriter,
        directory: Path,
    ) -> None:
        if max_environments < 1:
            raise ValueError(f"max_environments must be at least 1, got {max_environments}")
        self.max_environments = max_environments
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = Path(tempfile.mkdtemp(prefix="lambda-", dir=directory)).resolve()
        runtime = RuntimeDirectory.make(self._directory / "runtime")
        isolation = Isolation.where_allowed(self._directory, runtime)
        self.isolated = isolation is not None
        """Whether environments have namespaces of their own, and do not share this machine's."""
        host = Host(
            directory=self._directory,
            packages=Packages(self._directory),
            runtime=runtime,
            isolation=isolation,
            endpoint=EmbeddedEndpoint(endpoint_url, runtime.config_file, credentials),
            write_log=write_log,
        )
        self._pool = Pool(max_environments, lambda function: Environment(function, host))
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="lambda watcher", daemon=True)
        self._watcher.start()

    def invoke(self, function: FunctionConfiguration, payload: bytes) -> Invocation:
        """Run the function on ``payload``, JSON text, and wait until it has ended.

        Where every environment is busy it waits for one, which is no part of the function's time.

        Raises RequestTooLarge, UnsupportedRuntime, InvalidPackage, and ServiceClosed.
        """
        _check(function, payload)
        while True:
            environment = self._pool.acquire(function)
            try:
                return environment.invoke(payload or b"{}")
            except Gone:
                continue
            finally:
                self._pool.release(environment)

    def close(self) -> None:
        """End every environment, and remove what was written. Nothing is left running."""
        try:
            self._pool.close()
        finally:
            self._closing.set()
            self._watcher.join()
            shutil.rmtree(self._directory, ignore_errors=True)

    def _watch(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            if busy := self._pool.busy():
                children = children_of_all()
                for environment in busy:
                    environment.watch(children)


def _check(function: FunctionConfiguration, payload: bytes) -> None:
    if len(payload) > REQUEST_BYTES:
        raise RequestTooLarge(
            f"{len(payload)} byte payload is too large for the RequestResponse invocation type "
            f"(limit {REQUEST_BYTES} bytes)"
        )
    if not re.fullmatch(r"python3\.[0-9]+", function.runtime):
        raise UnsupportedRuntime(
            f"the embedded AWS runs Python functions, runtime python3.x; {function.name} has "
            f"runtime {function.runtime}"
        )
