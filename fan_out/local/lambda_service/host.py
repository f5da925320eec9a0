"""What all environments share, and how one of them is started."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from fan_out.local.lambda_service.configuration import FunctionConfiguration, LogWriter
from fan_out.local.lambda_service.package import Packages
from fan_out.local.lambda_service.runtime import Runtime
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory
from fan_out.local.lambda_service.variables import EmbeddedEndpoint, Place, environment_variables


@dataclass(frozen=True)
class Host:
    """The files, the Python, the embedded AWS, and who takes the logs."""

    directory: Path
    packages: Packages
    runtime: RuntimeDirectory
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
        return Runtime(
            self.runtime.python,
            [str(place.opt), function.handler],
            place.task_root,
            lambda runtime_api: environment_variables(
                function,
                place,
                self.runtime,
                self.endpoint,
                runtime_api=runtime_api,
                log_stream=log_stream,
            ),
        )
