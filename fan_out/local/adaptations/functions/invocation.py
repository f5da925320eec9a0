"""Invoking a function runs it in an environment of the Lambda service.

moto (5.2.5) runs a function in Docker, or answers a canned text. It takes an asynchronous
invocation for a synchronous one, calls every error "Handled", and names no executed version.

AWS answers 200 with the payload, 202 for an Event, which runs in the background, 204 for a DryRun;
``X-Amz-Function-Error: Unhandled`` where the function failed, ``X-Amz-Executed-Version``, the last
4 KB of the log where they are asked for, and 429 where the reserved concurrency is used up.
"Invoke", AWS Lambda API Reference. An Event that fails is not tried again here.
"""

import base64
import json
import threading
import time
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse

from fan_out.local.adaptations.functions.layers import layers_of
from fan_out.local.adaptations.functions.logs import note_place
from fan_out.local.adaptations.functions.reserved_concurrency import TooManyRequestsError, reserved
from fan_out.local.adaptations.seam import replaces
from fan_out.local.lambda_service import (
    FunctionConfiguration,
    InvalidPackage,
    Invocation,
    LambdaService,
    RequestTooLarge,
    ServiceClosed,
    UnsupportedRuntime,
)

STATUS = {"RequestResponse": 200, "Event": 202, "DryRun": 204}

SECONDS_UNTIL_NEXT_TRY = 1
"""For an Event whose function has no concurrency left: Lambda keeps it, and tries again."""

REFUSALS: dict[type[Exception], tuple[str, int]] = {
    RequestTooLarge: ("RequestTooLargeException", 413),
    UnsupportedRuntime: ("InvalidParameterValueException", 400),
    InvalidPackage: ("InvalidZipFileException", 400),
    ServiceClosed: ("ServiceException", 500),
}
"""What Lambda calls what the service refuses. The second and third are 502 in AWS, which clients
try again in vain."""


def install(service: LambdaService) -> None:
    """Let every way to invoke a function lead to ``service``."""

    @replaces(LambdaFunction, "invoke")
    def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes:
        payload = (body.encode() if isinstance(body, str) else body) or b"{}"
        headers = {name.lower(): value for name, value in dict(request_headers).items()}
        response_headers["x-amz-executed-version"] = str(self.version)
        kind = headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            _in_background(service, self, payload)
            return b""
        invocation = _run(service, self, payload)
        response_headers["x-amzn-requestid"] = invocation.request_id
        if invocation.function_error:
            response_headers["x-amz-function-error"] = "Unhandled"
        if headers.get("x-amz-log-type") == "Tail":
            tail = base64.b64encode(invocation.log_tail.encode()).decode()
            response_headers["x-amz-log-result"] = tail
        return bytes(invocation.payload)

    @replaces(LambdaBackend, "invoke")
    def invoke_by_name(
        self: Any,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Mapping[str, str],
        response_headers: MutableMapping[str, str],
    ) -> bytes:
        function = self.get_function(function_name, qualifier)
        return invoke(function, body, headers, response_headers)

    @replaces(LambdaResponse, "invoke")
    def respond(self: Any) -> tuple[int, dict[str, str], bytes]:
        name = unquote(self.path.rsplit("/", 2)[-2])
        status = STATUS[self.headers.get("X-Amz-Invocation-Type", "RequestResponse")]
        _check(self.body)
        headers = {"content-type": "application/json", "status": str(status)}
        qualifier = self.querystring.get("Qualifier", [None])[0]
        payload = self.backend.invoke(name, qualifier, self.body, self.headers, headers)
        return status, headers, payload


def configuration(function: Any) -> FunctionConfiguration:
    """What the Lambda service needs to know of a function of moto."""
    if function.package_type != "Zip":
        raise lambda_error(
            "InvalidParameterValueException",
            f"the embedded AWS runs functions of zip files, {function.function_name} is of "
            f"package type {function.package_type}",
            400,
        )
    return FunctionConfiguration(
        arn=function.function_arn,
        name=function.function_name,
        version=str(function.version),
        handler=function.handler,
        runtime=function.run_time,
        memory_mb=int(function.memory_size),
        timeout_seconds=int(function.timeout),
        environment={name: str(value) for name, value in function.environment_vars.items()},
        code=function.code_bytes,
        code_sha256=function.code_digest,
        layers=layers_of(function),
        log_group=function.logs_group_name,
        region=function.region,
        account=function.account_id,
    )


def lambda_error(name: str, message: str, status: int) -> LambdaClientError:
    """One of Lambda's errors, by its name in the API."""
    error = LambdaClientError(name, message)
    error.code = status
    return error


def _run(service: LambdaService, function: Any, payload: bytes) -> Invocation:
    """Run the function. Raises, as Lambda's own errors, what the service refuses."""
    note_place(function.logs_group_name, function.account_id, function.region)
    with reserved(function):
        try:
            return service.invoke(configuration(function), payload)
        except tuple(REFUSALS) as refusal:
            name, status = REFUSALS[type(refusal)]
            raise lambda_error(name, str(refusal), status) from refusal


def _in_background(service: LambdaService, function: Any, payload: bytes) -> None:
    configuration(function)  # what is wrong with it is the caller's to know

    def run() -> None:
        while True:
            try:
                _run(service, function, payload)
            except TooManyRequestsError:
                time.sleep(SECONDS_UNTIL_NEXT_TRY)
            else:
                return

    name = f"event for {function.function_name}"
    threading.Thread(target=run, name=name, daemon=True).start()


def _check(body: Any) -> None:
    """Refuse a payload that is no JSON."""
    if not body:
        return
    try:
        json.loads(body)
    except ValueError as problem:
        raise lambda_error(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {problem}",
            400,
        ) from problem
