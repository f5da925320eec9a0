"""What the child process serves: moto's services, adapted, and functions run by our own."""

import socket
from typing import Any

from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from fan_out.local import adaptations
from fan_out.local.adaptations.functions.logs import write_log
from fan_out.local.adaptations.missing_actions import answering_missing_actions
from fan_out.local.lambda_service import LambdaService
from fan_out.local.settings import Settings


class EmbeddedServices:
    """Every AWS service that moto has, on the sockets that ``serve`` is given."""

    def __init__(self, settings: Settings, endpoint_url: str) -> None:
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        self._lambda = LambdaService(
            max_environments=settings.max_environments,
            endpoint_url=endpoint_url,
            write_log=write_log,
            directory=settings.directory / "lambda",
        )
        adaptations.install(self._lambda, account=settings.account)
        application = DomainDispatcherApplication(create_backend_app)
        self._application = answering_missing_actions(application)

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
        """End every Lambda environment."""
        self._lambda.close()


class RequestHandler(MotoRequestHandler):
    """moto's, without waiting for the client to acknowledge the head before it sends the body."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_request(self, *arguments: Any) -> None:
        """Say nothing of each request: the log is for what goes wrong."""
