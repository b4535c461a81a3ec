"""Challenges that passkeys sign: tickets, each for one purpose and one browser, answered once and within ten minutes.

The challenge itself is the ticket's value, so an answer finds its ticket by what was signed, and no page has to carry
anything along.
"""

from typing import Protocol

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.stores import tickets

KIND = "passkey"
PATH = "/login/passkey/challenge"  # where pages ask for one
LIFETIME = 600  # seconds
SIGN_IN, ENROL, OFFER = PURPOSES = ("sign_in", "enrol", "offer")  # `offer`: made by a browser without a dialogue


class Owner(Protocol):
    """A browser, as far as a challenge knows it."""

    @property
    def digest(self) -> str:
        """What is kept of its name."""
        ...

    def called(self, digest: str) -> "Owner | None":
        """Return it if one of its names has this digest."""
        ...


class _Bound(Struct, frozen=True):
    browser: str
    purpose: str


class Challenges:
    """Makes challenges and spends them. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy

    async def make(self, purpose: str, browser: Owner) -> str:
        """Return a new challenge in base64url, as browsers take it and give it back."""
        secret = self._entropy.bytes(SECRET_BYTES)
        bound = encode(_Bound(browser.digest, purpose)).decode()
        until = self._clock.now() + LIFETIME
        row_id = await self._db.write(tickets.put, KIND, self._mint.digest(KIND, secret), bound, until)
        return self._mint.compose(row_id, secret)

    async def spend(self, challenge: str, purpose: str, browser: Owner) -> bool:
        """Whether this challenge was made for this purpose and this browser and is answered for the first time.

        It is spent, also where another browser or purpose came with it.
        """
        value = self._mint.take_apart(challenge)
        if value is None:
            return False
        digest = self._mint.digest(KIND, value.secret)
        there = self._db.at(place_of(value.row_id))
        ticket = await there.write(tickets.take, KIND, value.row_id, digest, self._clock.now())
        bound = ticket and decode(ticket.payload, type=_Bound)
        return bool(bound and bound.purpose == purpose and browser.called(bound.browser))

    async def has_expired(self, challenge: str) -> bool:
        """Whether this challenge is one of ours that was not answered in time."""
        value = self._mint.take_apart(challenge)
        if value is None:
            return False
        where = (KIND, value.row_id, self._mint.digest(KIND, value.secret))
        there = self._db.at(place_of(value.row_id))
        live = await there.read(tickets.peek, *where, self._clock.now())
        return live is None and await there.read(tickets.find_spent, *where) is None
