"""The environment variables of an execution environment.

As in "Defined runtime environment variables", AWS Lambda Developer Guide, and those that lead the
function's own AWS calls to the embedded AWS. Nothing of our own environment is passed on.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from fan_out.local.lambda_service.configuration import FunctionConfiguration, RoleCredentials
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory

TEMPORARY = Path("/tmp")  # noqa: S108 - Lambda's


@dataclass(frozen=True)
class Place:
    """Where an environment's files are: the function's code, its layers, and its own /tmp."""

    task_root: Path
    opt: Path
    temporary: Path


@dataclass(frozen=True)
class EmbeddedEndpoint:
    """Where the embedded AWS is, the AWS config file that fits it, and who may call it."""

    url: str
    config_file: Path
    credentials: RoleCredentials


def environment_variables(
    function: FunctionConfiguration,
    place: Place,
    runtime: RuntimeDirectory,
    endpoint: EmbeddedEndpoint,
    *,
    runtime_api: str,
    log_stream: str,
) -> dict[str, str]:
    """Answer all the variables that the environment sees.

    The function's own go before those of the language and the paths, as in AWS, and cannot change
    the reserved ones.
    """
    return {
        **_changeable(place, runtime),
        **function.environment,
        **_reserved(function, place, runtime),
        **_embedded(function, endpoint),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
    }


def _changeable(place: Place, runtime: RuntimeDirectory) -> dict[str, str]:
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"{runtime.python.parent}:/usr/local/bin:/usr/bin:/bin:{place.opt}/bin",
        "LD_LIBRARY_PATH": f"{place.task_root}:{place.task_root}/lib:{place.opt}/lib",
        # where the machine's /tmp is seen, which all of its programs share
        **({} if place.temporary == TEMPORARY else {"TMPDIR": str(place.temporary)}),
    }


def _reserved(
    function: FunctionConfiguration, place: Place, runtime: RuntimeDirectory
) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_REGION": function.region,
        "LAMBDA_RUNTIME_DIR": str(runtime.path),
        "LAMBDA_TASK_ROOT": str(place.task_root),
    }


def _embedded(function: FunctionConfiguration, endpoint: EmbeddedEndpoint) -> dict[str, str]:
    return {
        **endpoint.credentials(function),
        "AWS_CONFIG_FILE": str(endpoint.config_file),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,  # without HOME, ~ may be the developer's
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint.url,
    }
