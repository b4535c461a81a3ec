"""The address that is listened on."""

import socket


class CannotListen(Exception):
    """The address cannot be listened on; the message names it, says why, and where another is chosen."""


def listen(host: str, port: int, chosen_with: str = "--host and --port") -> socket.socket:
    """Return a socket bound to `host` and `port`. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = f"cannot listen on {host}:{port}: {error.strerror}"
        raise CannotListen(f"{reason}; choose another with {chosen_with}") from None
    listener.set_inheritable(True)
    return listener
