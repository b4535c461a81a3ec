"""Whose token a client presents to have it exchanged, and what that token rests on (RFC 8693 2.1, 2.2.2)."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Grounds
from gatelodge.grants.context import GrantContext
from gatelodge.grants.families import read_grounds
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.token_exchange import ActingParty, SubjectAccess, TokenKind
from gatelodge.stores import live_families


class PresentedSubject(Struct, frozen=True):
    """Whose token was presented, proven: what it says, and the family it belongs to, `None` for an ID token.

    `user_id` is set for an ID token alone. `generation` is that of a refresh token.
    """

    kind: TokenKind
    claims: dict[str, Any]
    family: tuple[int, bytes] | None = None
    user_id: int = 0
    generation: int | None = None


class HeldSubject(Struct, frozen=True):
    """What a presented token rests on, what it may do, and until when it works (seconds since 1970)."""

    grounds: Grounds
    access: SubjectAccess
    until: int


async def subject_of(kind: TokenKind, token: str, context: GrantContext) -> PresentedSubject:
    """Return whose token was presented. Raises `OAuthError` (invalid_request) if it does not work or is not for this
    client."""
    match kind:
        case "refresh_token":
            value = context.refresh.read(token)
            if value is None:
                raise unknown()
            family = (value.family_id, value.nonce)
            return PresentedSubject("refresh_token", {}, family, generation=value.generation)
        case "id_token":
            told = await context.presented.find_id_token(token)
            if told is None or told.user is None or told.claims["aud"] != context.client.id:
                raise unknown()
            return PresentedSubject("id_token", dict(told.claims), user_id=told.user.id)
        case "access_token":
            claims = await _access_token(token, context)
            named = context.mint.read_grant_id(claims.get("grant_id", ""))
            if named is None:  # a machine's: it asks for another one itself
                raise unknown()
            return PresentedSubject("access_token", claims, named)


async def actor_of(token: str, context: GrantContext) -> ActingParty:
    """Return who acts, by an access token of theirs. Raises `OAuthError` (invalid_request)."""
    try:
        claims = await _access_token(token, context)
    except OAuthError:
        description = "actor_token does not work, or is not for this client"
        raise OAuthError("invalid_request", description, rules.EXCHANGE_ACTOR) from None
    client_id = str(claims["client_id"])
    return ActingParty(str(claims["sub"]), client_id if client_id != claims["sub"] else "")


async def _access_token(token: str, context: GrantContext) -> dict[str, Any]:
    """Return what an access token says that this client holds, or that is for an API it looks at tokens for."""
    found = await context.presented.find(token)
    if found is None:
        raise unknown()
    claims = dict(found.claims)
    audience = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    looks_at = any(context.client.id in context.apis[name].introspectors for name in audience if name in context.apis)
    if claims["client_id"] != context.client.id and not looks_at:
        raise unknown()
    return claims


async def held(tx: Tx, subject: PresentedSubject, context: GrantContext) -> HeldSubject:
    """Return what a token rests on, held until what is made of it is there. Raises `OAuthError` (invalid_request)."""
    if subject.family is None:
        return _of_id_token(subject)
    return await _of_family(tx, subject, subject.family, context)


async def _of_family(tx: Tx, subject: PresentedSubject, named: tuple[int, bytes], context: GrantContext) -> HeldSubject:
    """Hold the family of a token until its child is there, and say what the token may do and until when."""
    live = await live_families.hold(tx, *named, context.now)
    if live is None or (subject.claims and live.has_ended(str(subject.claims["jti"]))):
        raise unknown()
    grounds = read_grounds(live.payload)
    if subject.kind == "refresh_token":
        is_newest = live.generation == subject.generation and live.idle_expires_at > context.now
        if not is_newest or live.client_id != context.client.id:
            raise unknown()
        if grounds.client_generation != context.client.generation:
            raise unknown()
        access = SubjectAccess("refresh_token", grounds.scope, grounds.resource)
        return HeldSubject(_through(grounds, live.client_id), access, min(live.idle_expires_at, live.expires_at))
    said, scope = subject.claims["aud"], str(subject.claims.get("scope", ""))
    access = SubjectAccess("access_token", scope.split(), (said,) if isinstance(said, str) else tuple(said))
    return HeldSubject(_through(grounds, live.client_id), access, min(int(subject.claims["exp"]), live.expires_at))


def _of_id_token(subject: PresentedSubject) -> HeldSubject:
    """Return what an ID token stands for: a sign-in at a session that lasts, and what was allowed this client."""
    claims = subject.claims
    sid = str(claims.get("sid", ""))
    if not sid:
        raise unknown()
    grounds = Grounds(
        user_id=subject.user_id,
        sub=str(claims["sub"]),
        sid=sid,
        auth_time=int(claims["auth_time"]),
        amr=" ".join(claims.get("amr", ())),
        acr=str(claims.get("acr", "")),
        scope=(),
    )
    return HeldSubject(grounds, SubjectAccess("id_token", (), ()), int(claims["exp"]))


def _through(grounds: Grounds, client_id: str) -> Grounds:
    return replace(grounds, via=(*grounds.via, client_id))


def unknown() -> OAuthError:
    """Return the refusal of a token, for whatever reason there is."""
    description = "subject_token does not work, or is not for this client"
    return OAuthError("invalid_request", description, rules.EXCHANGE_SUBJECT)
