"""Browsers: telling one from another, and knowing who is signed in there.

A browser is named by a random value that no row is kept for; interactions and forms are bound to it. A session is a
row, and its cookie holds the row's id and a secret of which the row keeps the digest. Every sign-in makes a new value
of our own: a planted value is never adopted, an old one is dead (ASVS 7.2.4). The session of the same person goes on,
since applications know it by its `sid`; that of another one ends.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from gatelodge.authn.contract import SignInRefused
from gatelodge.authn.known import KnownBrowsers
from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import SessionPolicy
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES, b64, same, unb64
from gatelodge.mail.letters import Letters
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions import cookies, leaving
from gatelodge.sessions.cookies import Incoming
from gatelodge.sessions.device import device_of
from gatelodge.sessions.several import NamedSession, Reminted, Several
from gatelodge.sessions.stopping import SIGN_IN, stop_recovery
from gatelodge.stores import audit, credentials, endings, sessions, users, vouched
from gatelodge.stores.consents import Consent
from gatelodge.stores.sessions import NewSession, SessionRow
from gatelodge.stores.users import HeldAccount
from gatelodge.stores.visits import SessionVisit
from gatelodge.telemetry import events
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Origin

_BROWSER_BYTES = 24
_SID_BYTES = 16
_NOTED_EVERY = 60  # seconds: a session in use is written to no more often


@dataclass(frozen=True, slots=True)
class BrowserId:
    """One browser. `secret` is its cookie's value; `cookies` are to be set, and empty if it came with the request.

    `others` are further names it answers to, since several of its tabs were here for the first time at once, and
    `posted` those it was given by requests that were posted from another site and came without any.
    """

    secret: str = field(repr=False)
    cookies: tuple[Cookie, ...]
    others: tuple[str, ...] = field(default=(), repr=False)
    posted: tuple[str, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """What an interaction keeps of it."""
        return sha256(b"browser" + self.secret.encode()).hexdigest()

    @property
    def is_new(self) -> bool:
        """Whether it brought no name."""
        return bool(self.cookies)

    def called(self, digest: str) -> "BrowserId | None":
        """Return this browser by the one of its names that has this digest, or `None` if none has."""
        for secret in (self.secret, *self.others, *self.posted):
            one = BrowserId(secret, ())
            if same(one.digest.encode(), digest.encode()):
                return one
        return None


class Parting(NamedTuple):
    """What is left of sessions: the cookies that delete their values, and which applications had been told of them."""

    cookies: tuple[Cookie, ...]
    visits: Sequence[SessionVisit]


Spends = Callable[[Tx, HeldAccount, int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A session about to begin in a browser that had `old`, if it had one, and where `waiting` ones wait.

    `parked` is what the old one is named by from now on, if somebody else's begins.
    """

    new: NewSession
    proven: AuthnEvent
    old: NamedSession | None
    waiting: Sequence[NamedSession]
    parked: Reminted | None
    spends: Spends | None
    origin: Origin
    most: int
    letters: Letters


