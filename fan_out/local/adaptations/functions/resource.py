"""A function of a template has all that the template says of it, and no more.

moto (5.2.5) drops a function's layers, architecture, storage, tracing, logging and tags when
CloudFormation creates it, and silently replaces another of its name; when it updates it, it drops
most of that again, the reserved concurrency, and whatever the template no longer says: an
environment or layers that are gone stay. Inline code of an update it takes for a zip in base64. The
API's own UpdateFunctionConfiguration drops some, too.

AWS: "AWS::Lambda::Function", AWS CloudFormation User Guide.
"""

import base64
from typing import Any

from moto.awslambda.exceptions import FunctionAlreadyExists
from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from fan_out.local.adaptations.functions.unpacked_size import check_function
from fan_out.local.adaptations.seam import replaces

DEFAULTS: dict[str, Any] = {
    "Description": "",
    "MemorySize": 128,
    "Timeout": 3,
    "Environment": {"Variables": {}},
    "Layers": [],
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
    "LoggingConfig": {},
    "VpcConfig": None,
}
"""What a function has where nothing is said: "CreateFunction", AWS Lambda API Reference."""

_moto_init, _moto_update = LambdaFunction.__init__, LambdaFunction.update_configuration
_moto_configuration = LambdaFunction.get_configuration


def install() -> None:
    """Let CloudFormation make and change functions as in AWS."""
    replaces(LambdaFunction, "__init__")(_init)
    replaces(LambdaFunction, "get_configuration")(_configuration)
    replaces(LambdaFunction, "update_configuration")(_change)
    replaces(LambdaFunction, "create_from_cloudformation_json")(_create)
    replaces(LambdaFunction, "update_from_cloudformation_json")(_update)


def _init(
    self: Any, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1
) -> None:
    _moto_init(self, account_id, spec, region, version)
    _set_logging(self, spec.get("LoggingConfig") or {})
    check_function(self)


def _configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
    answer = _moto_configuration(self, on_create)
    return {**answer, "LoggingConfig": self.logging_config}


def _change(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    layers = self.layers
    self.layers = self._get_layers_data(config_updates.get("Layers", []))
    try:
        check_function(self)
    finally:
        self.layers = layers
    _moto_update(self, config_updates)
    if "TracingConfig" in config_updates:
        self.tracing_config = config_updates["TracingConfig"]
    if "EphemeralStorage" in config_updates:
        self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
    if "LoggingConfig" in config_updates:
        _set_logging(self, config_updates["LoggingConfig"])
    return _configuration(self)


def _create(
    cls: Any,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    properties = cloudformation_json["Properties"]
    backend = get_backend(account_id, region_name)
    if resource_name in backend._lambdas._functions:
        raise FunctionAlreadyExists(resource_name)
    code = _code(properties)
    tags = _tags(properties)
    return backend.create_function(
        {**properties, "FunctionName": resource_name, "Code": code, "Tags": tags}
    )


def _update(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> Any:
    function, properties = original_resource, cloudformation_json["Properties"]
    _change(function, {**DEFAULTS, **properties})
    function.architectures = properties.get("Architectures", DEFAULTS["Architectures"])
    function.reserved_concurrency = properties.get("ReservedConcurrentExecutions")
    function.tags = _tags(properties)
    function.update_function_code(_code(properties))
    return function


def _set_logging(function: Any, config: dict[str, Any]) -> None:
    own = f"/aws/lambda/{function.function_name}"
    function.logging_config = {"LogFormat": "Text", "LogGroup": own, **config}
    function.logs_group_name = function.logging_config["LogGroup"]


def _code(properties: dict[str, Any]) -> dict[str, Any]:
    """The code as the API takes it: a template's ZipFile is the text of one file."""
    code = dict(properties["Code"])
    if "ZipFile" in code:
        zipped = LambdaFunction._create_zipfile_from_plaintext_code(code["ZipFile"])
        code["ZipFile"] = base64.b64encode(zipped).decode()
    return code


def _tags(properties: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
