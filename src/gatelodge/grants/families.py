"""Families: one row per authorization of a person, from which all its tokens descend."""

import msgspec

from gatelodge.database.tx import Tx
from gatelodge.grants.award import FamilyRef, Grounds
from gatelodge.grants.context import GrantContext
from gatelodge.keys.secrets import NONCE_BYTES
from gatelodge.protocol import rules, targets
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.rotation import Lifetimes, first_expiry
from gatelodge.stores import refresh_tokens, sessions, users
from gatelodge.stores.consents import Consent
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.users import HeldAccount

_encode = msgspec.json.Encoder().encode
read_grounds = msgspec.json.Decoder(Grounds).decode


class WantedClaims(msgspec.Struct, frozen=True):
    """Of a family's grounds, the claims that were asked for one by one, and which registration of its client has it."""

    claims_userinfo: tuple[str, ...] = ()
    client_generation: int = 0


read_wanted = msgspec.json.Decoder(WantedClaims).decode


async def begin_family(
    tx: Tx, context: GrantContext, grounds: Grounds, code_id: int | None = None, *, with_refresh: bool = True
) -> FamilyRef:
    """Open the family of a new authorization, with a first refresh token if one is due and `with_refresh` allows it.

    Raises `OAuthError` (invalid_grant) if the person's account is not enabled any more, all its sessions were ended, or
    what they allowed was taken back.
    """
    held = await check_standing(tx, context, grounds)
    due = with_refresh and refresh_is_due(context, grounds)
    nonce = context.entropy.bytes(NONCE_BYTES)
    expiry = first_expiry(_lifetimes(context, due), context.now)
    new = NewFamily(
        nonce=nonce,
        client_id=context.client.id,
        code_id=code_id,
        generation=1 if due else 0,
        idle_expires_at=expiry.idle_at,
        expires_at=expiry.at,
        payload=_encode(_bound(context, grounds)).decode(),
    )
    return FamilyRef(await refresh_tokens.open_family(tx, held, new, context.now), nonce, new.generation)


async def pass_on(
    tx: Tx, context: GrantContext, parent: tuple[int, bytes], grounds: Grounds, until: int
) -> FamilyRef | None:
    """Open a family that rests on another one, which is held, and ends with it; `None` if that one ended.

    It has no refresh token, and nothing of it works after `until`, in seconds since 1970.
    """
    nonce = context.entropy.bytes(NONCE_BYTES)
    new = NewFamily(
        nonce=nonce,
        client_id=context.client.id,
        code_id=None,
        generation=0,
        idle_expires_at=until,
        expires_at=until,
        payload=_encode(grounds).decode(),
    )
    row_id = await refresh_tokens.open_child(tx, *parent, new, context.now)
    return None if row_id is None else FamilyRef(row_id, nonce, 0)


def _bound(context: GrantContext, grounds: Grounds) -> Grounds:
    """Return what a family rests on, bound to its client's key where nothing else says who it is (RFC 9449 5)."""
    if context.proof is None or not context.client.is_public:
        return grounds
    return msgspec.structs.replace(grounds, jkt=context.proof.jkt)


async def check_standing(tx: Tx, context: GrantContext, grounds: Grounds) -> HeldAccount:
    """Hold the account of a person and check that they may still be told of.

    Raises `OAuthError` (invalid_grant) as `begin_family` does.
    """
    held = await users.hold(tx, grounds.user_id)
    authority = await sessions.authority(tx, grounds.user_id, grounds.sid, context.client.id) if held else None
    if held is None or authority is None:
        raise OAuthError("invalid_grant", "the account or its session is not active any more", rules.ACCOUNT_ENABLED)
    if _was_asked(context.client, grounds) and not _allows(authority.consent, grounds, context.apis):
        raise OAuthError("invalid_grant", "the person took the consent back", rules.CONSENT_STANDS)
    return held


def _was_asked(client: Client, grounds: Grounds) -> bool:
    """Whether the person was asked for their consent: an operator's own client asks for none, a password neither."""
    return bool(grounds.sid) and not client.trusted


def _allows(consent: Consent | None, grounds: Grounds, apis: targets.Apis) -> bool:
    """Whether all of it is still allowed, each scope at each of its APIs: names may be shared."""
    if consent is None:
        return False
    wanted = targets.WantedAccess(grounds.scope, tuple(apis[name] for name in grounds.resource if name in apis))
    at = (*grounds.resource, *wanted.permissions)
    return consent.scopes.issuperset(grounds.scope) and consent.resources.issuperset(at)


def _lifetimes(context: GrantContext, with_refresh: bool) -> Lifetimes:
    """A family without a refresh token only has to outlive its access tokens."""
    policy = context.policy
    if with_refresh:
        return Lifetimes(policy.refresh_idle_lifetime, policy.refresh_lifetime)
    longest = max((api.lifetime for api in context.apis.values()), default=0)
    span = max(longest, policy.access_token_lifetime) + policy.code_lifetime
    return Lifetimes(span, span)


def refresh_is_due(context: GrantContext, grounds: Grounds) -> bool:
    """Whether a refresh token goes with this authorization.

    The client must be registered for the grant. With `openid`, `offline_access` must have been granted (OIDC Core 11),
    to a client that may still have it; a plain OAuth request knows no such scope, so the registration decides (RFC 6749
    1.5).
    """
    if "refresh_token" not in context.client.grants:
        return False
    return "openid" not in grounds.scope or "offline_access" in context.client.scopes.intersection(grounds.scope)
