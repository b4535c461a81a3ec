"""From the little an operator says of a new client to the whole of it: the usual members of its type, id and secret."""

from dataclasses import dataclass

from gatelodge.clock import Entropy
from gatelodge.keys.secrets import Secret, b64, client_secret_digest
from gatelodge.ops.refusals import Refused
from gatelodge.protocol.client import AuthMethod, Client, ClientSecret, ClientType, SigningAlg

SECRET_PREFIX = "gls_"
SECRET_BYTES = 32

_PERSONAL = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True, slots=True)
class Usual:
    """What a type of client has unless the operator says otherwise."""

    auth_method: AuthMethod
    grants: tuple[str, ...]
    scopes: tuple[str, ...]


USUAL: dict[ClientType, Usual] = {
    "web": Usual("client_secret_basic", ("authorization_code", "refresh_token"), _PERSONAL),
    "spa": Usual("none", ("authorization_code", "refresh_token"), _PERSONAL),
    "native": Usual("none", ("authorization_code", "refresh_token"), _PERSONAL),
    "service": Usual("client_secret_basic", ("client_credentials",), ()),
}


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """What the operator said. `None`, or an empty tuple of grants or response types: as usual for its type."""

    name: str
    type: ClientType
    id: str | None = None
    auth_method: AuthMethod | None = None
    grants: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    jwks: str | None = None
    jwks_uri: str | None = None
    id_token_alg: SigningAlg = "RS256"
    client_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    pkce_exempt: bool = False
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client ready to be registered, and its secret if it has one: only its digest is kept."""

    client: Client
    secret: Secret | None


def complete(draft: ClientDraft, entropy: Entropy, now: int) -> NewClient:
    """Return the client a draft means; `clients.add` judges it. Raises `Refused` for an id it must not have."""
    usual = USUAL[draft.type]
    method = draft.auth_method or usual.auth_method
    grants = frozenset(draft.grants or usual.grants)
    secret = new_secret(entropy) if method.startswith("client_secret_") else None
    client = Client(
        id=_checked_id(draft.id) if draft.id is not None else f"{draft.type}-{entropy.bytes(8).hex()}",
        name=draft.name,
        type=draft.type,
        auth_method=method,
        secrets=() if secret is None else (ClientSecret(client_secret_digest(secret.reveal())),),
        jwks=draft.jwks,
        jwks_uri=draft.jwks_uri,
        redirect_uris=draft.redirect_uris,
        post_logout_redirect_uris=draft.post_logout_redirect_uris,
        grants=grants,
        response_types=_response_types(draft.response_types, grants),
        scopes=frozenset(usual.scopes if draft.scopes is None else draft.scopes),
        id_token_alg=draft.id_token_alg,
        client_uri=draft.client_uri,
        policy_uri=draft.policy_uri,
        tos_uri=draft.tos_uri,
        pkce_exempt=draft.pkce_exempt,
        trusted=draft.trusted,
        created_at=now,
    )
    return NewClient(client, secret)


def new_secret(entropy: Entropy) -> Secret:
    """Return a client secret of 256 random bits."""
    return Secret(SECRET_PREFIX + b64(entropy.bytes(SECRET_BYTES)))


def _checked_id(client_id: str) -> str:
    if client_id.lower().startswith(("https:", "http:")):
        raise Refused("a client id must not start with https: such ids are of clients described by a document there")
    return client_id


def _response_types(given: tuple[str, ...], grants: frozenset[str]) -> frozenset[str]:
    """Return response types as sorted words, so that `id_token code` and `code id_token` are the same one."""
    if given:
        return frozenset(" ".join(sorted(words.split())) for words in given)
    return frozenset({"code"}) if "authorization_code" in grants else frozenset()
