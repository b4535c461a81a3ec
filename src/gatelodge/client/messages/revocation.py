"""Giving a token back (RFC 7009)."""

from typing import Literal

from gatelodge.client.errors import ServerRefused, UnexpectedAnswer
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment, authenticated
from gatelodge.client.messages.tokens import refuse_error
from gatelodge.client.sending.http import Form, HttpRequest, HttpResponse, json_object, refuse_outage

TokenKind = Literal["access_token", "refresh_token"]

_WHAT = "answer to a revocation"


def revocation_request(
    metadata: ServerMetadata, client: ClientConfig, token: str, moment: Moment, kind: TokenKind | None = None
) -> HttpRequest:
    """Revoke a token; most servers end its whole family with a refresh token. Raises `NotSupported`."""
    hint: Form = (("token_type_hint", kind),) if kind else ()
    return authenticated(client, metadata, "revocation_endpoint", (("token", token), *hint), moment)


def read_revocation_response(metadata: ServerMetadata, response: HttpResponse) -> None:
    """Return if the token is dead, also if it was before (2.2). Raises `ServerRefused`, `ServerUnavailable`."""
    refuse_outage(response, metadata.endpoint("revocation_endpoint"))
    if response.status in (200, 204):
        return
    refuse_error(response, json_object(response, _WHAT), ServerRefused, _WHAT)
    raise UnexpectedAnswer(_WHAT, "200", str(response.status))
