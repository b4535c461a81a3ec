"""From the little an operator says of a client to the whole of it: the usual members of its type, id and secret."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatelodge.clock import Entropy
from gatelodge.keys.secrets import Secret, b64, client_secret_digest
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.client import Client, ClientSecret
from gatelodge.protocol.client_metadata import client_of, document

SECRET_PREFIX = "gls_"
SECRET_BYTES = 32

Document = Mapping[str, object]

_BY_PEOPLE: Document = {
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "openid profile email offline_access",
}
# What a type of client has unless the operator says otherwise.
USUAL: Mapping[object, Document] = {
    "web": _BY_PEOPLE | {"token_endpoint_auth_method": "client_secret_basic"},
    "spa": _BY_PEOPLE | {"token_endpoint_auth_method": "none"},
    "native": _BY_PEOPLE | {"token_endpoint_auth_method": "none"},
    "service": {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic"},
}


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client ready to be registered, and its secret if it has one: only its digest is kept."""

    client: Client
    secret: Secret | None


def complete(said: Document, entropy: Entropy, now: int, client_id: str | None = None) -> NewClient:
    """Return the client that a document with a name and a type means; `clients.add` judges it.

    Raises `OperationRefused` for an id it must not have, and `OAuthError` (invalid_client_metadata) for a member that
    is missing or of the wrong kind.
    """
    named = {name: value for name, value in said.items() if value is not None}
    whole = {**USUAL.get(named.get("type"), {}), **_following(named), **named}
    client = client_of(_id(client_id, named.get("type"), entropy), whole, created_at=now)
    secret = new_secret(entropy) if client.keeps_secret else None
    return NewClient(client if secret is None else replace(client, secrets=(kept(secret),)), secret)


def changed(client: Client, said: Document) -> Client:
    """Return a client after a change: members that are said replace what they were, `None` takes them away.

    Raises `OAuthError` (invalid_client_metadata) for a member of the wrong kind.
    """
    whole = document(client) | dict(said)
    kept_beside = {"secrets": client.secrets, "enabled": client.enabled}
    return client_of(client.id, whole, created_at=client.created_at, **kept_beside)


def new_secret(entropy: Entropy) -> Secret:
    """Return a client secret of 256 random bits."""
    return Secret(SECRET_PREFIX + b64(entropy.bytes(SECRET_BYTES)))


def kept(secret: Secret) -> ClientSecret:
    """Return what is kept of a secret: its digest."""
    return ClientSecret(client_secret_digest(secret.reveal()))


def _following(said: Document) -> Document:
    """Return the response types that follow from the grants that are said: one that begins with a code needs `code`."""
    grants = said.get("grant_types")
    if not isinstance(grants, list):
        return {}
    return {"response_types": ["code"] if "authorization_code" in grants else []}


def _id(wanted: str | None, kind: object, entropy: Entropy) -> str:
    if wanted is None:
        return f"{kind}-{entropy.bytes(8).hex()}"
    if wanted.lower().startswith(("https:", "http:")):
        raise OperationRefused(
            "a client id must not start with https: such ids are of clients described by a document there"
        )
    return wanted
