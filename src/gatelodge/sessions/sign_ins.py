"""Half-finished sign-ins: what somebody has proven so far, kept as a ticket until it is enough.

A half-finished sign-in is never a session: nothing looks at it but the pages of the ways to sign in, and its end alone
makes a session. It is bound to the browser it began in and to what it is for, so it can be finished nowhere else and
for nothing else (ASVS 2.3.1). Each step spends the handle of the one before. A password that was set meanwhile, an
account that was disabled, and whoever ends all that the person holds, void it.
"""

from dataclasses import dataclass, replace

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES, same
from gatelodge.protocol.assurance import Levels
from gatelodge.protocol.proof import Proof
from gatelodge.sessions.browser import BrowserId, Spends
from gatelodge.stores import credentials, tickets, users
from gatelodge.stores.users import HeldAccount

KIND = "sign_in"
PARAMETER = "sign_in"  # of the URLs that a handle travels in
LIFETIME = 600  # seconds from the first proof to the last


def purpose_of(handle: str) -> str:
    """Return what a sign-in is for that an interaction waits for."""
    return f"login {handle}"


@dataclass(frozen=True, slots=True)
class HalfSignIn:
    """A sign-in that began: `proofs` are of one person, the newest last, and are to reach what is `wanted`.

       `handle` travels in the URL.
    Only the browser it began in gets one, and only for the same `purpose`.
    """

    handle: str
    proofs: tuple[Proof, ...]
    purpose: str
    wanted: Levels
    browser: str
    endings: int
    until: int

    @property
    def user_id(self) -> int:
        return self.proofs[-1].user_id

    @property
    def sub(self) -> str:
        return self.proofs[-1].sub

    @property
    def password_hash(self) -> str | None:
        """Of the password that was proven, if one was."""
        return next((proof.password_hash for proof in self.proofs if proof.password_hash is not None), None)

    @property
    def is_of_session(self) -> bool:
        """Whether nothing was proven yet but what a session began with."""
        return all(proof.session_id for proof in self.proofs)


class _Record(Struct, frozen=True):
    browser: str
    locked: bytes  # a `_Progress`


class _Progress(Struct, frozen=True):
    proofs: tuple[Proof, ...]
    purpose: str
    wanted: Levels
    endings: int
    until: int


class SignIns:
    """Keeps sign-ins on their way. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy

    async def begin(self, browser: BrowserId, purpose: str, wanted: Levels, proof: Proof) -> HalfSignIn | None:
        """Keep the first proof; `None` if it became void meanwhile."""
        secret, until = self._entropy.bytes(SECRET_BYTES), self._clock.now() + LIFETIME
        first = HalfSignIn("", (proof,), purpose, wanted, browser.digest, 0, until)
        return await self._db.write(self._begin, first, secret)

    async def find(self, handle: str, browser: BrowserId, purpose: str) -> HalfSignIn | None:
        """Return how far a sign-in has come; `None` if it is over or void, another browser's or for something else.

        So nothing can be set up in one whose password was changed meanwhile.
        """
        value = self._mint.take_apart(handle)
        if value is None:
            return None
        digest, now = self._mint.digest(KIND, value.secret), self._clock.now()
        ticket = await self._db.at(place_of(value.row_id)).read(tickets.peek, KIND, value.row_id, digest, now)
        record = ticket and decode(ticket.payload, type=_Record)
        if record is None or browser.called(record.browser) is None:
            return None
        opened = unlock(self._mint.digest(f"{KIND} key", value.secret), record.locked)
        progress = opened and decode(opened, type=_Progress)
        if not progress or not same(progress.purpose.encode(), purpose.encode()):
            return None
        so_far = (progress.proofs, purpose, progress.wanted)
        half = HalfSignIn(handle, *so_far, record.browser, progress.endings, progress.until)
        return half if await self._db.at(place_of(half.user_id)).read(_stands, half) else None

    async def advance(self, half: HalfSignIn, proof: Proof) -> HalfSignIn | None:
        """Add a proof; `None` if the sign-in is over, or became void. Raises `ValueError` if it is of somebody else."""
        if proof.user_id != half.user_id:
            raise ValueError("these proofs are of two persons")
        further = replace(half, proofs=(*half.proofs, proof))
        return await self._db.write(self._advance, half, further, self._entropy.bytes(SECRET_BYTES))

    def spending(self, half: HalfSignIn) -> Spends:
        """Return what spends it, in the transaction that begins the session; `False` if it is over or void."""

        async def spends(tx: Tx, held: HeldAccount, now: int) -> bool:
            return held.endings == half.endings and await self._take(tx, half, now)

        return spends

    async def _begin(self, tx: Tx, first: HalfSignIn, secret: bytes) -> HalfSignIn | None:
        held = await _hold(tx, first)
        return None if held is None else await self._put(tx, replace(first, endings=held.endings), secret)

    async def _advance(self, tx: Tx, half: HalfSignIn, further: HalfSignIn, secret: bytes) -> HalfSignIn | None:
        held = await _hold(tx, further)
        if held is None or held.endings != half.endings or not await self._take(tx, half, self._clock.now()):
            return None
        return await self._put(tx, further, secret)

    async def _take(self, tx: Tx, half: HalfSignIn, now: int) -> bool:
        value = self._mint.take_apart(half.handle)
        if value is None:
            return False
        return await tickets.take(tx, KIND, value.row_id, self._mint.digest(KIND, value.secret), now) is not None

    async def _put(self, tx: Tx, half: HalfSignIn, secret: bytes) -> HalfSignIn:
        key, digest = self._mint.digest(f"{KIND} key", secret), self._mint.digest(KIND, secret)
        locked = lock(key, encode(_Progress(half.proofs, half.purpose, half.wanted, half.endings, half.until)))
        record = encode(_Record(half.browser, locked)).decode()
        row_id = await tickets.put(tx, KIND, digest, record, half.until, half.user_id)
        return replace(half, handle=self._mint.compose(row_id, secret))


async def _stands(tx: Tx, half: HalfSignIn) -> bool:
    """Return whether what was proven still counts."""
    is_there = await users.stands(tx, half.user_id, half.endings)
    return is_there and not await credentials.is_void(tx, half.user_id, half.password_hash)


async def _hold(tx: Tx, half: HalfSignIn) -> HeldAccount | None:
    """Hold the account of a sign-in; `None` if what was proven of it became void."""
    held = await users.hold(tx, half.user_id)
    return None if held is None or await credentials.is_void(tx, half.user_id, half.password_hash) else held
