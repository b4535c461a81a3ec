"""What waits for a browser to come back from a provider: bound to that browser, locked with its handle, spent once.

A handle travels as `state`, through the provider and back, or in an address of ours. In another browser, for another
provider or a second time it is worth nothing, so no answer that somebody else began can be finished here (RFC 9700
4.4, 4.7; ASVS 10.1.2).
"""

from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.json import Decoder, decode, encode

from gatelodge.authn.visit import ThisBrowser
from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint, StoredValue
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import tickets

LIFETIME = 600  # seconds

T = TypeVar("T", bound=Struct)


class BegunVisit(Struct, frozen=True):
    """A sign-in that leads through a provider: what it was begun with, and what for.

    `transaction` is the client library's. `context` finds the sign-in again. `user_id` is who wants to connect an
    account elsewhere to their own, 0 if somebody signs in, and `sid` the session in which they want it. `anew` says
    that they were to prove there who they are, whatever was before.
    """

    provider: str
    transaction: str
    context: str
    user_id: int = 0
    sid: str = ""
    anew: bool = False


class PostedAnswer(Struct, frozen=True):
    """An answer that came as a form from another site, without cookies: kept until the browser fetches it."""

    provider: str
    answer: str


class WaitingIdentity(Struct, frozen=True):
    """Somebody who came from a provider and has no account here yet, or has one they must sign in to first.

    `user_id` is whose address they proved to own, 0 if that is not known. `may_begin` says whether they may begin anew.
    `sealed` is the refresh token that came along, if it is to be kept. `since` is when they came back, in seconds since
    1970.
    """

    provider: str
    label: str
    identity: UpstreamIdentity
    context: str
    user_id: int
    may_begin: bool
    sealed: bytes | None = None
    since: int = 0


class _Record(Struct, frozen=True):
    browser: str
    locked: bytes


class Parked(Generic[T]):
    """What waits, of one kind. `mint` is the instance's. With `bound` off it waits for whoever brings the handle."""

    def __init__(self, kind: str, shape: type[T], db: Database, mint: Mint, clock: Clock, entropy: Entropy) -> None:
        self._kind = kind
        self._decode = Decoder(shape).decode
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy

    async def park(self, what: T, browser: ThisBrowser | None) -> str:
        """Keep something for a browser, or for whoever has the handle, and return that."""
        secret = self._entropy.bytes(SECRET_BYTES)
        bound = "" if browser is None else browser.digest
        record = encode(_Record(bound, lock(self._key(secret), encode(what)))).decode()
        digest, until = self._mint.digest(self._kind, secret), self._clock.now() + LIFETIME
        return self._mint.compose(await self._db.write(tickets.put, self._kind, digest, record, until), secret)

    async def is_there(self, handle: str) -> bool:
        """Whether something waits for whomever."""
        value = self._mint.take_apart(handle)
        if value is None:
            return False
        where = (self._kind, value.row_id, self._mint.digest(self._kind, value.secret), self._clock.now())
        return await self._db.at(place_of(value.row_id)).read(tickets.peek, *where) is not None

    async def find(self, handle: str, browser: ThisBrowser | None) -> T | None:
        """Return what waits; `None` if it is unknown, over, spent, or another browser's."""
        value = self._mint.take_apart(handle)
        if value is None:
            return None
        where = (self._kind, value.row_id, self._mint.digest(self._kind, value.secret), self._clock.now())
        ticket = await self._db.at(place_of(value.row_id)).read(tickets.peek, *where)
        return None if ticket is None else self._opened(ticket.payload, value, browser)

    async def take(self, handle: str, browser: ThisBrowser | None) -> T | None:
        """Spend what waits and return it; `None` as `find`, and then nothing is spent."""
        found = await self.find(handle, browser)
        value = self._mint.take_apart(handle)
        if found is None or value is None:
            return None
        taken = await self._db.at(place_of(value.row_id)).write(self.take_in, handle, self._clock.now())
        return found if taken else None

    async def take_in(self, tx: Tx, handle: str, now: int) -> bool:
        """Spend what waits, within a transaction; `False` if somebody did."""
        value = self._mint.take_apart(handle)
        if value is None:
            return False
        digest = self._mint.digest(self._kind, value.secret)
        return await tickets.take(tx, self._kind, value.row_id, digest, now) is not None

    def _opened(self, payload: str, value: StoredValue, browser: ThisBrowser | None) -> T | None:
        record = decode(payload, type=_Record)
        is_theirs = record.browser == "" if browser is None else browser.called(record.browser) is not None
        plain = unlock(self._key(value.secret), record.locked) if is_theirs else None
        return None if plain is None else self._decode(plain)

    def _key(self, secret: bytes) -> bytes:
        return self._mint.digest(f"{self._kind} key", secret)
