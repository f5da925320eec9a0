"""A Lambda task of a state machine calls the Lambda backend directly.

moto (5.2.5) builds a boto3 client for each task and goes over HTTP to itself: 11 to 13 ms a task,
nearly all of its time. It also drops ``InvocationType``, so that a task which should only start
its function waits for it, and what a result tells of the response besides its payload; and where
the function is the task's Resource, it calls every error of Lambda's ``Exception``.

Here the task gets the same answer without the way over HTTP: ``StatusCode``, ``ExecutedVersion``,
``Payload``, what AWS's own client adds on the response and, where the function failed,
``FunctionError``; and what the backend refuses becomes the ClientError that boto3 would have
raised, which moto then names ``Lambda.<code>`` as AWS does.
"""

import json
import time
import uuid
from email.utils import formatdate
from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends
from moto.core.exceptions import JsonRESTError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (  # noqa: E501
    _SUPPORTED_API_PARAM_BINDINGS,
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)

from fan_out.local.adaptations.functions.invocation import STATUS
from fan_out.local.adaptations.seam import replaces


def install(account: str) -> None:
    """Take the place of the boto3 client, for both ways in which a task names a function."""
    _SUPPORTED_API_PARAM_BINDINGS["invoke"].add("InvocationType")

    @replaces(lambda_eval_utils, "_invoke_lambda_function")
    def invoke(parameters: dict[str, Any], region: str, state_credentials: Any) -> dict[str, Any]:
        backend = lambda_backends[account][region]
        headers = {"x-amz-invocation-type": parameters.get("InvocationType", "RequestResponse")}
        answer: dict[str, str] = {}
        try:
            payload = backend.invoke(
                parameters["FunctionName"],
                parameters.get("Qualifier"),
                parameters.get("Payload", b"{}"),
                headers,
                answer,
            )
        except JsonRESTError as error:
            raise _client_error(error) from error
        return _response(STATUS[headers["x-amz-invocation-type"]], answer, payload)

    @replaces(lambda_eval_utils, "select_from_typed_dict")
    def whole(typed_dict: Any, obj: dict[str, Any], filter: bool = False) -> dict[str, Any]:
        return obj

    moto_error = StateTaskLambda._from_error

    @replaces(StateTaskLambda, "_from_error")
    def from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return moto_error(self, env, ex)
        error, cause = StateTaskServiceLambda._error_cause_from_client_error(ex)
        details: Any = {"lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.LambdaFunctionFailed,
            event_details=details,
        )


def _response(status: int, answer: dict[str, str], payload: Any) -> dict[str, Any]:
    request_id = answer.get("x-amzn-requestid") or str(uuid.uuid4())
    headers = _headers(request_id, answer["x-amz-executed-version"], len(payload))
    response = {
        "ExecutedVersion": answer["x-amz-executed-version"],
        "Payload": _parsed(payload) if payload else "",
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
        "StatusCode": status,
    }
    if "x-amz-function-error" in answer:
        response["FunctionError"] = answer["x-amz-function-error"]
    return response


def _headers(request_id: str, version: str, length: int) -> dict[str, str]:
    """Those of Lambda's response, as results of this task have them in AWS."""
    moment = time.time()
    trace = f"{int(moment):08x}-{uuid.uuid4().hex[:24]}"
    return {
        "Connection": "keep-alive",
        "Content-Length": str(length),
        "Content-Type": "application/json",
        "Date": formatdate(moment, usegmt=True),
        "X-Amz-Executed-Version": version,
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": request_id,
        "X-Amzn-Trace-Id": f"Root=1-{trace};Parent={uuid.uuid4().hex[:16]};Sampled=1",
    }


def _parsed(payload: Any) -> Any:
    """The answer as JSON. Lambda's runtime client writes NaN, which no JSON has."""
    try:
        return json.loads(payload, parse_constant=_refuse)
    except ValueError as error:
        raise ValueError(f"the function's answer must be JSON: {error}") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is none")


def _client_error(error: JsonRESTError) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": error.error_type, "Message": error.message},
            "ResponseMetadata": {
                "HTTPStatusCode": error.code,
                "RequestId": str(uuid.uuid4()),
                "HTTPHeaders": {},
                "RetryAttempts": 0,
                "HostId": "",
            },
        },
        "Invoke",
    )
