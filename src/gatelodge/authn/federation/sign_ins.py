"""Sending people to other providers and receiving them: what is parked meanwhile, and whose account they have.

The browser is sent with a handle that finds what was parked for it. Whoever comes back without one, with that of
another browser or of another provider, spends nothing and is told nothing (WEB-02, CL-03, CL-04).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from gatelodge.authn.federation import arriving
from gatelodge.authn.federation.arriving import Elsewhere, Newcomer, Noting, Recognised, TurnedAway
from gatelodge.authn.federation.contract import Arrival, Errand, UpstreamFailed
from gatelodge.authn.federation.keeping import sealed_token
from gatelodge.authn.federation.leaving import sign_out
from gatelodge.authn.federation.parked import BegunVisit, Parked, PostedAnswer, WaitingIdentity
from gatelodge.authn.federation.providers import OpenProvider, Providers
from gatelodge.authn.visit import ThisBrowser
from gatelodge.client.errors import OAuthClientError
from gatelodge.client.messages.authorization import Transaction
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.secrets import b64
from gatelodge.protocol import rules
from gatelodge.protocol.linking import AskOwner, AskWho
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.stores import links, sessions, users
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, UpstreamRefused

SUB_BYTES, USERNAME_BYTES = 16, 5


class Connecting(NamedTuple):
    """Who wants to connect an account elsewhere to their own, and in which session."""

    user_id: int
    sid: str


NOBODY_CONNECTS = Connecting(0, "")


@dataclass(frozen=True, slots=True)
class Received:
    """Somebody whom a provider sent back: who they are there, and what they had been sent for.

    `sealed` is the refresh token that came along, if it is to be kept.
    """

    provider: Provider
    identity: UpstreamIdentity
    begun: BegunVisit
    sealed: bytes | None = field(default=None, repr=False)

    @property
    def who(self) -> Elsewhere:
        """Who they are there, with what is kept of them."""
        return Elsewhere(self.provider.name, self.identity, self.sealed)


class UpstreamSignIns:
    """Sends to `providers` and receives from them."""

    def __init__(self, on: Foundation, providers: Providers) -> None:
        self.providers = providers
        self._on = on
        parts = (on.db, on.mint, on.clock, on.entropy)
        self._begun = Parked("upstream", BegunVisit, *parts)
        self._posted = Parked("upstream_post", PostedAnswer, *parts)
        self.waiting = Parked("upstream_waiting", WaitingIdentity, *parts)

    async def send(
        self, name: str, browser: ThisBrowser, context: str, errand: Errand, wants: Connecting = NOBODY_CONNECTS
    ) -> str:
        """Return where a browser goes to sign in there, or to connect an account to a person who `wants` it.

        Raises `UpstreamFailed`.
        """
        opened = self._find(name)
        begun = opened.upstream.begin(errand).transaction
        visit = BegunVisit(name, begun.encode(), context, wants.user_id, wants.sid, errand.fresh)
        state = await self._begun.park(visit, browser)
        return opened.upstream.address(replace(begun, state=state), errand)

    async def take_in(self, name: str, form: Params) -> str | None:
        """Keep an answer that was posted from another site, which brings no cookies; return what finds it again.

        `None` if nobody here waits for it.
        """
        opened = self.providers.find(name)
        if opened is None or not opened.kind.posts_back or not await self._begun.is_there(form.get("state") or ""):
            return None
        return await self._posted.park(PostedAnswer(name, form.encoded()), None)

    async def fetch(self, name: str, handle: str) -> Params | None:
        """Return an answer that was kept, once; `None` if there is none of this provider."""
        posted = await self._posted.take(handle, None)
        return Params.parse(posted.answer.encode()) if posted is not None and posted.provider == name else None

    async def begun(self, name: str, answer: Params, browser: ThisBrowser) -> BegunVisit | None:
        """Spend what an answer is the answer to; `None` if it is none to a sign-in begun here, with this provider."""
        handle = answer.get("state") or ""
        found = await self._begun.find(handle, browser)
        return await self._begun.take(handle, browser) if found is not None and found.provider == name else None

    async def receive(self, begun: BegunVisit, answer: Params) -> Received:
        """Return who came back. Raises `UpstreamFailed`."""
        opened = self._find(begun.provider)
        transaction = replace(Transaction.decode(begun.transaction), state=answer.get("state") or "")
        try:
            arrival: Arrival = await opened.upstream.finish(transaction, answer)
        except UpstreamFailed as failed:
            if failed.cause == "unavailable":
                self.providers.failed(opened)
            raise
        return Received(
            opened.provider, arrival.identity, begun, sealed_token(self._on.vault, opened.provider, arrival)
        )

    async def recognise(self, received: Received, browser: ThisBrowser, origin: Origin) -> Recognised | str:
        """Return whose account they have, or the handle of what waits until they say.

        Raises `UpstreamFailed` if it is disabled.
        """
        provider, who = received.provider, received.who
        outcome = await self._arrive(provider, who, origin)
        match outcome:
            case Recognised():
                _tell(outcome.events, origin)
                return outcome
            case TurnedAway():
                raise UpstreamFailed("not_welcome", "the account is disabled", rules.ACCOUNT_ENABLED)
            case AskOwner(user_id):
                asked = (user_id, False)
            case AskWho(may_begin):
                asked = (0, may_begin)
        names = (provider.name, provider.label)
        waiting = WaitingIdentity(
            *names,
            who.identity,
            received.begun.context,
            *asked,
            sealed=who.sealed,
            since=self._on.clock.now(),
        )
        return await self.waiting.park(waiting, browser)

    async def connect(self, received: Received, origin: Origin) -> bool:
        """Connect an account elsewhere to whoever was sent there for it; `False` if it is another's, theirs is
        disabled, or the session in which they wanted it has ended: with it goes what was begun there."""
        wants, noting = Connecting(received.begun.user_id, received.begun.sid), self._noting(origin)
        return _done(await self._on.db.write(self._connect, wants, received.who, noting, None), origin)

    async def connect_waiting(self, handle: str, waiting: WaitingIdentity, wants: Connecting, origin: Origin) -> bool:
        """Connect what waits to a person, and spend it; `False` if somebody did, or as `connect`."""
        who = Elsewhere(waiting.provider, waiting.identity, waiting.sealed)
        return _done(await self._on.db.write(self._connect, wants, who, self._noting(origin), handle), origin)

    async def begin_waiting(self, handle: str, waiting: WaitingIdentity, origin: Origin) -> Recognised | None:
        """Make an account for whom nobody knows here, and spend what waits; `None` if they may not, or somebody did.

        It has no address: nobody proved one.
        """
        opened = self.providers.find(waiting.provider)
        if opened is None or not (waiting.may_begin and opened.provider.new_accounts):
            return None
        new = self._newcomer(waiting.provider)
        try:
            begun = await self._on.db.write(self._begin, handle, waiting, new, self._noting(origin))
        except NameTaken:
            return None
        if not isinstance(begun, Recognised):
            return None
        _tell(begun.events, origin)
        return begun

    async def signed_out(self, name: str, token: str, origin: Origin) -> bool:
        """End what began with a provider, as it says; `False` if its token is not to be believed."""
        opened = self.providers.find(name)
        if opened is None:
            return False
        try:
            said = await opened.upstream.read_logout(token)
        except OAuthClientError as error:
            failed = UpstreamFailed("rejected", str(error), rules.UPSTREAM_LOGOUT)
            self.refused(name, failed, origin)
            return False
        except UpstreamFailed as failed:
            self.refused(name, failed, origin)
            return False
        event = await self._on.db.write(sign_out, name, said, origin, self._on.clock.now())
        if event is not None:
            emit(event, origin)
        return True

    def refused(self, name: str, failed: UpstreamFailed, origin: Origin) -> None:
        """Tell the log why a sign-in came to nothing."""
        rule = failed.rule.id if failed.rule is not None else ""
        emit(UpstreamRefused(provider=name, cause=failed.cause, rule=rule, reason=failed.reason), origin)

    def _find(self, name: str) -> OpenProvider:
        opened = self.providers.find(name)
        if opened is None:
            raise UpstreamFailed("unavailable", "there is no such provider")
        return opened

    async def _arrive(
        self, provider: Provider, who: Elsewhere, origin: Origin
    ) -> Recognised | TurnedAway | AskOwner | AskWho:
        whole = (provider, who, self._newcomer(provider.name), self._noting(origin))
        try:
            return await self._on.db.write(arriving.arrive, *whole)
        except NameTaken:  # they came twice at once: the other one made the account
            return await self._on.db.write(arriving.arrive, *whole)

    async def _connect(
        self, tx: Tx, wants: Connecting, who: Elsewhere, noting: Noting, handle: str | None
    ) -> tuple[Event, ...] | None:
        """Return what happened, nothing if it was connected to them before; `None` if it cannot be."""
        if handle is not None and not await self.waiting.take_in(tx, handle, noting.now):
            return None
        user_id = wants.user_id
        if await users.hold(tx, user_id) is None:
            return None
        if all(session.sid != wants.sid for session in await sessions.of_person(tx, user_id, noting.now)):
            return None
        link = await links.find(tx, who.identity.issuer, who.identity.subject)
        if link is not None and link.user_id != user_id:
            return None
        events = () if link is not None else (await arriving.connect(tx, user_id, who, noting),)
        await arriving.keep_token(tx, who, noting.now)
        return events

    async def _begin(
        self, tx: Tx, handle: str, waiting: WaitingIdentity, new: Newcomer, noting: Noting
    ) -> Recognised | TurnedAway | None:
        if not await self.waiting.take_in(tx, handle, noting.now):
            return None
        account = NewUser(sub=new.sub, username=new.username, name=waiting.identity.name)
        who = Elsewhere(waiting.provider, waiting.identity, waiting.sealed)
        return await arriving.begin_anew(tx, account, who, noting)

    def _noting(self, origin: Origin) -> Noting:
        return Noting(self._on.letters, origin, self._on.clock.now())

    def _newcomer(self, provider: str) -> Newcomer:
        """Return what is random of an account; its user name says nothing of anybody."""
        name = f"{provider}-{self._on.entropy.bytes(USERNAME_BYTES).hex()}"
        return Newcomer(b64(self._on.entropy.bytes(SUB_BYTES)), name)


def _done(events: tuple[Event, ...] | None, origin: Origin) -> bool:
    _tell(events or (), origin)
    return events is not None


def _tell(events: tuple[Event, ...], origin: Origin) -> None:
    for event in events:
        emit(event, origin)
