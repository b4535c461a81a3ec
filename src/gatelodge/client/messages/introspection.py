"""Asking the server what a token is (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatelodge.client.errors import ServerRefused, UnexpectedAnswer
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment, authenticated
from gatelodge.client.messages.revocation import TokenKind
from gatelodge.client.messages.tokens import refuse_error
from gatelodge.client.sending.http import Form, HttpRequest, HttpResponse, json_object, refuse_outage

_WHAT = "answer of introspection"


@dataclass(frozen=True, slots=True)
class IntrospectedToken:
    """What the server says of a token: whether it is good now and, if so, whose it is and for what."""

    active: bool
    claims: Mapping[str, Any] = field(repr=False)


def introspection_request(
    metadata: ServerMetadata, client: ClientConfig, token: str, moment: Moment, kind: TokenKind | None = None
) -> HttpRequest:
    """Ask about a token. Raises `NotSupported`."""
    hint: Form = (("token_type_hint", kind),) if kind else ()
    return authenticated(client, metadata, "introspection_endpoint", (("token", token), *hint), moment)


def read_introspection_response(metadata: ServerMetadata, response: HttpResponse) -> IntrospectedToken:
    """Return what the server says. Raises `ServerRefused`, `ServerUnavailable`, `UnexpectedAnswer`: never a guess."""
    refuse_outage(response, metadata.endpoint("introspection_endpoint"))
    claims = json_object(response, _WHAT)
    refuse_error(response, claims, ServerRefused, _WHAT)
    active: Any = claims.get("active")
    if not isinstance(active, bool):
        raise UnexpectedAnswer(_WHAT, "active to be true or false", "something else")
    return IntrospectedToken(active, claims if active else {"active": False})
