"""Links that letters carry: each is good once, for one purpose, until a newer one for the same is sent.

A link is bound to the browser that asked for it. In any other one, who follows it types the short code that the first
browser showed, so whoever reads a letter that somebody else had sent can do nothing with it, and neither can a program
that follows every link (nothing ever happens by looking). What a link says is locked with its own secret: who has the
database alone can neither read it nor make one.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, RunAgain, Tx
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.sessions.browser import BrowserId
from gatelodge.stores import throttle, tickets

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words; no digits, so nothing looks like another (RFC 8628 6.1)
LENGTH = 6  # of a code: 64,000,000 of them, of which a link takes `TRIES`
TRIES = 5  # wrong codes

Said = dict[str, str | int]


class LinkOver(Exception):
    """A link is unknown, used, expired, or a newer one was sent: all look alike."""


class WrongCode(Exception):
    """A link was followed in another browser than asked for it, and the code typed there is not the one shown."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that is not kept yet: drawn before the transaction that keeps it. Without a `browser` it needs no code."""

    secret: bytes = field(repr=False)
    code: str = field(repr=False)
    browser: str = ""

    @property
    def cause(self) -> str:
        """What tells this link from all others, and is no part of it."""
        return sha256(self.secret).hexdigest()[:24]

    @property
    def shown(self) -> str:
        """The code as people read it, in two halves."""
        return f"{self.code[: LENGTH // 2]}-{self.code[LENGTH // 2 :]}"


@dataclass(frozen=True, slots=True)
class MailedLink:
    """A link that was followed and is good; `said` is what was kept with it. Only `MailedLinks.find` makes one.

    `elsewhere` says that it was asked for in another browser, so that a code must be typed.
    """

    purpose: str
    handle: str = field(repr=False)
    said: Said = field(repr=False)
    elsewhere: bool
    expires_at: int


class _Record(Struct, frozen=True):
    browser: str
    code: bytes
    locked: bytes


class MailedLinks:
    """Makes, finds and spends links. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, entropy: Entropy) -> None:
        self._db = db
        self._mint = mint
        self._entropy = entropy

    def draw(self, browser: BrowserId | None = None) -> NewLink:
        """Return a new link, for the browser that asks, or for any."""
        number = int.from_bytes(self._entropy.bytes(16))
        code = "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(LENGTH))
        return NewLink(self._entropy.bytes(SECRET_BYTES), code, "" if browser is None else browser.digest)

    async def put(
        self, tx: Tx, new: NewLink, purpose: str, slot: str, said: Mapping[str, str | int], expires_at: int, now: int
    ) -> str:
        """Keep a link and return its handle; older ones for this purpose and `slot` are over."""
        kind = _kind(purpose)
        locked = lock(self._mint.digest(f"{kind} key", new.secret), encode(said))
        record = encode(_Record(new.browser, self._code_digest(new.secret, new.code), locked)).decode()
        where = self._slot(purpose, slot)
        await tickets.end_typed(tx, kind, where, now)
        row_id = await tickets.put_typed(tx, kind, self._mint.digest(kind, new.secret), where, record, expires_at)
        if row_id is None:  # somebody asked for the same just now, in a transaction beside this one
            raise RunAgain
        return self._mint.compose(row_id, new.secret)

    async def end(self, tx: Tx, purpose: str, slot: str, now: int) -> bool:
        """End the link for this purpose and slot; whether there was one."""
        return await tickets.end_typed(tx, _kind(purpose), self._slot(purpose, slot), now)

    async def find(self, purpose: str, handle: str, browser: BrowserId, now: int) -> MailedLink:
        """Return a link that was followed. Raises `LinkOver`."""
        value, kind = self._mint.take_apart(handle), _kind(purpose)
        if value is None:
            raise LinkOver
        digest = self._mint.digest(kind, value.secret)
        ticket = await self._db.at(place_of(value.row_id)).read(tickets.peek, kind, value.row_id, digest, now)
        record = ticket and decode(ticket.payload, type=_Record)
        said = record and unlock(self._mint.digest(f"{kind} key", value.secret), record.locked)
        if ticket is None or record is None or said is None:
            raise LinkOver
        elsewhere = bool(record.browser) and browser.called(record.browser) is None
        return MailedLink(purpose, handle, decode(said, type=Said), elsewhere, ticket.expires_at)

    async def check_code(self, link: MailedLink, typed: str, now: int) -> None:
        """Pass the code that belongs to a link. Raises `WrongCode`, and `LinkOver` at the last wrong one."""
        if link.elsewhere:
            await self._db.write(self._count, link, now)
            if not await self._db.read(self._is_code, link, _meant(typed), now):
                raise WrongCode

    async def take(self, tx: Tx, link: MailedLink, now: int) -> None:
        """Spend a link. Raises `LinkOver` if it was spent meanwhile."""
        value, kind = self._mint.take_apart(link.handle), _kind(link.purpose)
        if value is None or not await tickets.take(tx, kind, value.row_id, self._mint.digest(kind, value.secret), now):
            raise LinkOver

    async def _count(self, tx: Tx, link: MailedLink, now: int) -> None:
        """Count a code before it is compared: parallel ones are all counted."""
        bucket = self._mint.digest("link tries", link.handle.encode())
        if await throttle.raise_count(tx, bucket, now, max(1, link.expires_at - now)) > TRIES:
            raise LinkOver

    async def _is_code(self, tx: Tx, link: MailedLink, code: str, now: int) -> bool:
        value, kind = self._mint.take_apart(link.handle), _kind(link.purpose)
        if value is None:
            return False
        ticket = await tickets.peek(tx, kind, value.row_id, self._mint.digest(kind, value.secret), now)
        if ticket is None:
            return False
        right = decode(ticket.payload, type=_Record).code
        return hmac.compare_digest(right, self._code_digest(value.secret, code))

    def _code_digest(self, secret: bytes, code: str) -> bytes:
        return self._mint.digest("link code", secret + code.encode())

    def _slot(self, purpose: str, slot: str) -> bytes:
        return self._mint.digest(f"{_kind(purpose)} slot", slot.encode())


def _kind(purpose: str) -> str:
    return f"link_{purpose}"


def _meant(typed: str) -> str:
    return "".join(letter for letter in typed[: 4 * LENGTH].upper() if letter in LETTERS)
