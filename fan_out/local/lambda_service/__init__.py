"""Lambda without Docker: a function's own zip, run by AWS's own runtime client.

Each execution environment is a process that runs ``awslambdaric`` on the host's Python, against a
Runtime API that we serve on loopback. What it may see, how long it may take, how much memory it may
use, what it answers when it fails and what it logs are as in AWS Lambda.
"""

from fan_out.local.lambda_service.configuration import (
    FunctionConfiguration,
    Invocation,
    LogEvent,
    LogWriter,
    RoleCredentials,
)
from fan_out.local.lambda_service.errors import (
    InvalidPackage,
    PackageTooLarge,
    RequestTooLarge,
    ServiceClosed,
    UnsupportedRuntime,
)
from fan_out.local.lambda_service.service import LambdaService
from fan_out.local.lambda_service.unpack import check_unpacked_size

__all__ = [
    "FunctionConfiguration",
    "InvalidPackage",
    "Invocation",
    "LambdaService",
    "LogEvent",
    "LogWriter",
    "PackageTooLarge",
    "RequestTooLarge",
    "RoleCredentials",
    "ServiceClosed",
    "UnsupportedRuntime",
    "check_unpacked_size",
]
