"""Pushed authorization requests: kept until a browser brings their names, and spent with their answers (RFC 9126).

The name in the URL finds the server's own record. Within its lifetime it may be brought any number of times, since
people reload pages; of any number of answers to it there is one, since that is given in the transaction which spends
it. What was asked for is locked with the secret in the name: it may hold an ID token as a hint, and names of people.
"""

from typing import NamedTuple

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.params import Params
from gatelodge.protocol.pushed import URN
from gatelodge.stores import tickets

KIND = "pushed request"


class _Record(Struct, frozen=True):
    locked: bytes
    until: int


class _Slot(NamedTuple):
    row_id: int
    digest: bytes
    key: bytes


class PushedRequests:
    """What clients push: kept `lifetime` seconds for a browser to bring its name, and `memory` more for its answer."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy, lifetime: int, memory: int) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy
        self.lifetime = lifetime
        self._memory = memory

    async def push(self, params: Params) -> str:
        """Keep a request and return its name, a `request_uri`."""
        secret = self._entropy.bytes(SECRET_BYTES)
        slot, until = self._slot_of(0, secret), self._clock.now() + self.lifetime
        record = encode(_Record(lock(slot.key, params.encoded().encode()), until)).decode()
        row_id = await self._db.write(tickets.put, KIND, slot.digest, record, until + self._memory)
        return self._mint.compose(row_id, secret, URN)

    async def find(self, request_uri: str) -> Params | None:
        """Return the request of this name; `None` if it is unknown, has expired or was answered."""
        slot = self._slot(request_uri)
        payload = slot and await self._peek(slot)
        record = payload and decode(payload, type=_Record)
        if not slot or not record or record.until <= self._clock.now():
            return None
        plain = unlock(slot.key, record.locked)
        return None if plain is None else Params.parse(plain)

    async def waits(self, request_uri: str) -> bool:
        """Whether the request of this name was not answered yet, also after its lifetime: it waits for a person."""
        slot = self._slot(request_uri)
        return slot is not None and await self._peek(slot) is not None

    async def take_in(self, tx: Tx, request_uri: str, now: int) -> bool:
        """Spend a request, within the transaction that answers it; `False` if somebody did."""
        slot = self._slot(request_uri)
        return slot is not None and await tickets.take(tx, KIND, slot.row_id, slot.digest, now) is not None

    async def _peek(self, slot: _Slot) -> str | None:
        there = self._db.at(place_of(slot.row_id))
        ticket = await there.read(tickets.peek, KIND, slot.row_id, slot.digest, self._clock.now())
        return ticket and ticket.payload

    def _slot(self, request_uri: str) -> _Slot | None:
        value = self._mint.take_apart(request_uri, URN)
        return value and self._slot_of(value.row_id, value.secret)

    def _slot_of(self, row_id: int, secret: bytes) -> _Slot:
        return _Slot(row_id, self._mint.digest(KIND, secret), self._mint.digest(f"{KIND} key", secret))