class Browsers:
    """Signs people in and out of browsers, and says who is there. `mint` is the instance's."""

    def __init__(
        self,
        db: Database,
        mint: Mint,
        known: KnownBrowsers,
        clock: Clock,
        entropy: Entropy,
        policy: SessionPolicy,
        letters: Letters,
    ) -> None:
        self._db = db
        self._mint = mint
        self._known = known
        self._clock = clock
        self._entropy = entropy
        self._policy = policy
        self._letters = letters
        self.several = Several(db, mint, clock, entropy, policy)

    def identify(self, request: Incoming) -> BrowserId:
        """Return which browser this is; one that cannot say gets a name, to be set with the answer."""
        posted = _secrets(cookies.POSTED, request)
        match _secrets(cookies.BROWSER, request):
            case (secret, *others):
                return BrowserId(secret, (), tuple(others), posted)
            case _:
                secret = b64(self._entropy.bytes(_BROWSER_BYTES))
                return BrowserId(secret, (cookies.browser(secret),), (), posted)

    def posting(self) -> BrowserId:
        """Return a name for a browser that may have one, and could not say it with a request from another site."""
        secret = b64(self._entropy.bytes(_BROWSER_BYTES))
        return BrowserId(secret, (cookies.posted(secret),))

    def brings_nothing(self, request: Incoming) -> bool:
        """Whether a request came without any cookie of ours: the browser is new, or withheld them (`SameSite=Lax`)."""
        return self.identify(request).is_new and cookies.SESSION not in request.cookies

    async def signed_in(self, request: Incoming) -> SignedInPerson | None:
        """Return who is signed in here, or `None`: also if they signed out, was disabled, or the session is too old."""
        presented = self._presented(request)
        if presented is None:
            return None
        there = self._db.at(place_of(presented.row_id))
        row = await there.read(sessions.find, presented.row_id, presented.digest, self._clock.now())
        return None if row is None else await self._in_use(row)

    async def standing(self, request: Incoming, client_id: str) -> tuple[SignedInPerson | None, Consent | None]:
        """Return who is signed in here and what they allowed this client before, in one read."""
        presented = self._presented(request)
        if presented is None:
            return None, None
        there = self._db.at(place_of(presented.row_id))
        found = await there.read(
            sessions.find_with_consent, presented.row_id, presented.digest, client_id, self._clock.now()
        )
        if found is None:
            return None, None
        return await self._in_use(found.session, visited=found.visited), found.consent

    async def sign_in(
        self, request: Incoming, proven: AuthnEvent, spends: Spends | None = None
    ) -> tuple[SignedInPerson, tuple[Cookie, ...]]:
        """Sign a person in, who just proved who they are, and return them with the cookies to set.

        If somebody else was, their account waits beside it (`several.py`). The browser is known to the account from now
        on. `spends` takes what the sign-in was kept in on its way, in the same transaction. Raises `SignInRefused` if
        the proof became void meanwhile, or was spent.
        """
        now, secret = self._clock.now(), self._entropy.bytes(SECRET_BYTES)
        new = self._new(request, proven, secret, now)
        old, several = self._presented(request), self.several
        parked = several.remint(cookies.OTHERS, old.row_id) if old else None
        named = {value: several.presented(cookies.OTHERS, value) for value in several.values(request)}
        waiting = [one for one in named.values() if one is not None]
        most, told = self._policy.most, self._letters
        beginning = _Beginning(new, proven, old, waiting, parked, spends, request.origin, most, told)
        begun = await self._db.write(_begin, beginning, now)
        if begun is None:
            raise SignInRefused
        row_id, event = begun.row_id, begun.event
        emit(event, request.origin)
        if begun.stopped is not None:
            emit(begun.stopped, request.origin)
        left = [value for value, one in named.items() if one is not None and one.row_id != row_id]
        others = [parked.value, *left] if begun.parked and parked else left
        person = SignedInPerson(proven.user_id, proven.sub, row_id, event.sid, proven.auth_time, proven.amr, proven.acr)
        remembered = self._known.remember(request.cookies.get(cookies.KNOWN), proven.user_id)
        return person, (
            cookies.session(self._mint.compose(row_id, secret), self._policy.lifetime),
            cookies.known(remembered),
            *((await several.keep(request, others),) if cookies.OTHERS in request.cookies or others else ()),
        )

    async def sign_out(self, request: Incoming) -> Parting:
        """End the session of this browser, if there is one, and those of all accounts that wait in it."""
        presented, visits = self._presented(request), ()
        if presented is not None:
            there = self._db.at(place_of(presented.row_id))
            event, visits = await there.write(leaving.end, presented, request.origin, self._clock.now())
            if event is not None:
                emit(event, request.origin)
        if cookies.OTHERS not in request.cookies:
            return Parting((cookies.no_session(),), tuple(visits))
        sids = [one.session.sid for one in await self.several.waiting(request)]
        _, told = await self.several.end(request, sids)
        return Parting((cookies.no_session(), self.several.cookie(())), (*visits, *told))

    def _new(self, request: Incoming, proven: AuthnEvent, secret: bytes, now: int) -> NewSession:
        device = device_of(request.headers.get("user-agent", ""))
        return NewSession(
            digest=self._mint.digest(cookies.SESSION, secret),
            sub=proven.sub,
            sid=b64(self._entropy.bytes(_SID_BYTES)),
            auth_time=proven.auth_time,
            amr=tuple(proven.amr.split()),
            acr=proven.acr,
            expires_at=self._expiry(now, now),
            address=request.origin.address,
            browser=device.browser,
            system=device.system,
        )

    def _presented(self, request: Incoming) -> NamedSession | None:
        value = self._mint.take_apart(request.cookies.get(cookies.SESSION, ""))
        return value and NamedSession(value.row_id, self._mint.digest(cookies.SESSION, value.secret))

    async def _in_use(self, row: SessionRow, *, visited: bool = False) -> SignedInPerson | None:
        now = self._clock.now()
        if now - row.seen_at >= _NOTED_EVERY:
            expires_at = self._expiry(row.created_at, now)
            if not await self._db.at(place_of(row.id)).write(sessions.touch, row.id, now, expires_at):
                return None
        amr = " ".join(row.amr)
        return SignedInPerson(row.user_id, row.sub, row.id, row.sid, row.auth_time, amr, row.acr, visited)

    def _expiry(self, created_at: int, now: int) -> int:
        return min(now + self._policy.idle_lifetime, created_at + self._policy.lifetime)


