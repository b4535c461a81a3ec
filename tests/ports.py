"""Ports for servers that tests start: each is handed out once, whoever else runs tests on this machine."""

import random
import socket
from contextlib import closing, suppress

# Outside the range from which the system gives ports to others; every eighth, since a demo takes those behind its own.
RANGE = range(20_000, 32_000, 8)

_held: list[socket.socket] = []  # until this process ends


def free_port() -> int:
    """Return a TCP port nobody listens on and no other test process is given.

    This process holds the UDP port of the same number, so that no test process beside it gets this one before a server
    listens there.
    """
    for port in random.sample(RANGE, len(RANGE)):
        holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with suppress(OSError), closing(socket.socket()) as probe:
            holder.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _held.append(holder)
            return port
        holder.close()
    raise AssertionError("every port is taken")
