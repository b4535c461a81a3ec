"""Asking the list of a sector whether it names a client's redirect URIs, whenever one is registered or changed.

OpenID Connect Core 8.1, Dynamic Client Registration 5. The list is at an address somebody else chose, so it is fetched
through the one door out, and nothing of it is shown to anybody.
"""

from typing import Any

from msgspec import MsgspecError
from msgspec.json import Decoder

from gatelodge.outbound import FetchFailed, Outbound
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError

MAX_BYTES = 65_536
OK = 200  # HTTP status

_list = Decoder(list[Any]).decode


async def check(client: Client, outbound: Outbound) -> None:
    """Check that the list at the client's `sector_identifier_uri`, if it has one, holds all its redirect URIs.

    Raises `OAuthError` (invalid_client_metadata) if it does not, or if there is no list to be had.
    """
    if client.sector_identifier_uri is None:
        return
    try:
        answer = await outbound.get(client.sector_identifier_uri, MAX_BYTES)
        listed = _list(answer.body) if answer.status == OK else None
    except (FetchFailed, MsgspecError, RecursionError):
        listed = None
    if listed is None:
        raise _refusal("sector_identifier_uri leads to no JSON list of redirect URIs")
    if not all(uri in listed for uri in client.redirect_uris):
        raise _refusal("sector_identifier_uri leads to a list that lacks one of redirect_uris")


def _refusal(description: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", description, rules.REGISTRATION_SECTOR)
