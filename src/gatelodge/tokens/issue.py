"""Issuing: keep what must be kept in the transaction, then sign what must be signed, after its commit."""

from typing import Any

import msgspec
from msgspec import Struct

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award, Grounds
from gatelodge.grants.context import GrantContext
from gatelodge.keys.keyring import KeyRing
from gatelodge.keys.secrets import SECRET_BYTES, b64
from gatelodge.protocol import access_token, id_token
from gatelodge.protocol.access_token import AccessToken, access_token_claims
from gatelodge.protocol.claims import id_token_person
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import SCHEME
from gatelodge.protocol.id_token import Companions, IdToken, id_token_claims
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.protocol.token import TokenSet
from gatelodge.protocol.token_exchange import said
from gatelodge.stores import access_tokens, audit, users
from gatelodge.stores.users import UserRecord

OPAQUE = "access_token"
OPAQUE_PREFIX = "gla_"
JTI_BYTES = 12
HOLDER = "client_generation"  # which registration of its client holds an opaque token: kept, and told nobody

_encode = msgspec.json.Encoder().encode


class Kept(Struct, frozen=True):
    """An award whose rows are written. `opaque` is the value of an opaque access token, `person` who the ID token tells
    of when claims were asked for one by one, `claims` what the access token says."""

    award: Award
    claims: dict[str, Any]
    opaque: str | None = None
    person: UserRecord | None = None

    def __repr__(self) -> str:
        return f"Kept({self.award!r})"


class Identity(Struct, frozen=True):
    """What an ID token tells a client: on what grounds, in answer to which nonce, and of `person` if claims are due."""

    client: Client
    grounds: Grounds
    nonce: str | None
    person: UserRecord | None


def writes(award: Award) -> bool:
    """Whether this award leaves anything in the database: a machine's JWT does not."""
    return award.opaque or award.event.audited or award.grounds is not None


async def keep(tx: Tx, award: Award, context: GrantContext) -> Kept:
    """Write what the award leaves behind: an opaque token's row, the audit trail."""
    claims = describe(award, context)
    opaque = await _keep_opaque(tx, award, claims, context) if award.opaque else None
    person = await _person(tx, award, context)
    for event in award.events:
        await audit.record(tx, event, context.origin, context.now)
    return Kept(award, claims, opaque, person)


def keep_nothing(award: Award, context: GrantContext) -> Kept:
    """Return an award of which nothing is written."""
    return Kept(award, describe(award, context))


def describe(award: Award, context: GrantContext) -> dict[str, Any]:
    """Return the claims of the award's access token (RFC 9068 2.2)."""
    grounds, family = award.grounds, award.family
    facts = AccessToken(
        issuer=context.issuer,
        audience=award.target.audience,
        client_id=award.client.id,
        subject=grounds.sub if grounds else award.client.id,
        scope=award.scope,
        jti=b64(context.entropy.bytes(JTI_BYTES)),
        lifetime=lifetime_of(award, context),
        auth_time=grounds.auth_time if grounds else None,
        acr=grounds.acr if grounds else None,
        amr=tuple(grounds.amr.split()) if grounds else (),
        grant_id=context.mint.grant_id(family.id, family.nonce) if family else None,
        act=said(grounds.act) if grounds else None,
        may_act={"sub": award.client.may_act} if grounds and award.client.may_act else None,
        jkt=context.proof.jkt if context.proof else None,
    )
    return access_token_claims(facts, context.now)


def lifetime_of(award: Award, context: GrantContext) -> int:
    """Return how many seconds the access token lives: what its API says, or what the server says, until it must end."""
    usual = award.target.api.lifetime if award.target.api else context.policy.access_token_lifetime
    return usual if award.until is None else min(usual, award.until - context.now)


async def _keep_opaque(tx: Tx, award: Award, claims: dict[str, Any], context: GrantContext) -> str:
    secret = context.entropy.bytes(SECRET_BYTES)
    row_id = await access_tokens.put(
        tx,
        context.mint.digest(OPAQUE, secret),
        family_id=award.family.id if award.family else None,
        client_id=award.client.id,
        issued_at=context.now,
        expires_at=claims["exp"],
        payload=_encode(claims | {HOLDER: context.client.generation}).decode(),
    )
    return context.mint.compose(row_id, secret, OPAQUE_PREFIX)


