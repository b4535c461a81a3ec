"""A registered client and a registered API, as the protocol sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from gatelodge.protocol.members import FLAG, KEY_SET, OPPOSITE, RESPONSE_TYPES, SET, TEXT, TEXTS, WORDS, Member, one_of
from gatelodge.protocol.proof import ONE, Level

ClientType = Literal["web", "spa", "native", "service"]
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "workload_jwt"]
SigningAlg = Literal["RS256", "ES256"]
RequestAlg = Literal["ES256", "RS256", "PS256"]
TokenFormat = Literal["jwt", "opaque"]
SubjectType = Literal["public", "pairwise"]


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The SHA-256 digest of a secret we made, and when it stops working (seconds since 1970, `None` never)."""

    digest: bytes
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client (RFC 6749 2, RFC 7591 2). Each member of its registration stands here and only here.

    `response_types` are space-joined sorted sets such as `code id_token`. `scopes` is all it may ever ask for.
    `pkce_exempt` is the operator's exemption of one confidential client from PKCE. `trusted` clients are the operator's
    own: consent is not asked. A secret is taken in the header and in the body alike unless `auth_fixed` says that only
    `auth_method` is right. `id_token_claims` are those its ID tokens say beside UserInfo, as far as scopes allow.
    `custom_schemes` are schemes without a dot that the operator lets this native client be answered by. That a session
    is over the server tells it at `backchannel_logout_uri`, and the browser at `frontchannel_logout_uri`.
    `logo` names the picture that is kept of it, which was at `logo_uri` once, or in a file.
    `min_acr` is the level that whoever signs in for it must reach at least. A `pairwise` client knows people by names
    of its own sector: the host of `sector_identifier_uri`, a list of redirect URIs, or of its redirect URIs. With
    `require_pushed` its authorization requests are taken only if it pushed them, with `require_signed` only if it
    signed them; with `request_object_alg`, in no other way. Answers that it wants signed are signed with `answer_alg`.
    A client that is `dpop_bound` gets no token without a DPoP proof; a proof of one with `dpop_nonce_required` must
    repeat a nonce of this server (RFC 9449 5.2, 8). It may exchange tokens of the kinds `exchange_subjects` for tokens
    of the APIs `exchange_audiences`: for what the token may do where it is good, and for `exchange_scopes` elsewhere;
    one that `impersonates` is not named in them. `may_act` is the one client that may exchange access tokens of this
    one (RFC 8693).
    `workloads` are those that it is: see `protocol.workload.read_pattern`.

    `generation` tells registrations of one id apart, `revision` the states of one registration; both are the store's.
    """

    id: str
    name: Annotated[str, Member("client_name", TEXT)]
    type: Annotated[ClientType, Member("type", one_of(*get_args(ClientType)))]
    auth_method: Annotated[AuthMethod, Member("token_endpoint_auth_method", one_of(*get_args(AuthMethod)))]
    secrets: tuple[ClientSecret, ...] = ()
    jwks: Annotated[str | None, Member("jwks", KEY_SET)] = None
    jwks_uri: Annotated[str | None, Member("jwks_uri", TEXT)] = None
    redirect_uris: Annotated[tuple[str, ...], Member("redirect_uris", TEXTS)] = ()
    post_logout_redirect_uris: Annotated[tuple[str, ...], Member("post_logout_redirect_uris", TEXTS)] = ()
    grants: Annotated[frozenset[str], Member("grant_types", SET)] = frozenset()
    response_types: Annotated[frozenset[str], Member("response_types", RESPONSE_TYPES)] = frozenset()
    scopes: Annotated[frozenset[str], Member("scope", WORDS)] = frozenset()
    pkce_exempt: Annotated[bool, Member("require_pkce", OPPOSITE)] = False
    trusted: Annotated[bool, Member("trusted", FLAG)] = False
    id_token_alg: Annotated[SigningAlg, Member("id_token_signed_response_alg", one_of(*get_args(SigningAlg)))] = "RS256"
    custom_schemes: Annotated[frozenset[str], Member("custom_schemes", SET)] = frozenset()
    auth_fixed: Annotated[bool, Member("token_endpoint_auth_method_fixed", FLAG)] = False
    id_token_claims: Annotated[frozenset[str], Member("id_token_claims", SET)] = frozenset()
    client_uri: Annotated[str | None, Member("client_uri", TEXT)] = None
    policy_uri: Annotated[str | None, Member("policy_uri", TEXT)] = None
    tos_uri: Annotated[str | None, Member("tos_uri", TEXT)] = None
    logo_uri: Annotated[str | None, Member("logo_uri", TEXT)] = None
    logo: Annotated[str | None, Member("logo", TEXT)] = None
    backchannel_logout_uri: Annotated[str | None, Member("backchannel_logout_uri", TEXT)] = None
    backchannel_needs_sid: Annotated[bool, Member("backchannel_logout_session_required", FLAG)] = False
    frontchannel_logout_uri: Annotated[str | None, Member("frontchannel_logout_uri", TEXT)] = None
    frontchannel_needs_sid: Annotated[bool, Member("frontchannel_logout_session_required", FLAG)] = False
    subject_type: Annotated[SubjectType, Member("subject_type", one_of(*get_args(SubjectType)))] = "public"
    sector_identifier_uri: Annotated[str | None, Member("sector_identifier_uri", TEXT)] = None
    answer_alg: Annotated[SigningAlg, Member("authorization_signed_response_alg", one_of(*get_args(SigningAlg)))] = (
        "RS256"
    )
    require_pushed: Annotated[bool, Member("require_pushed_authorization_requests", FLAG)] = False
    require_signed: Annotated[bool, Member("require_signed_request_object", FLAG)] = False
    request_object_alg: Annotated[
        RequestAlg | None, Member("request_object_signing_alg", one_of(*get_args(RequestAlg)))
    ] = None
    dpop_bound: Annotated[bool, Member("dpop_bound_access_tokens", FLAG)] = False
    dpop_nonce_required: Annotated[bool, Member("dpop_nonce_required", FLAG)] = False
    min_acr: Annotated[Level, Member("min_acr", one_of(*get_args(Level)))] = ONE
    exchange_subjects: Annotated[frozenset[str], Member("token_exchange_subject_types", SET)] = frozenset()
    exchange_audiences: Annotated[frozenset[str], Member("token_exchange_audiences", SET)] = frozenset()
    exchange_scopes: Annotated[frozenset[str], Member("token_exchange_scope", WORDS)] = frozenset()
    impersonates: Annotated[bool, Member("token_exchange_impersonation", FLAG)] = False
    workloads: Annotated[tuple[str, ...], Member("workloads", TEXTS)] = ()
    may_act: Annotated[str | None, Member("may_act", TEXT)] = None
    enabled: bool = True
    created_at: int = 0
    generation: int = field(default=0, compare=False)
    revision: int = field(default=0, compare=False)

    @property
    def is_public(self) -> bool:
        """Whether it has no way to prove who it is (RFC 6749 2.1)."""
        return self.auth_method == "none"

    @property
    def keeps_secret(self) -> bool:
        """Whether it proves itself with a secret of ours."""
        return self.auth_method.startswith("client_secret_")


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
