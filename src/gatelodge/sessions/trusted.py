"""Trusting a browser: for a while it stands for the second factor that its person proved there.

It stands for that factor and nothing else: no level of assurance is reached by it, so a client that demands two factors
gets two. Its cookie is bound to the person, and worth nothing for anybody else (ACC-21). Whatever ends all that they
hold, a new password above all, ends it, too.
"""

from dataclasses import dataclass

from gatelodge.clock import Clock, Entropy
from gatelodge.config.setting import DAY
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions import cookies
from gatelodge.sessions.cookies import Incoming
from gatelodge.sessions.device import device_of
from gatelodge.stores import audit, trusted_browsers
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import BrowserTrusted, Origin

_KIND = "trusted browser"


@dataclass(frozen=True, slots=True)
class TrustedBrowsers:
    """Trusts browsers for `days`; with 0, none, and none that was trusted before."""

    db: Database
    mint: Mint
    clock: Clock
    entropy: Entropy
    days: int

    async def knows(self, request: Incoming, user_id: int) -> bool:
        """Whether this browser stands for this person's second factor."""
        value = self.mint.take_apart(request.cookies.get(self._cookie(user_id), ""))
        if value is None or not self.days:
            return False
        digest, now = self.mint.digest(_KIND, value.secret), self.clock.now()
        there = self.db.at(place_of(user_id))
        return await there.read(trusted_browsers.is_trusted, value.row_id, user_id, digest, now)

    async def trust(self, request: Incoming, user_id: int) -> tuple[Cookie, ...]:
        """Trust this browser from now on: this person just proved a second factor here. Return the cookies to set."""
        if not self.days:
            return ()
        secret, now, lifetime = self.entropy.bytes(SECRET_BYTES), self.clock.now(), self.days * DAY
        device = device_of(request.headers.get("user-agent", ""))
        told = (device.browser, device.system, request.origin.address)
        digest, until = self.mint.digest(_KIND, secret), now + lifetime
        event = BrowserTrusted(user_id=user_id)
        new = (user_id, digest, now, until, told)
        row_id = await self.db.at(place_of(user_id)).write(_trust, new, event, request.origin)
        emit(event, request.origin)
        return (Cookie(self._cookie(user_id), self.mint.compose(row_id, secret), lifetime),)

    def _cookie(self, user_id: int) -> str:
        """Return the name of a person's cookie: several people may use one browser, and it names none of them."""
        return f"{cookies.TRUSTED}-{self.mint.digest('trusted browser of', user_id.to_bytes(8)).hex()[:16]}"


async def _trust(
    tx: Tx, new: tuple[int, bytes, int, int, tuple[str, str, str]], event: BrowserTrusted, origin: Origin
) -> int:
    await audit.record(tx, event, origin, new[2])
    return await trusted_browsers.add(tx, *new)
