"""Machine to machine in one line: `httpx2.AsyncClient(auth=ClientCredentials(issuer, client_id, secret))`."""

import httpx2

from gatelodge.client.machine.auth import MachineAuth


class ClientCredentials(MachineAuth[httpx2.Request, httpx2.Response], httpx2.Auth):
    """Gives every request of httpx2 clients a token of the program's own: see `MachineAuth`."""

    buffered = httpx2.ByteStream
