"""Answering at the authorization endpoint: a code, and for the legacy response types tokens beside or instead of it."""

from dataclasses import dataclass

from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.grants.award import Award, Grounds, grounds_of
from gatelodge.grants.codes import CODE, KeptCode, write_code
from gatelodge.grants.context import GrantContext, GrantContexts
from gatelodge.grants.families import begin_family, check_standing
from gatelodge.grants.narrowing import narrowed
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.ops.authorization import Understood
from gatelodge.protocol import rules
from gatelodge.protocol.authorize import AuthorizationRequest
from gatelodge.protocol.code import draw_up
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.errors import UnsafeRequest
from gatelodge.protocol.id_token import Companions
from gatelodge.protocol.response_type import HYBRID, carries_tokens
from gatelodge.protocol.token import token_members
from gatelodge.sessions.interactions import Interaction, Interactions
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.stores import audit, tickets, users, visits
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import AuthorizationAnswered, Event, LegacyUsed, Origin, TokenIssued
from gatelodge.tokens import issue
from gatelodge.tokens.issue import Identity, Kept


@dataclass(frozen=True, slots=True)
class _Written:
    """What an answer is made of once everything is kept; `events` tell of tokens in it."""

    code: str | None
    token: Kept | None = None
    identity: Identity | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontIssuer:
    """Issues what an authorization request is answered with."""

    contexts: GrantContexts
    db: Database
    keys: SigningKeys
    interactions: Interactions
    pushed: PushedRequests

    async def answer(
        self, understood: Understood, decided: Issue, parked: Interaction | None, origin: Origin
    ) -> dict[str, str]:
        """Return the parameters of the answer; a request that was parked or pushed is spent in the same transaction.

        Raises `UnsafeRequest` if it was answered meanwhile, `OAuthError` if the account is not active any more.
        """
        context = await self.contexts.open(understood.client, origin)
        asked = understood.asked
        there = self.db if parked or asked.request_uri else self.db.at(place_of(decided.signed_in.user_id))
        written = await there.write(self._write, asked, decided, parked, context)
        if written is None:
            raise UnsafeRequest("this request was answered already", rules.INTERACTION)
        for event in (_answered(asked, decided), *written.events):
            emit(event, origin)
        return self._signed(asked, written, context)

    async def _write(
        self, tx: Tx, asked: AuthorizationRequest, decided: Issue, parked: Interaction | None, context: GrantContext
    ) -> _Written | None:
        """Spend the request, parked or pushed, and keep what answers it; `None` if it was answered already."""
        if parked is not None and not await self.interactions.take_in(tx, parked, context.now):
            return None
        if asked.request_uri is not None and not await self.pushed.take_in(tx, asked.request_uri, context.now):
            return None
        await _note_visit(tx, decided, context)
        sub = context.subjects.told(context.client, decided.signed_in.sub)
        grounds, types = grounds_of(decided, context.client, sub), asked.response_type.split()
        code, code_id = await _keep_code(tx, asked, grounds, context) if "code" in types else (None, None)
        if not carries_tokens(asked.response_type):
            return _Written(code)
        identity = await _identity(tx, asked, grounds, context) if "id_token" in types else None
        if "token" in types:
            kept = await _keep_award(tx, asked, grounds, code_id, context)
            return _Written(code, kept, identity, kept.award.events)
        events = _told(asked, grounds, grounds.scope, context)
        for event in events:
            await audit.record(tx, event, context.origin, context.now)
        return _Written(code, None, identity, events)

    def _signed(self, asked: AuthorizationRequest, written: _Written, context: GrantContext) -> dict[str, str]:
        answer: dict[str, str] = {} if written.code is None else {"code": written.code}
        token = None
        if written.token is not None:
            tokens = issue.sign_access_token(written.token, context, self.keys.ring)
            token = tokens.access_token
            answer |= {name: str(value) for name, value in token_members(tokens).items()}
        if written.identity is not None:
            companions = Companions(token, written.code)
            answer["id_token"] = issue.draw_id_token(
                written.identity, context, self.keys.ring, companions, asked.response_type
            )
        return answer


async def _note_visit(tx: Tx, decided: Issue, context: GrantContext) -> None:
    """Note that this client is told of the session, unless it was before: who asks for no ID token is told of none."""
    if "openid" in decided.scope and not decided.signed_in.visited:
        await visits.note(tx, decided.signed_in.session_id, context.client.id, context.now)


async def _keep_code(tx: Tx, asked: AuthorizationRequest, grounds: Grounds, context: GrantContext) -> tuple[str, int]:
    secret = context.entropy.bytes(SECRET_BYTES)
    payload = write_code(KeptCode(draw_up(asked), grounds, asked.nonce))
    proof = context.mint.digest(CODE, secret)
    row_id = await tickets.put(tx, CODE, proof, payload, context.now + context.policy.code_lifetime, grounds.user_id)
    return context.mint.compose(row_id, secret), row_id


async def _identity(tx: Tx, asked: AuthorizationRequest, grounds: Grounds, context: GrantContext) -> Identity:
    """Return what an ID token in the answer says, which needs no access token and no family."""
    await check_standing(tx, context, grounds)
    return Identity(context.client, grounds, asked.nonce, await users.find(tx, grounds.user_id))


async def _keep_award(
    tx: Tx, asked: AuthorizationRequest, grounds: Grounds, code_id: int | None, context: GrantContext
) -> Kept:
    """Write what goes with an access token in the answer; no refresh token ever comes this way (RFC 6749 4.2.2)."""
    family = await begin_family(tx, context, grounds, code_id=code_id, with_refresh=False)
    scope, target = narrowed(context, grounds, None, ())
    issued, warning = _told(asked, grounds, scope, context)
    return await issue.keep(tx, Award(context.client, scope, target, issued, grounds, family, warning=warning), context)


def _told(
    asked: AuthorizationRequest, grounds: Grounds, scope: tuple[str, ...], context: GrantContext
) -> tuple[TokenIssued, LegacyUsed]:
    """Return what is told of tokens in an answer: that they were issued, and that this is a legacy way."""
    client_id, user_id = context.client.id, grounds.user_id
    kind = "hybrid" if asked.response_type in HYBRID else "implicit"
    issued = TokenIssued(client_id=client_id, user_id=user_id, grant=kind, scope=" ".join(scope))
    return issued, LegacyUsed(client_id=client_id, user_id=user_id, what=f"response_type {asked.response_type}")


def _answered(asked: AuthorizationRequest, decided: Issue) -> AuthorizationAnswered:
    return AuthorizationAnswered(
        client_id=asked.client_id,
        user_id=decided.signed_in.user_id,
        response_type=asked.response_type,
        scope=" ".join(decided.scope),
    )
