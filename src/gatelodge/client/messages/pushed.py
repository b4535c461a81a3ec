"""Pushing a request before the browser is sent: it then carries no more than a name for it (RFC 9126)."""

from dataclasses import dataclass
from typing import Any

from gatelodge.client.errors import ServerRefused, UnexpectedAnswer, shown
from gatelodge.client.messages.authorization import (
    Authorization,
    Transaction,
    Wanted,
    address,
    asked_of,
    begin_transaction,
)
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, Moment, authenticated
from gatelodge.client.sending.http import HttpRequest, HttpResponse, json_object, refuse_outage

MAX_NAME = 2_000  # characters
_ENDPOINT = "pushed_authorization_request_endpoint"
_WHAT = "answer of the pushed authorization request endpoint"


@dataclass(frozen=True, slots=True)
class Push:
    """A request that is to be pushed, and the transaction that its answer belongs to."""

    request: HttpRequest
    transaction: Transaction


def is_pushed(metadata: ServerMetadata, client: ClientConfig) -> bool:
    """Whether requests of this client are pushed: it wants that, or the server demands it of everybody (5)."""
    return client.push or metadata.require_pushed_authorization_requests


def push_request(metadata: ServerMetadata, client: ClientConfig, wanted: Wanted, moment: Moment) -> Push:
    """Leave a request with the server. Raises `NotSupported`, and `ValueError` for what cannot be asked."""
    transaction = begin_transaction(metadata, client, wanted, moment)
    asked = tuple(pair for pair in asked_of(client, transaction, wanted, moment) if pair[0] != "client_id")
    request = authenticated(client, metadata, _ENDPOINT, asked, moment)
    has_id = any(name == "client_id" for name, _ in request.form or ())
    form = (*(request.form or ()), *(() if has_id else (("client_id", client.client_id),)))
    return Push(HttpRequest(request.method, request.url, request.headers, form), transaction)


def read_push_response(metadata: ServerMetadata, push: Push, response: HttpResponse) -> Authorization:
    """Return where to send the browser now. Raises `ServerRefused`, `ServerUnavailable`, `UnexpectedAnswer`."""
    refuse_outage(response, metadata.endpoint(_ENDPOINT))
    members = json_object(response, _WHAT)
    error, description = members.get("error"), members.get("error_description")
    if isinstance(error, str):
        raise ServerRefused(error, description if isinstance(description, str) else None, response.status)
    if response.status not in (200, 201):
        raise UnexpectedAnswer(_WHAT, "201, or an error code", str(response.status))
    name: Any = members.get("request_uri")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not (name.isascii() and name.isprintable()):
        raise UnexpectedAnswer(_WHAT, "request_uri", shown(name))
    asked = [("client_id", push.transaction.client_id), ("request_uri", name)]
    return Authorization(address(metadata, asked), push.transaction)
