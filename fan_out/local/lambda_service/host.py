"""What all environments share, and how one of them is started."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from fan_out.local.lambda_service.configuration import FunctionConfiguration, LogWriter
from fan_out.local.lambda_service.isolation import RUNTIME, SEEN, Isolation
from fan_out.local.lambda_service.launch import Launch
from fan_out.local.lambda_service.package import Packages
from fan_out.local.lambda_service.runtime import Runtime
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory
from fan_out.local.lambda_service.variables import EmbeddedEndpoint, Place, environment_variables


@dataclass(frozen=True)
class Host:
    """The files, the Python, the embedded AWS, and who takes the logs.

    ``isolation`` is None where environments have our user and our files.
    """

    directory: Path
    packages: Packages
    runtime: RuntimeDirectory
    isolation: Isolation | None
    endpoint: EmbeddedEndpoint
    write_log: LogWriter

    def place(self, function: FunctionConfiguration) -> Place:
        """Unpack the function's files, and make a /tmp for one environment. InvalidPackage."""
        return Place(
            task_root=self.packages.task_root(function),
            opt=self.packages.opt(function),
            temporary=Path(mkdtemp(prefix="tmp-", dir=self.directory)),
        )

    def start(self, function: FunctionConfiguration, place: Place, log_stream: str) -> Runtime:
        """Start the function's runtime."""
        seen, runtime, endpoint = place, self.runtime, self.endpoint
        if self.isolation is not None:
            seen, runtime = SEEN, RUNTIME
            endpoint = replace(endpoint, config_file=runtime.config_file)
        # -B: what is compiled is compiled by us; -P: not the script's folder on the path
        command = [str(runtime.python), "-B", "-P", str(runtime.bootstrap)]
        return Runtime(
            lambda runtime_api: Launch(
                arguments=[*command, str(seen.opt), function.handler],
                cwd=str(seen.task_root),
                variables=environment_variables(
                    function,
                    seen,
                    runtime,
                    endpoint,
                    runtime_api=runtime_api,
                    log_stream=log_stream,
                ),
                mounts=None if self.isolation is None else self.isolation.mounts(place),
            )
        )
