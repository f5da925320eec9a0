"""Sockets that listen to this machine alone, under the name ``localhost``.

The name is either of two addresses, 127.0.0.1 and ::1, and clients differ in which they try first.
Both are taken on the same port, so that no other program can answer on one of them.
"""

import errno
import socket
from contextlib import suppress

TRIES = 20


def listen() -> list[socket.socket]:
    """Listen on a free port, on 127.0.0.1 and, where this machine has it, on ::1."""
    for _ in range(TRIES):
        version_4 = _bound(socket.AF_INET, "127.0.0.1", 0)
        port = version_4.getsockname()[1]
        try:
            return [version_4, _bound(socket.AF_INET6, "::1", port)]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # no IPv6 here: nobody can be there
                return [version_4]
            version_4.close()
    raise OSError(f"no port is free on both 127.0.0.1 and ::1, {TRIES} tried")


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            with suppress(OSError):
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
