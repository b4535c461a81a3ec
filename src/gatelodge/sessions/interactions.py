"""Interactions: authorization requests that are parked while a person works on them.

The handle in the URL finds the server's own record and proves nothing by itself: the record is bound to the browser
that began it, and in any other the handle is worth nothing (ASVS 2.3.1). What was asked for is locked with the handle's
secret: it may hold an ID token as a hint, and names of people.

An interaction waits for so long and is remembered for longer, also when it was answered: whoever comes back to one of
its pages then finds out, and may begin the same request again.
"""

from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.locket import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.progress import Again, Progress
from gatelodge.sessions.browser import BrowserId
from gatelodge.stores import tickets
from gatelodge.stores.tickets import Ticket

KIND = "interaction"
PARAMETER = "interaction"  # of the URLs that a handle travels in; `request` is the name of something else (RFC 9101)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A parked request: `params` as sent, urlencoded, and what has happened to it since.

    Only a browser that may have it gets one; `browser` is that browser, by the name it is bound to. `handle` travels in
    the URL. It waits `until` then.
    """

    handle: str
    row_id: int
    params: str
    progress: Progress
    browser: BrowserId
    until: int


@dataclass(frozen=True, slots=True)
class Past:
    """A request that does not wait any more: `params` as sent, urlencoded, and whether it was `answered` in time."""

    params: str
    answered: bool


class _Record(Struct, frozen=True):
    browser: str
    locked: bytes
    progress: Progress
    until: int


class _Place(NamedTuple):
    """Where a handle leads, and the key to the parameters there, which the database does not have."""

    row_id: int
    digest: bytes
    key: bytes


class Interactions:
    """Parks requests for `lifetime` seconds, resumes them, and remembers them for `memory` more. `mint` is the
    instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy, lifetime: int, memory: int) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy
        self._lifetime = lifetime
        self._memory = memory

    async def park(self, params: str, browser: BrowserId, again: Again = "") -> Interaction:
        """Park a request for this browser; `again` says why it is begun anew, if it is."""
        secret, progress = self._entropy.bytes(SECRET_BYTES), Progress(again=again)
        place = self._place_of(0, secret)
        until = self._clock.now() + self._lifetime
        record = _json(_Record(browser.digest, lock(place.key, params.encode()), progress, until))
        row_id = await self._db.write(tickets.put, KIND, place.digest, record, until + self._memory)
        handle, owner = self._mint.compose(row_id, secret), BrowserId(browser.secret, ())
        return Interaction(handle, row_id, params, progress, owner, until)

    async def resume(self, handle: str, browser: BrowserId) -> Interaction | None:
        """Return a parked request; `None` if it is unknown, expired, answered, or another browser's."""
        place, now = self._place(handle), self._clock.now()
        if place is None:
            return None
        found = _open(place, await self._db.read(tickets.peek, KIND, place.row_id, place.digest, now), browser)
        if found is None or found.record.until <= now:
            return None
        return Interaction(handle, place.row_id, found.params, found.record.progress, found.browser, found.record.until)

    async def recall(self, handle: str, browser: BrowserId) -> Past | None:
        """Return a request that does not wait any more; `None` if it is unknown, long over, or another browser's."""
        place, now = self._place(handle), self._clock.now()
        if place is None:
            return None
        where = (KIND, place.row_id, place.digest)
        late = await self._db.read(tickets.peek, *where, now)
        ticket = late or await self._db.read(tickets.find_spent, *where)
        found = _open(place, ticket if ticket and ticket.expires_at > now else None, browser)
        return found and Past(found.params, answered=late is None)

    async def save(self, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction; nothing happens to one that was answered."""
        await self._db.write(self.save_in, interaction, browser)

    async def save_in(self, tx: Tx, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction, within a transaction."""
        place = self._place(interaction.handle)
        if place is not None:
            locked = lock(place.key, interaction.params.encode())
            record = _Record(browser.digest, locked, interaction.progress, interaction.until)
            await tickets.rewrite(tx, KIND, place.row_id, place.digest, _json(record))

    async def take_in(self, tx: Tx, interaction: Interaction, now: int) -> bool:
        """Spend an interaction, within the transaction that answers it; `False` if somebody did, or it expired."""
        place = self._place(interaction.handle)
        if place is None or interaction.until <= now:
            return False
        return await tickets.take(tx, KIND, place.row_id, place.digest, now) is not None

    def _place(self, handle: str) -> _Place | None:
        value = self._mint.take_apart(handle)
        return value and self._place_of(value.row_id, value.secret)

    def _place_of(self, row_id: int, secret: bytes) -> _Place:
        return _Place(row_id, self._mint.digest(KIND, secret), self._mint.digest(f"{KIND} key", secret))


class _Found(NamedTuple):
    """A record that is this browser's, and what was asked for."""

    record: _Record
    browser: BrowserId
    params: str


def _open(place: _Place, ticket: Ticket | None, browser: BrowserId) -> _Found | None:
    record = ticket and decode(ticket.payload, type=_Record)
    owner = record and browser.called(record.browser)
    params = record and unlock(place.key, record.locked)
    return _Found(record, owner, params.decode()) if record and owner and params is not None else None


def _json(record: _Record) -> str:
    return encode(record).decode()
