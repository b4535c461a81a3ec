"""Token exchange: what may be turned into what, and who acts for whom (RFC 8693), as an operator's policy has it.

The default is nothing: a client exchanges the kinds of token that its registration names, for the APIs it names.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct

from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.targets import Apis, Resolved, resolve

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
MAX_CHAIN = 4  # actors, one for another: more is nobody's to follow

TokenKind = Literal["access_token", "refresh_token", "id_token"]
KINDS: tuple[TokenKind, ...] = ("access_token", "refresh_token", "id_token")
_URN = "urn:ietf:params:oauth:token-type:"
TYPES: Mapping[str, TokenKind] = MappingProxyType({_URN + kind: kind for kind in KINDS})
ACCESS_TOKEN, JWT = _URN + "access_token", _URN + "jwt"


class ActingParty(Struct, frozen=True):
    """Who acts: the subject of a token, and the client that presented it, if that is somebody else."""

    sub: str
    client_id: str = ""

    @property
    def claims(self) -> dict[str, str]:
        """What is said of it in `act` (RFC 8693 4.1)."""
        return {"sub": self.sub} | ({"client_id": self.client_id} if self.client_id else {})


class SubjectAccess(Struct, frozen=True):
    """What the presented token may do: these scopes, at these APIs or at this server (`audience`)."""

    kind: TokenKind
    scope: Collection[str]
    audience: Collection[str]


def said(chain: Sequence[ActingParty]) -> dict[str, Any] | None:
    """Return the claim `act` of a chain of actors, the newest outside (RFC 8693 4.1); `None` if nobody acts."""
    claim: dict[str, Any] | None = None
    for actor in reversed(chain):
        claim = actor.claims | ({"act": claim} if claim else {})
    return claim


def longer(actor: ActingParty, chain: Sequence[ActingParty]) -> tuple[ActingParty, ...]:
    """Return a chain with one more actor at its head. Raises `OAuthError` (invalid_request) if that is too long."""
    if len(chain) >= MAX_CHAIN:
        raise OAuthError("invalid_request", "subject_token was passed on too often", rules.EXCHANGE_CHAIN)
    return (actor, *chain)


def check_may_act(claims: Mapping[str, Any], actor: ActingParty, client: Client, issuer: str) -> None:
    """Check that whoever the subject's token lets act is who acts (RFC 8693 4.4); without `may_act` anybody may.

    Raises `OAuthError` (invalid_request), also for a member that means nothing here.
    """
    named: Any = claims.get("may_act")
    if named is None:
        return
    is_said = {"sub": actor.sub, "client_id": client.id, "iss": issuer}
    if not isinstance(named, dict) or not named or any(is_said.get(name) != one for name, one in named.items()):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]
        raise OAuthError("invalid_request", "subject_token lets somebody else act", rules.EXCHANGE_MAY_ACT)


def check_kind(client: Client, kind: TokenKind) -> None:
    """Check that a client may exchange this kind of token. Raises `OAuthError` (unauthorized_client)."""
    if kind not in client.exchange_subjects:
        description = "the client may not exchange this subject_token_type"
        raise OAuthError("unauthorized_client", description, rules.EXCHANGE_POLICY)


def target_of(
    client: Client,
    access: SubjectAccess,
    asked: tuple[tuple[str, ...] | None, tuple[str, ...]],
    apis: Apis,
    issuer: str,
) -> Resolved:
    """Return what the new token may do, and where. `asked` are scope and resource as they were sent.

    At an API that the presented token is for, what that one may do and no more; elsewhere, what the operator lets this
    client have; with an ID token, which is for no API, whatever the client may have.
    Raises `OAuthError`: invalid_target for what is no API here or not one this client may have, and invalid_scope as
    `resolve` does.
    """
    scope, resource = asked
    named = resource or tuple(name for name in access.audience if name in apis)
    if not named or not set(named) <= client.exchange_audiences:
        description = "resource or audience is no API that this client exchanges tokens for"
        raise OAuthError("invalid_target", description, rules.EXCHANGE_TARGET)
    if access.kind == "id_token":
        allowed = client.scopes
    elif set(named) <= set(access.audience):
        allowed = client.scopes.intersection(access.scope)
    else:
        allowed = client.scopes & client.exchange_scopes
    return resolve(scope, named, apis, allowed - apis.claim_scopes.about_people, issuer)
