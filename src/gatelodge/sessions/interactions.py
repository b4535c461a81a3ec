"""Interactions: requests that are parked while a person works on them, authorization requests and others.

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
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Runner, Tx
from gatelodge.keys.locked import lock, unlock
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
    """A parked request: its `kind`, `params` as sent, urlencoded, and what has happened to it since.

    Only a browser that may have it gets one; `browser` is that browser, by the name it is bound to. `handle` travels in
    the URL. It waits `until` then.
    """

    handle: str
    row_id: int
    kind: str
    params: str
    progress: Progress
    browser: BrowserId
    until: int


@dataclass(frozen=True, slots=True)
class Past:
    """A request that does not wait any more: `params` as sent, urlencoded, and whether it was `answered` in time."""

    kind: str
    params: str
    answered: bool


class _Record(Struct, frozen=True):
    kind: str
    browser: str
    locked: bytes
    progress: Progress
    until: int


class _Slot(NamedTuple):
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

    async def park(self, kind: str, params: str, browser: BrowserId, again: Again = "") -> Interaction:
        """Park a request of some kind for this browser; `again` says why it is begun anew, if it is."""
        secret, progress = self._entropy.bytes(SECRET_BYTES), Progress(again=again)
        slot = self._slot_of(0, secret)
        until = self._clock.now() + self._lifetime
        record = _json(_Record(kind, browser.digest, lock(slot.key, params.encode()), progress, until))
        row_id = await self._db.write(tickets.put, KIND, slot.digest, record, until + self._memory)
        handle, owner = self._mint.compose(row_id, secret), BrowserId(browser.secret, ())
        return Interaction(handle, row_id, kind, params, progress, owner, until)

    async def resume(self, kind: str | None, handle: str, browser: BrowserId) -> Interaction | None:
        """Return a parked request; `None` if it is unknown, expired, answered, or another browser's.

        What is of another `kind` is unknown; `None` is for the pages, which serve all of them.
        """
        slot, now = self._slot(handle), self._clock.now()
        if slot is None:
            return None
        found = _open(
            kind, slot, await self._at(slot.row_id).read(tickets.peek, KIND, slot.row_id, slot.digest, now), browser
        )
        if found is None or found.record.until <= now:
            return None
        record = found.record
        return Interaction(handle, slot.row_id, record.kind, found.params, record.progress, found.browser, record.until)

    async def recall(self, kind: str | None, handle: str, browser: BrowserId) -> Past | None:
        """Return a request that does not wait any more; `None` if it is unknown, as in `resume`, or long over."""
        slot, now = self._slot(handle), self._clock.now()
        if slot is None:
            return None
        where = (KIND, slot.row_id, slot.digest)
        late = await self._at(slot.row_id).read(tickets.peek, *where, now)
        ticket = late or await self._at(slot.row_id).read(tickets.find_spent, *where)
        found = _open(kind, slot, ticket if ticket and ticket.expires_at > now else None, browser)
        return found and Past(found.record.kind, found.params, answered=late is None)

    async def save(self, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction; nothing happens to one that was answered."""
        await self._at(interaction.row_id).write(self.save_in, interaction, browser)

    async def save_in(self, tx: Tx, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction, within a transaction."""
        slot = self._slot(interaction.handle)
        if slot is not None:
            locked = lock(slot.key, interaction.params.encode())
            record = _Record(interaction.kind, browser.digest, locked, interaction.progress, interaction.until)
            await tickets.rewrite(tx, KIND, slot.row_id, slot.digest, _json(record))

    async def take_in(self, tx: Tx, interaction: Interaction, now: int) -> bool:
        """Spend an interaction, within the transaction that answers it; `False` if somebody did, or it expired."""
        slot = self._slot(interaction.handle)
        if slot is None or interaction.until <= now:
            return False
        return await tickets.take(tx, KIND, slot.row_id, slot.digest, now) is not None

    def _at(self, row_id: int) -> Runner:
        return self._db.at(place_of(row_id))

    def _slot(self, handle: str) -> _Slot | None:
        value = self._mint.take_apart(handle)
        return value and self._slot_of(value.row_id, value.secret)

    def _slot_of(self, row_id: int, secret: bytes) -> _Slot:
        return _Slot(row_id, self._mint.digest(KIND, secret), self._mint.digest(f"{KIND} key", secret))


class _Found(NamedTuple):
    """A record that is this browser's, and what was asked for."""

    record: _Record
    browser: BrowserId
    params: str


def _open(kind: str | None, slot: _Slot, ticket: Ticket | None, browser: BrowserId) -> _Found | None:
    record = ticket and decode(ticket.payload, type=_Record)
    if record and kind not in (None, record.kind):
        return None
    owner = record and browser.called(record.browser)
    params = record and unlock(slot.key, record.locked)
    return _Found(record, owner, params.decode()) if record and owner and params is not None else None


def _json(record: _Record) -> str:
    return encode(record).decode()
