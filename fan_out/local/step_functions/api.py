"""The API of Step Functions over HTTP: JSON 1.0, one action a request."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fan_out.local.step_functions.executions import Executions
from fan_out.local.step_functions.machines import StateMachines
from fan_out.local.step_functions.requests import ApiError, needed

TARGET = "AWSStepFunctions."
CONTENT_TYPE = "application/x-amz-json-1.0"

Action = Callable[[Mapping[str, Any], str], dict[str, Any]]
"""Takes a request and the region, and answers the answer."""


class Api:
    """A WSGI application for the requests that ``is_for`` says are its own."""

    def __init__(self, machines: StateMachines, executions: Executions) -> None:
        self._actions: dict[str, Action] = {
            "CreateStateMachine": machines.create,
            "UpdateStateMachine": lambda request, region: machines.update(request),
            "DescribeStateMachine": lambda request, region: machines.find(
                needed(request, "stateMachineArn")
            ).described(),
            "DeleteStateMachine": lambda request, region: machines.delete(request),
            "ListStateMachines": machines.list_all,
            "TagResource": lambda request, region: machines.tag(request),
            "UntagResource": lambda request, region: machines.untag(request),
            "ListTagsForResource": lambda request, region: machines.list_tags(request),
            "StartExecution": lambda request, region: executions.start(request),
            "StopExecution": lambda request, region: executions.stop(request),
            "RedriveExecution": lambda request, region: executions.redrive(request),
            "DescribeExecution": lambda request, region: executions.describe(request),
            "ListExecutions": lambda request, region: executions.list_all(request),
            "GetExecutionHistory": lambda request, region: executions.history(request),
            "DescribeStateMachineForExecution": lambda request, region: executions.machine_of(
                request
            ),
        }

    @staticmethod
    def is_for(environ: Mapping[str, Any]) -> bool:
        """Whether a request is for Step Functions."""
        return str(environ.get("HTTP_X_AMZ_TARGET", "")).startswith(TARGET)

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        try:
            status, answer = 200, self._answer(environ)
        except ApiError as error:
            status = error.status
            answer = {"__type": error.code, "message": error.message}
        body = json.dumps(answer).encode()
        headers = [
            ("Content-Type", CONTENT_TYPE),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", str(uuid.uuid4())),
        ]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _answer(self, environ: Mapping[str, Any]) -> dict[str, Any]:
        name = environ["HTTP_X_AMZ_TARGET"].removeprefix(TARGET)
        if name not in self._actions:
            raise ApiError("NotImplemented", f"the embedded AWS has no {name}", 501)
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            request = json.loads(environ["wsgi.input"].read(length) or b"{}")
        except ValueError:
            request = None
        if not isinstance(request, dict):
            raise ApiError("SerializationException", "the request's body is no JSON object")
        return self._actions[name](request, _region(environ))


def _region(environ: Mapping[str, Any]) -> str:
    """The region that a request was signed for: ``Credential=KEY/DATE/REGION/states/…``."""
    _, _, scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")
    parts = scope.split("/")
    return parts[2] if len(parts) > 3 else "us-east-1"
