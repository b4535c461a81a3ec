"""Forms that wait until their person has proved who they are once more, so that nothing they typed is lost.

What was sent is kept as a ticket, locked with the secret of the handle that finds it, for one person in one browser.
Nothing of it is done by coming back: the person presses the button, and the page's own form is sent as ever.
"""

from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.clock import Clock, Entropy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.params import Params
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId
from gatelodge.stores import tickets

KIND = "held_form"
LIFETIME = 900  # seconds a person has to sign in again
_MOST = 16_384  # bytes


@dataclass(frozen=True, slots=True)
class HeldForm:
    """What somebody sent to the page of this name, for which they first had to prove who they are."""

    page: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)


class _Record(Struct, frozen=True):
    browser: str
    locked: bytes  # a `_Said`


class _Said(Struct, frozen=True):
    sub: str
    page: str
    fields: tuple[tuple[str, str], ...]


class HeldForms:
    """Holds forms. `mint` is the instance's."""

    def __init__(self, db: Database, mint: Mint, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._mint = mint
        self._clock = clock
        self._entropy = entropy

    async def hold(self, page: str, form: Params, browser: BrowserId, user_id: int, sub: str) -> str | None:
        """Keep what was sent and return its handle; `None` if it is more than a form of ours can hold."""
        said = encode(_Said(sub, page, tuple((name, value) for name, value in form if name != csrf.FIELD)))
        if len(said) > _MOST:
            return None
        secret = self._entropy.bytes(SECRET_BYTES)
        record = encode(_Record(browser.digest, lock(self._mint.digest(f"{KIND} key", secret), said))).decode()
        kept = (KIND, self._mint.digest(KIND, secret), record, self._clock.now() + LIFETIME, user_id)
        return self._mint.compose(await self._db.at(place_of(user_id)).write(tickets.put, *kept), secret)

    async def find(self, handle: str, browser: BrowserId, sub: str) -> HeldForm | None:
        """Return what was kept; `None` if it is unknown, over, another browser's or another person's."""
        value = self._mint.take_apart(handle)
        if value is None:
            return None
        where = (KIND, value.row_id, self._mint.digest(KIND, value.secret), self._clock.now())
        ticket = await self._db.at(place_of(value.row_id)).read(tickets.peek, *where)
        record = ticket and decode(ticket.payload, type=_Record)
        if record is None or browser.called(record.browser) is None:
            return None
        opened = unlock(self._mint.digest(f"{KIND} key", value.secret), record.locked)
        said = opened and decode(opened, type=_Said)
        return HeldForm(said.page, said.fields) if said and said.sub == sub else None
