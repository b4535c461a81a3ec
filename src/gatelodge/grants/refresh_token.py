"""The refresh token grant (RFC 6749 6) with rotation: one generation at a time, and an old one ends the family.

A client whose answer was lost may present the immediate predecessor again for a short time and gets the same successor
(RFC 9700 4.14.2 asks for replay detection; it does not ask to sign honest people out).
"""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award, FamilyRef
from gatelodge.grants.contract import Grant, GrantContext, GrantRefused
from gatelodge.grants.families import read_grounds
from gatelodge.grants.narrowing import narrowed
from gatelodge.protocol import rules
from gatelodge.protocol.addresses import network_of
from gatelodge.protocol.checks import DPOP_HEADER, need, one, some
from gatelodge.protocol.dpop import check_binding
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.protocol.scope import parse_scope
from gatelodge.stores import refresh_tokens
from gatelodge.stores.refresh_tokens import Replayed, Rotated
from gatelodge.telemetry.events import Event, RefreshRepeatedElsewhere, RefreshReplayed, TokenRefreshed


class RefreshRequest(Struct, frozen=True):
    """A refresh as it was asked for; `scope` is `None` for all that was granted."""

    token: str
    scope: tuple[str, ...] | None
    resource: tuple[str, ...]
    value: RefreshValue | None = None  # what the token says, once it proved to be one of ours

    def __repr__(self) -> str:
        return "RefreshRequest(...)"


class RefreshToken(Grant[RefreshRequest]):
    """Exchanges a refresh token for a new access token and its successor."""

    grant_type = "refresh_token"
    parameters = frozenset({"refresh_token", "scope", "resource"})
    checks = (
        need("refresh_token"),
        one(rules.SCOPE_SYNTAX, "scope"),
        one(rules.REFRESH_VALID),
        some(rules.REFRESH_LIVE, rules.REFRESH_ONCE),
        one(rules.DPOP_BOUND, DPOP_HEADER),
        one(rules.SCOPE_GRANTED, "scope"),
        one(rules.TARGET_GRANTED, "resource"),
        one(rules.TARGET_KNOWN, "resource"),
        one(rules.TARGET_ONE),
        one(rules.TARGET_THERE),
    )

    def read(self, params: Params) -> RefreshRequest:
        token = params.get("refresh_token")
        if token is None:
            raise OAuthError("invalid_request", "refresh_token is missing", rules.REQUIRED)
        scope = params.get("scope")
        return RefreshRequest(token, None if scope is None else parse_scope(scope), params.all("resource"))

    async def prepare(self, asked: RefreshRequest, context: GrantContext) -> RefreshRequest:
        value = context.refresh.read(asked.token)
        if value is None:
            raise _unknown()
        return RefreshRequest(asked.token, asked.scope, asked.resource, value)

    def place(self, asked: RefreshRequest) -> int | None:
        return None if asked.value is None else place_of(asked.value.family_id)

    async def redeem(self, tx: Tx, asked: RefreshRequest, context: GrantContext) -> Award:
        value = asked.value
        if value is None:
            raise RuntimeError("a refresh is redeemed only after prepare() read its token")
        policy = context.policy
        lifetimes = (policy.refresh_overlap, policy.refresh_idle_lifetime)
        network = network_of(context.origin.address)
        rotated = await refresh_tokens.rotate(tx, value, context.client.id, context.now, *lifetimes, network)
        if not isinstance(rotated, Rotated):
            raise await self._refusal(tx, value, rotated, context)
        family = rotated.family
        grounds = read_grounds(family.payload)
        if grounds.client_generation != context.client.generation:
            raise _unknown()  # it was another client's that had this id before
        try:
            check_binding(grounds.jkt, context.proof)
            scope, target = narrowed(context, grounds, asked.scope, asked.resource)
        except OAuthError:  # who asks for what it cannot get, or lacks the key, spends nothing
            await refresh_tokens.give_back(tx, rotated)
            raise
        who = (context.client.id, grounds.user_id)
        return Award(
            context.client,
            scope,
            target,
            TokenRefreshed(client_id=who[0], user_id=who[1], generation=rotated.generation, repeated=rotated.repeated),
            grounds,
            FamilyRef(family.id, family.nonce, rotated.generation),
            warning=_warning(rotated, *who),
        )

    @staticmethod
    async def _refusal(tx: Tx, value: RefreshValue, found: Replayed | None, context: GrantContext) -> OAuthError:
        """Say why: the family has ended if a genuine token of an earlier generation came again."""
        if found is not None:
            whose = found.family
            event = RefreshReplayed(client_id=whose.client_id, user_id=whose.user_id, generation=value.generation)
            return GrantRefused("invalid_grant", "refresh_token was used before", rules.REFRESH_ONCE, event)
        family = await refresh_tokens.why_refused(tx, value)
        if family is None or family.client_id != context.client.id:
            return _unknown()
        return OAuthError("invalid_grant", "refresh_token is not valid any more", rules.REFRESH_LIVE)


def _warning(rotated: Rotated, client_id: str, user_id: int) -> Event | None:
    """Return what the operator is warned of: an answer that is given again to somebody somewhere else."""
    if not (rotated.repeated and rotated.elsewhere):
        return None
    return RefreshRepeatedElsewhere(client_id=client_id, user_id=user_id, generation=rotated.generation)


def _unknown() -> OAuthError:
    return OAuthError("invalid_grant", "refresh_token is not valid", rules.REFRESH_VALID)
