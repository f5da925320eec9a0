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
from fan_out.local.adaptations import credentials
from fan_out.local.adaptations.functions.logs import write_log
from fan_out.local.adaptations.missing_actions import answering_missing_actions
from fan_out.local.adaptations.stacks.resource_changes import OWN_MODELS
from fan_out.local.gate.credentials import Credentials
from fan_out.local.gate.gate import Gate
from fan_out.local.lambda_service import LambdaService
from fan_out.local.session import sign_own_calls
from fan_out.local.settings import Settings
from fan_out.local.state_machines import StateMachineResource, step_functions

MOTOS_OWN = ("moto_api", "moto_api._internal", "instance_metadata")
"""What is no service of AWS, by its names in moto."""


class EmbeddedServices:
    """Every AWS service that moto has, on the sockets that ``serve`` is given.

    They listen on ``port``, and serve who has ``own`` credentials, or got some from them.
    """

    def __init__(self, settings: Settings, port: int, own: Credentials) -> None:
        self._lambda = LambdaService(
            max_environments=settings.max_environments,
            endpoint_url=f"http://localhost:{port}",
            credentials=credentials.of_role,
            write_log=write_log,
            directory=settings.directory / "lambda",
        )
        adaptations.install(self._lambda)
        credentials.give_to_root(own)
        sign_own_calls(own)
        self._step_functions = step_functions(
            settings.account, settings.max_environments, settings.directory / "executions"
        )
        StateMachineResource.service = self._step_functions
        OWN_MODELS["AWS::StepFunctions::StateMachine"] = (StateMachineResource, "StateMachineName")
        self._moto = answering_missing_actions(AwsServices(_application_of))
        self._application = Gate(self._answer, port=port, find=credentials.find)

    def serve(self, listening: socket.socket) -> None:
        """Answer requests until the process ends, each connection in a thread of its own."""
        address = listening.getsockname()
        server = make_server(
            address[0],
            address[1],
            self._application,
            threaded=True,
            request_handler=RequestHandler,
            fd=listening.fileno(),
        )
        server.serve_forever()

    @property
    def isolated(self) -> bool:
        """Whether functions have namespaces of their own."""
        return self._lambda.isolated

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


class AwsServices(DomainDispatcherApplication):
    """moto's services, without the pages of its own: a bucket may have the name of one of them."""

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service of a host; None where that is none of AWS's."""
        backend = None if host in MOTOS_OWN else super().get_backend_for_host(host)
        return None if backend in MOTOS_OWN else backend


def _application_of(service: Any) -> Any:
    if service is None:
        raise NotImplementedError("there is no such service")
    return create_backend_app(service)


class RequestHandler(MotoRequestHandler):
    """moto's, without waiting for the client to acknowledge the head before it sends the body."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_request(self, *arguments: Any) -> None:
        """Say nothing of each request: the log is for what goes wrong."""
