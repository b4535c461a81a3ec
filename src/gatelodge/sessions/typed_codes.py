"""Short codes that a person reads in one place and types in another, to find a ticket (RFC 8628 3.3).

What is short can be guessed: entropy and counting keep it safe together (RFC 8628 5.1). A code is one of 20**8, it
lives for minutes, and every guess is counted before it is looked up, so parallel ones are all counted. Strangers are
counted by network, and all of them together, since whoever has many networks has as many counters. Who is signed in
has a counter of their own and none of the strangers': however many of these guess, somebody who signs in first can
type a code. A right code takes back what it raised.

With the limits below, while 1,000 codes wait, all strangers of the world together hit one of them with a probability of
1 to 12,800 in an hour.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.authn.throttle import Counter, Full, admit, networks, take_back
from gatelodge.clock import Clock, Entropy
from gatelodge.database.tx import Database, Tx
from gatelodge.stores import tickets
from gatelodge.stores.tickets import Ticket

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; no digits, so nothing looks like another (RFC 8628 6.1)
LENGTH = 8
_DRAWS = 8  # a free code is found at the first, unless most are in use


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """How many wrong codes are looked up in a `window` of seconds: of one person, of one network, of all strangers."""

    person: int = 5
    network: int = 50
    everywhere: int = 2_000
    window: int = 3_600


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who types: the address they are at, and who is signed in there, if anybody is."""

    address: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code as it is kept in mind, and the ticket it leads to."""

    code: str
    ticket: Ticket

    @property
    def shown(self) -> str:
        """As people read it, in two halves."""
        return shown_code(self.code)


class TypedCodes:
    """Draws codes and finds what they lead to. What is kept of them is under `key`: 34 bits are soon tried out."""

    def __init__(
        self, db: Database, clock: Clock, entropy: Entropy, key: bytes, limits: GuessLimits = GuessLimits()
    ) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy
        self._key = key
        self._limits = limits

    async def put(self, kind: str, secret_digest: bytes, payload: str, expires_at: int) -> TypedCode:
        """Keep a ticket with a code that no other has. Raises `RuntimeError` if there is none left."""
        for _ in range(_DRAWS):
            code = self._draw()
            kept = (kind, secret_digest, self._digest(kind, code), payload, expires_at)
            row_id = await self._db.write(tickets.put_typed, *kept)
            if row_id is not None:
                return TypedCode(code, Ticket(row_id, kind, expires_at, None, payload))
        raise RuntimeError("no code is free")

    async def guess(self, kind: str, typed: str, who: Guesser) -> TypedCode | Full | None:
        """Return what a code leads to that somebody typed; `None` if to nothing, `Full` if they guessed too often.

        What cannot be a code is neither counted nor looked up.
        """
        code = read_code(typed)
        if code is None:
            return None
        counters = self._counters(kind, who)
        full = await self._db.write(admit, counters, self._limits.window, self._clock.now())
        if full is not None:
            return full
        found = await self.find(kind, code)
        if found is not None:
            await self._db.write(take_back, counters)
        return found

    async def find(self, kind: str, code: str) -> TypedCode | None:
        """Return what a code leads to that was guessed right before, out of a record of the server's own."""
        return await self._db.read(self.find_in, kind, code, self._clock.now())

    async def find_in(self, tx: Tx, kind: str, code: str, now: int) -> TypedCode | None:
        """Return the same within a transaction, which may then change what the ticket says: `tickets.change`."""
        found = await tickets.find_typed(tx, kind, self._digest(kind, code), now)
        return found and TypedCode(code, found)

    def _draw(self) -> str:
        number = int.from_bytes(self._entropy.bytes(16))  # so many bits more that every code is as likely
        return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(LENGTH))

    def _counters(self, kind: str, who: Guesser) -> Sequence[Counter]:
        if who.user_id is not None:
            return (Counter("person", self._mac("person", kind, str(who.user_id)), self._limits.person),)
        return (
            *(
                Counter("address", self._mac("address", kind, network), self._limits.network * share)
                for network, share in networks(who.address)
            ),
            Counter("everywhere", self._mac("everywhere", kind), self._limits.everywhere),
        )

    def _digest(self, kind: str, code: str) -> bytes:
        return self._mac("code", kind, code)

    def _mac(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256")


def shown_code(code: str) -> str:
    """Return a code as people read it, in two halves."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_code(typed: str) -> str | None:
    """Return the code that was meant, whatever its case and whatever stands between its letters; `None` if none was."""
    code = "".join(letter for letter in typed[: 4 * LENGTH].upper() if letter.isalnum())
    return code if len(code) == LENGTH and all(letter in LETTERS for letter in code) else None
