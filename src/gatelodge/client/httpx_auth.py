"""The same as `machine.py` for programs that use httpx, whose types httpx2 does not share."""

try:
    import httpx
except ImportError as error:
    raise ImportError("gatelodge.client.httpx_auth needs httpx: pip install httpx") from error

from gatelodge.client.machine.auth import MachineAuth


class ClientCredentials(MachineAuth[httpx.Request, httpx.Response], httpx.Auth):
    """Gives every request of httpx clients a token of the program's own: see `MachineAuth`."""

    buffered = httpx.ByteStream