def _secrets(kind: str, request: Incoming) -> tuple[str, ...]:
    return tuple(value for value in cookies.values(kind, request) if len(unb64(value) or b"") == _BROWSER_BYTES)


class _Begun(NamedTuple):
    """The row of a session that began or went on, what happened, whether the one before waits now, and if a delayed
    recovery was stopped by it, that."""

    row_id: int
    event: events.SignedIn
    parked: bool
    stopped: events.RecoveryStopped | None


async def _begin(tx: Tx, begun: _Beginning, now: int) -> _Begun | None:
    """Keep a session; `None` if what was proven became void or was spent."""
    proven, old, new = begun.proven, begun.old, begun.new
    held = await users.hold(tx, proven.user_id)
    if held is None or await credentials.is_void(tx, proven.user_id, proven.password_hash):
        return None
    if proven.session_id not in (0, old.row_id if old else 0):
        return None
    if begun.spends is not None and not await begun.spends(tx, held, now):
        return None
    mine = [one for one in (old, *begun.waiting) if one and place_of(one.row_id) == place_of(proven.user_id)]
    goes_on = await _go_on(tx, held, mine, new, now)
    if proven.session_id and goes_on is None:
        return None
    row_id, sid = goes_on or (0, new.sid)
    event = events.SignedIn(user_id=proven.user_id, amr=proven.amr, sid=sid)
    await audit.record(tx, event, begun.origin, now)
    stopped = await stop_recovery(tx, proven.user_id, SIGN_IN, begun.letters, begun.origin, now)
    parked = False
    if old is not None and begun.parked is not None and old.row_id != row_id:
        parked = await sessions.rename(tx, old.row_id, old.digest, begun.parked.digest, now)
    if goes_on is None:
        row_id = await sessions.add(tx, held, new, now)
        if surplus := await sessions.surplus(tx, proven.user_id, begun.most, now):
            await endings.end_sessions(tx, proven.user_id, surplus.__contains__, now)
    await vouched.note(tx, row_id, proven.voucher)
    return _Begun(row_id, event, parked, stopped)


async def _go_on(
    tx: Tx, held: HeldAccount, mine: Sequence[NamedSession], new: NewSession, now: int
) -> tuple[int, str] | None:
    """Return the row id and `sid` of the session that goes on as the new one, `None` if their person has none here."""
    for one in mine:
        if (found := await sessions.renew(tx, held, one.row_id, one.digest, new, now)) is not None:
            return found
    return None
