"""What the child process serves: moto's services, adapted, and functions run by our own."""

import socket
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from fan_out.local import adaptations
from fan_out.local.adaptations.functions.logs import write_log
from fan_out.local.adaptations.missing_actions import answering_missing_actions
from fan_out.local.adaptations.stacks.resource_changes import OWN_MODELS
from fan_out.local.lambda_service import LambdaService
from fan_out.local.settings import Settings
from fan_out.local.state_machines import StateMachineResource, step_functions


class EmbeddedServices:
    """Every AWS service that moto has, on the sockets that ``serve`` is given."""

    def __init__(self, settings: Settings, endpoint_url: str) -> None:
        self._lambda = LambdaService(
            max_environments=settings.max_environments,
            endpoint_url=endpoint_url,
            write_log=write_log,
            directory=settings.directory / "lambda",
        )
        adaptations.install(self._lambda)
        self._step_functions = step_functions(
            settings.account, settings.max_environments, settings.directory / "executions"
        )
        StateMachineResource.service = self._step_functions
        OWN_MODELS["AWS::StepFunctions::StateMachine"] = (StateMachineResource, "StateMachineName")
        self._moto = answering_missing_actions(DomainDispatcherApplication(create_backend_app))

    def serve(self, listening: socket.socket) -> None:
        """Answer requests until the process ends, each connection in a thread of its own."""
        address = listening.getsockname()
        server = make_server(
            address[0],
            address[1],
            self._answer,
            threaded=True,
            request_handler=RequestHandler,
            fd=listening.fileno(),
        )
        server.serve_forever()

    def close(self) -> None:
        """End every execution and every Lambda environment."""
        self._step_functions.close()
        self._lambda.close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        api = self._step_functions.api
        return (
            api(environ, start_response)
            if api.is_for(environ)
            else self._moto(environ, start_response)
        )


class RequestHandler(MotoRequestHandler):
    """moto's, without waiting for the client to acknowledge the head before it sends the body."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_request(self, *arguments: Any) -> None:
        """Say nothing of each request: the log is for what goes wrong."""
