"""Which user of this machine is at the other end of a loopback connection.

The Runtime API is not signed, and listens on a port that every user of the machine can reach.
Linux says in ``/proc/net/tcp`` to whom a socket belongs, also of a process that a user namespace
shows to itself as another user's. "proc_pid_net(5)", Linux manual pages.
"""

import os
import re
import socket
import sys
from pathlib import Path

Address = tuple[str, int]

TABLE = Path("/proc/net/tcp")
"""A line for each socket: number, own address, the other's, state, queues, timers, user, …"""

ESTABLISHED = "01"
"""The state of a socket that a process still holds. Of the others, the table does not say whose."""

READINGS = 2
"""The table is not written at one moment: where others come and go, a row may be missed."""


def is_ours(peer: Address, local: Address) -> bool:
    """Whether ``peer`` of a connection to us, ``local``, is a process of our own user.

    True where the system does not tell.
    """
    row = rf": {_as_written(peer)} {_as_written(local)} {ESTABLISHED} \S+ \S+ \S+ +(\d+) ".encode()
    for _ in range(READINGS):
        try:
            found = re.search(row, TABLE.read_bytes())
        except OSError:
            return True
        if found is not None:
            return int(found[1]) == os.getuid()
    return False


def _as_written(address: Address) -> str:
    """An address as the table has it: the bytes of its number as they lie in memory."""
    host, port = address
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    return f"{number:08X}:{port:04X}"
