"""What a person is asked on behalf of a client, however the client asks and however it will be answered."""

from dataclasses import dataclass

from gatelodge.protocol.access_request import AccessRequest
from gatelodge.protocol.client import Client


@dataclass(frozen=True, slots=True)
class ClientQuestion:
    """What somebody signs in for and is asked to allow: `client` wants what `asked` says.

    `next_uri` is where the browser goes with the answer, empty if it stays here: the client is told in another way.
    """

    client: Client
    asked: AccessRequest
    next_uri: str = ""


class NotAskable(Exception):
    """A request of which nothing can be asked: the endpoint that it goes on at tells why."""
