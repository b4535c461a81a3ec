"""A registered client and a registered API, as the protocol sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ClientType = Literal["web", "spa", "native", "service"]
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
SigningAlg = Literal["RS256", "ES256"]
TokenFormat = Literal["jwt", "opaque"]


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The SHA-256 digest of a secret we made, and when it stops working (seconds since 1970, `None` never)."""

    digest: bytes
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client (RFC 6749 2, RFC 7591 2).

    `response_types` are space-joined sorted sets such as `code id_token`. `scopes` is all it may ever ask for.
    `pkce_exempt` is the operator's exemption of one confidential client from PKCE. `trusted` clients are the operator's
    own: consent is not asked.
    """

    id: str
    name: str
    type: ClientType
    auth_method: AuthMethod
    secrets: tuple[ClientSecret, ...] = ()
    jwks: str | None = None
    jwks_uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grants: frozenset[str] = frozenset()
    response_types: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    pkce_exempt: bool = False
    trusted: bool = False
    id_token_alg: SigningAlg = "RS256"
    client_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    enabled: bool = True
    created_at: int = 0

    @property
    def is_public(self) -> bool:
        """Whether it has no way to prove who it is (RFC 6749 2.1)."""
        return self.auth_method == "none"


@dataclass(frozen=True, slots=True)
class Api:
    """A registered API, the resource server of RFC 6749: what a token can be for.

    `identifier` is its resource indicator (RFC 8707) and the `aud` of its tokens. `scopes` maps each scope it
    understands to a sentence a person reads at consent. `lifetime` of its access tokens is in seconds. `introspectors`
    are the clients that may introspect tokens made for it.
    """

    identifier: str
    name: str
    scopes: Mapping[str, str] = field(default_factory=dict[str, str])
    token_format: TokenFormat = "jwt"
    signing_alg: SigningAlg = "ES256"
    lifetime: int = 600
    introspectors: frozenset[str] = frozenset()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ProvenClient:
    """A client that just proved who it is; made only by `client_auth.ClientProofs`. No ProvenClient, no token."""

    client: Client
    method: AuthMethod
