"""The child process: moto's server with its adaptations, and the Lambda service.

``EmbeddedAws`` runs it as ``python -m fan_out.local.server SETTINGS``. It writes the number of its
port to its standard output once it listens, and whether functions are isolated. It ends when its
standard input does: when its parent closes it, or is gone. Whatever moto prints goes to standard
error, which is a log file.
"""

import logging
import os
import shutil
import sys
import threading
import warnings
from contextlib import suppress

from fan_out.local.gate.credentials import Credentials
from fan_out.local.loopback import listen
from fan_out.local.settings import ISOLATED, Settings


def main() -> None:
    """Serve until standard input ends."""
    to_parent = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = Settings.from_line(sys.argv[1])
    _serve(settings, to_parent)
    # the parent does so too, but it may have been killed
    shutil.rmtree(settings.directory, ignore_errors=True)


def _serve(settings: Settings, to_parent: int) -> None:
    sockets = listen()
    port = sockets[0].getsockname()[1]
    # moto reads them from the environment, now and at each request
    os.environ |= {
        "MOTO_ACCOUNT_ID": settings.account,
        "MOTO_PORT": str(port),
        "MOTO_DISABLE_GLOBAL_CORS": "true",
    }
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.ERROR)
    from fan_out.local.embedded_services import EmbeddedServices

    services = EmbeddedServices(settings, port, Credentials.from_environ(os.environ))
    try:
        for listening in sockets:
            threading.Thread(target=services.serve, args=[listening], daemon=True).start()
        with suppress(BrokenPipeError):  # the parent is gone already: so is standard input
            how = ISOLATED if services.isolated else "shared"
            os.write(to_parent, f"{port} {how}\n".encode())
        os.close(to_parent)
        while sys.stdin.read(1):
            pass
    finally:
        services.close()


if __name__ == "__main__":
    main()
