"""Interactions: authorization requests that are parked while a person works on them.

The handle in the URL finds the server's own record and proves nothing by itself: the record is bound to the browser
that began it, and in any other the handle is worth nothing (ASVS 2.3.1). What was asked for is locked with the handle's
secret: it may hold an ID token as a hint, and names of people.
"""

from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.locket import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES, same
from gatelodge.protocol.progress import Progress
from gatelodge.sessions.browser import BrowserId
from gatelodge.stores import tickets

KIND = "interaction"
PARAMETER = "interaction"  # of the URLs that a handle travels in; `request` is the name of something else (RFC 9101)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A parked request: `params` as sent, urlencoded, and what has happened to it since.

    Only a browser that may have it gets one. `handle` travels in the URL.
    """

    handle: str
    row_id: int
    params: str
    progress: Progress


class _Record(Struct, frozen=True):
    browser: str
    locked: bytes
    progress: Progress


class _Place(NamedTuple):
    """Where a handle leads, and the key to the parameters there, which the database does not have."""

    row_id: int
    digest: bytes
    key: bytes


class Interactions:
    """Parks requests for `lifetime` seconds and resumes them. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy, lifetime: int) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy
        self._lifetime = lifetime

    async def park(self, params: str, browser: BrowserId) -> Interaction:
        """Park a request for this browser."""
        secret, progress = self._entropy.bytes(SECRET_BYTES), Progress()
        place = self._place_of(0, secret)
        record = _json(_Record(browser.digest, lock(place.key, params.encode()), progress))
        expires_at = self._clock.now() + self._lifetime
        row_id = await self._db.write(tickets.put, KIND, place.digest, record, expires_at)
        return Interaction(self._mint.compose(row_id, secret), row_id, params, progress)

    async def resume(self, handle: str, browser: BrowserId) -> Interaction | None:
        """Return a parked request; `None` if it is unknown, expired, answered, or another browser's."""
        place = self._place(handle)
        if place is None:
            return None
        ticket = await self._db.read(tickets.peek, KIND, place.row_id, place.digest, self._clock.now())
        record = ticket and decode(ticket.payload, type=_Record)
        if record is None or not same(record.browser.encode(), browser.digest.encode()):
            return None
        params = unlock(place.key, record.locked)
        if params is None:
            return None
        return Interaction(handle, place.row_id, params.decode(), record.progress)

    async def save(self, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction; nothing happens to one that was answered."""
        await self._db.write(self.save_in, interaction, browser)

    async def save_in(self, tx: Tx, interaction: Interaction, browser: BrowserId) -> None:
        """Keep the progress of an interaction, within a transaction."""
        place = self._place(interaction.handle)
        if place is not None:
            locked = lock(place.key, interaction.params.encode())
            record = _Record(browser.digest, locked, interaction.progress)
            await tickets.rewrite(tx, KIND, place.row_id, place.digest, _json(record))

    async def take_in(self, tx: Tx, interaction: Interaction, now: int) -> bool:
        """Spend an interaction, within the transaction that answers it; `False` if somebody did, or it expired."""
        place = self._place(interaction.handle)
        return place is not None and await tickets.take(tx, KIND, place.row_id, place.digest, now) is not None

    def _place(self, handle: str) -> _Place | None:
        value = self._mint.take_apart(handle)
        return value and self._place_of(value.row_id, value.secret)

    def _place_of(self, row_id: int, secret: bytes) -> _Place:
        return _Place(row_id, self._mint.digest(KIND, secret), self._mint.digest(f"{KIND} key", secret))


def _json(record: _Record) -> str:
    return encode(record).decode()
