"""A client's registration as one document: what is kept, shown and changed (RFC 7591 2, RFC 7592 2.2)."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.members import Member


def _members() -> dict[str, Member]:
    hints = get_type_hints(Client, include_extras=True)
    annotated = {field: get_args(hint)[1] for field, hint in hints.items() if get_origin(hint) is Annotated}
    return {field: said for field, said in annotated.items() if isinstance(said, Member)}


MEMBERS = _members()
"""The member of each field of `Client` that its document has."""


def document(client: Client) -> dict[str, object]:
    """Return what is registered of a client, under the names of RFC 7591; members without a value are left out."""
    values = ((member, getattr(client, field)) for field, member in MEMBERS.items())
    return {member.name: member.kind.write(value) for member, value in values if value is not None}


REQUIRED = tuple(MEMBERS[one.name] for one in fields(Client) if one.name in MEMBERS and one.default is MISSING)


def client_of(client_id: str, said: Mapping[str, object], *, created_at: int, **more: Any) -> Client:
    """Return the client of which a document says this; `more` is what is kept beside it: `secrets`, `enabled`.

    Raises `OAuthError` (invalid_client_metadata) for a member that is missing or of the wrong kind.
    """
    for member in REQUIRED:
        if said.get(member.name) is None:
            raise OAuthError("invalid_client_metadata", f"{member.name} is missing", rules.REGISTRATION)
    return Client(client_id, **read(said), created_at=created_at, **more)


def read(said: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of `Client` that a document says. Unknown members are ignored, `null` says nothing.

    Raises `OAuthError` (invalid_client_metadata) for a value of the wrong kind; its description names the member.
    """
    found: dict[str, Any] = {}
    for field, member in MEMBERS.items():
        value = said.get(member.name)
        if value is None:
            continue
        try:
            found[field] = member.kind.read(value)
        except ValueError as wrong:
            description = f"{member.name} must be {wrong}"
            raise OAuthError("invalid_client_metadata", description, rules.REGISTRATION) from None
    return found
