"""Whose account somebody is who came back from a provider: found, connected, made, or left for them to say.

Each function is a transaction body. What it decides is decided in `protocol/linking.py`.
"""

from dataclasses import dataclass, field

from msgspec import structs

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import LinkedLetter
from gatelodge.mail.letters import Letters
from gatelodge.protocol import login_name
from gatelodge.protocol.linking import (
    AddressOwner,
    AskOwner,
    AskWho,
    LinkAtOnce,
    MakeAccount,
    Reclaim,
    first_visit,
)
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.stores import audit, endings, kept_tokens, links, names, users
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import (
    AccountReclaimed,
    Event,
    Linked,
    Origin,
    UpstreamSignedIn,
    UserAdded,
)

RENEWED_AFTER = 86_400  # seconds a refresh token is kept before it is renewed


@dataclass(frozen=True, slots=True)
class Recognised:
    """Somebody whose account is known, by the link of this id. `events` happened on the way and are to be told."""

    user: UserRecord
    link_id: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Their account is disabled: nobody is told more than that it did not work."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Who somebody is at the provider of this name, and the refresh token it gave, `sealed` if it is to be kept."""

    provider: str
    identity: UpstreamIdentity
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Noting:
    """How an arrival is noted: who is written to, where it came from, and when."""

    letters: Letters
    origin: Origin
    now: int

    async def note(self, tx: Tx, event: Event) -> Event:
        """Write an event to the audit trail, and return it."""
        await audit.record(tx, event, self.origin, self.now)
        return event


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a new account gets that is random: its subject identifier, and a user name where no address is one."""

    sub: str
    username: str


async def arrive(
    tx: Tx, provider: Provider, who: Elsewhere, newcomer: Newcomer, noting: Noting
) -> Recognised | TurnedAway | AskOwner | AskWho:
    """Return whose account this is, or what they are asked. Raises `NameTaken` if another of theirs was faster."""
    identity = who.identity
    link = await links.find(tx, identity.issuer, identity.subject)
    if link is not None:
        await links.use(tx, link, provider.name, identity, noting.now)
        return await _recognised(tx, link.user_id, who, (), noting)
    match first_visit(provider, identity, await _owner(tx, identity)):
        case LinkAtOnce(user_id):
            events = (await connect(tx, user_id, who, noting),)
        case Reclaim(user_id):
            events = await _reclaim(tx, user_id, who, noting)
        case MakeAccount(address):
            new = NewUser(sub=newcomer.sub, username=address, email=address, email_verified=True, name=identity.name)
            user_id, *events = await begin(tx, new, who, noting)
        case asked:
            return asked
    return await _recognised(tx, user_id, who, tuple(events), noting)


async def connect(tx: Tx, user_id: int, who: Elsewhere, noting: Noting) -> Event:
    """Connect an account elsewhere to a person, and tell them by mail.

    Raises `NameTaken` if it is connected already, to whomever.
    """
    event = await _connect(tx, user_id, who, noting)
    user = await users.find(tx, user_id)
    if user is not None:
        letter = LinkedLetter(at=noting.now)
        await noting.letters.tell(tx, user, letter, noting.origin, noting.now)
    return event


async def keep_token(tx: Tx, who: Elsewhere, now: int) -> None:
    """Keep the refresh token that came along, if it is to be kept; one that was kept before stays if none came."""
    link = None if who.sealed is None else await links.find(tx, who.identity.issuer, who.identity.subject)
    if link is not None and who.sealed is not None:
        await kept_tokens.keep(tx, link.id, who.provider, who.sealed, now + RENEWED_AFTER)


async def begin_anew(tx: Tx, new: NewUser, who: Elsewhere, noting: Noting) -> Recognised | TurnedAway:
    """Make an account for somebody who wants one. Raises `NameTaken`."""
    user_id, *events = await begin(tx, new, who, noting)
    return await _recognised(tx, user_id, who, tuple(events), noting)


async def begin(tx: Tx, new: NewUser, who: Elsewhere, noting: Noting) -> tuple[int, Event, Event]:
    """Make an account for somebody who came from a provider; return its id and what happened. Raises `NameTaken`."""
    user = await users.add(tx, new, noting.now)
    added = await noting.note(tx, UserAdded(user_id=user.id))
    return user.id, added, await _connect(tx, user.id, who, noting)


async def _connect(tx: Tx, user_id: int, who: Elsewhere, noting: Noting) -> Event:
    await links.add(tx, user_id, who.provider, who.identity, noting.now)
    return await noting.note(tx, Linked(user_id=user_id, provider=who.provider))


async def _reclaim(tx: Tx, user_id: int, who: Elsewhere, noting: Noting) -> tuple[Event, ...]:
    """Take off what an account is entered by that never proved its address, and give it to whoever did."""
    await endings.empty(tx, user_id, noting.now)
    user = await users.find(tx, user_id)
    if user is not None:
        await users.update(tx, user, structs.replace(user, email_verified=True), noting.now)
    reclaimed = await noting.note(tx, AccountReclaimed(user_id=user_id, provider=who.provider))
    return reclaimed, await connect(tx, user_id, who, noting)


async def _recognised(
    tx: Tx, user_id: int, who: Elsewhere, events: tuple[Event, ...], noting: Noting
) -> Recognised | TurnedAway:
    user, link = await users.find(tx, user_id), await links.find(tx, who.identity.issuer, who.identity.subject)
    if user is None or not user.enabled or link is None:
        return TurnedAway(user_id)
    await keep_token(tx, who, noting.now)
    signed_in = await noting.note(tx, UpstreamSignedIn(user_id=user.id, provider=who.provider))
    return Recognised(user, link.id, (*events, signed_in))


async def _owner(tx: Tx, identity: UpstreamIdentity) -> AddressOwner | None:
    """Return whose address it is here, if the provider proved it; whether another one is known nobody even asks."""
    if identity.address is None or not identity.is_proved:
        return None
    user_id = await names.find(tx, names.LOGIN, login_name.canonical(identity.address))
    user = None if user_id is None else await users.find(tx, user_id)
    return None if user is None else AddressOwner(user.id, user.email_verified, user.admin)
