"""Lambda: functions are run by our own service, and are what their template says."""

from fan_out.local.adaptations.functions import (
    invocation,
    layers,
    resource,
    unpacked_size,
    versions,
)
from fan_out.local.lambda_service import LambdaService


def install(service: LambdaService) -> None:
    """Let every function of this process run in ``service``."""
    invocation.install(service)
    resource.install()
    layers.install()
    versions.install()
    unpacked_size.install()