async def _person(tx: Tx, award: Award, context: GrantContext) -> UserRecord | None:
    """Return whom the ID token tells of, if it says more of them than who they are."""
    grounds = award.grounds
    if grounds is None or not (grounds.claims_id_token or _chosen(award.client, grounds, context)):
        return None
    return await users.find(tx, grounds.user_id)


def _chosen(client: Client, grounds: Grounds, context: GrantContext) -> frozenset[str]:
    """Return the claims its operator wants in a client's ID tokens, of scopes that are granted and still its own."""
    if not client.id_token_claims:
        return client.id_token_claims
    granted = client.scopes.intersection(grounds.scope)
    return client.id_token_claims & context.apis.claim_scopes.claims_behind(granted)


def sign(kept: Kept, context: GrantContext, ring: KeyRing) -> TokenSet:
    """Return the tokens of an award, signed. Called after the commit: signing is slow and needs no transaction."""
    token = _access_token(kept, context, ring)
    return TokenSet(
        access_token=token,
        expires_in=lifetime_of(kept.award, context),
        scope=kept.award.scope,
        token_type=SCHEME if context.proof else "Bearer",
        refresh_token=_refresh_token(kept.award, context),
        id_token=_id_token(kept, context, ring, token),
        issued=kept.claims,
        headers=kept.award.headers,
        issued_token_type=kept.award.issued_token_type,
    )


def sign_access_token(kept: Kept, context: GrantContext, ring: KeyRing) -> TokenSet:
    """Return the access token of an award alone."""
    award = kept.award
    token, lifetime = _access_token(kept, context, ring), lifetime_of(award, context)
    return TokenSet(access_token=token, expires_in=lifetime, scope=award.scope, issued=kept.claims)


def _access_token(kept: Kept, context: GrantContext, ring: KeyRing) -> str:
    return kept.opaque or ring.signer(kept.award.signing_alg, context.now).sign(kept.claims, access_token.TYPE)


def _refresh_token(award: Award, context: GrantContext) -> str | None:
    family = award.family
    if family is None or family.generation == 0:
        return None
    return context.refresh.write(RefreshValue(family.id, family.nonce, family.generation))


def _id_token(kept: Kept, context: GrantContext, ring: KeyRing, access_token: str) -> str | None:
    """Return the ID token of an award, or `None` if none is due (OpenID Connect Core 3.1.3.3)."""
    award, grounds = kept.award, kept.award.grounds
    if grounds is None or "openid" not in grounds.scope or "openid" not in award.client.scopes:
        return None
    identity = Identity(award.client, grounds, award.nonce, kept.person)
    return draw_id_token(identity, context, ring, Companions(access_token))


def draw_id_token(
    identity: Identity, context: GrantContext, ring: KeyRing, companions: Companions, response_type: str = "code"
) -> str:
    """Return an ID token, signed, beside its companions in the answer to `response_type`."""
    grounds, person = identity.grounds, identity.person
    told = {} if person is None else _told(person, identity, response_type, context)
    facts = IdToken(
        issuer=context.issuer,
        subject=grounds.sub,
        client_id=identity.client.id,
        lifetime=context.policy.id_token_lifetime,
        auth_time=grounds.auth_time,
        acr=grounds.acr,
        amr=tuple(grounds.amr.split()),
        sid=grounds.sid or None,
        nonce=identity.nonce,
        person=told,
    )
    signer = ring.signer(identity.client.id_token_alg, context.now)
    return signer.sign(id_token_claims(facts, companions, context.now), id_token.TYPE)


def _told(person: UserRecord, identity: Identity, response_type: str, context: GrantContext) -> dict[str, Any]:
    grounds = identity.grounds
    chosen, released = _chosen(identity.client, grounds, context), context.apis.claim_scopes
    return id_token_person(person, grounds.scope, grounds.claims_id_token, response_type, chosen, released)
