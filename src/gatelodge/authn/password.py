"""Signing in with a password: the whole act, in the order in which it must happen.

A slot of the hashing pool is held first: a server that is too busy says so before it reads, counts or writes. Then one
transaction finds the account and counts the attempt, the password is checked outside of any, and one more transaction
keeps the outcome. Unknown, wrong and disabled take the same statements, the same hashing and the same answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, Self

from gatelodge.authn.contract import Equipment, SignInRefused, SignInVisit, Throttled, Way
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.throttle import Full, Guess, Throttle
from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.protocol import login_name
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.proof import KNOWN, Proof
from gatelodge.stores import audit, credentials, users
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, SignInFailed, SignInThrottled

AMR = ("pwd",)  # RFC 8176


@dataclass(frozen=True, slots=True)
class _Opened:
    """An attempt that was counted: the account it is about, if there is one, and whether a counter ended it."""

    user: UserRecord | None
    stored: str | None
    attempt: Guess
    full: Full | None


class PasswordSignIn(Way):
    """Checks passwords of accounts, counted by `throttle`, hashed in `passwords`."""

    name = "password"
    path = "/login"
    entry = "Sign in with a password"
    template = "password"

    def __init__(
        self, db: Database, clock: Clock, passwords: PasswordPool, throttle: Throttle, known: KnownBrowsers
    ) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self._known = known

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        on = equipment.on
        return (cls(on.db, on.clock, equipment.passwords, equipment.throttle, equipment.known),)

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        return {"username": (visit.form.get("username") or visit.hint)[: login_name.MAX_NAME]}

    async def prove(self, visit: SignInVisit) -> Proof:
        username, password = visit.form.get("username") or "", visit.form.get("password") or ""
        return await self.authenticate(username, password, visit.origin, visit.known)

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        return None if await credentials.password(tx, user_id) is None else self.factor

    async def authenticate(self, login: str, password: str, origin: Origin, known: str | None = None) -> Proof:
        """Return who proved that this user name or e-mail address and password are theirs.

        `known` is the value of the `KNOWN` cookie, if the attempt comes from a browser. Raises `SignInRefused`,
        `Throttled`, which is one, and `Unavailable`.
        """
        with self._passwords.slot() as slot:
            opened = await self._db.write(self._open, login, origin, known)
            if opened.full is not None:
                emit(_throttled(opened.full, opened.user), origin)
                raise Throttled(opened.full.retry_after)
            right = await slot.verify(opened.stored, password)
            if opened.user is None or not opened.user.enabled or not right:
                await self._refuse(opened, _reason(opened.user, right), origin)
            renewed = await slot.hash(password) if self._is_outdated(opened.stored) else None
        if not await self._db.write(self._accept, opened, renewed):
            await self._refuse(opened, "wrong", origin)
        who, at = opened.user, self._clock.now()
        return Proof(who.id, who.sub, self.name, at, AMR, KNOWN, password_hash=renewed or opened.stored)

    async def _open(self, tx: Tx, login: str, origin: Origin, known: str | None) -> _Opened:
        now, name = self._clock.now(), _canonical(login)
        user = await users.find_by_login(tx, name)
        user_id = 0 if user is None else user.id  # nobody's: asked for with the same statements
        stored = await credentials.password(tx, user_id)
        attempt = Guess(self.name, name, self._known.recognise(known, user_id), origin.address)
        full = await self._throttle.admit(tx, attempt, now)
        if full is not None and full.first:
            await audit.record(tx, _throttled(full, user), origin, now)
        return _Opened(user, stored, attempt, full)

    async def _accept(self, tx: Tx, opened: _Opened, renewed: str | None) -> bool:
        """Keep that the password was right; `False` if the person got another one while it was checked."""
        if opened.user is None or await credentials.is_void(tx, opened.user.id, opened.stored):
            return False
        await self._throttle.forgive(tx, opened.attempt, self._clock.now())
        if renewed is not None and opened.stored is not None:
            await credentials.replace_password(tx, opened.user.id, opened.stored, renewed, self._clock.now())
        return True

    def _is_outdated(self, stored: str | None) -> bool:
        return stored is not None and self._passwords.outdated(stored)

    async def _refuse(self, opened: _Opened, reason: str, origin: Origin) -> NoReturn:
        for event in await self._db.write(self._fail, opened, reason, origin):
            emit(event, origin)
        raise SignInRefused

    async def _fail(self, tx: Tx, opened: _Opened, reason: str, origin: Origin) -> tuple[Event, ...]:
        now, event = self._clock.now(), SignInFailed(user_id=_id(opened.user), reason=reason)
        await audit.record(tx, event, origin, now)
        told = await self._throttle.failed(tx, opened.attempt, opened.user, origin, now)
        return (event,) if told is None else (event, told)


def _canonical(login: str) -> str:
    try:
        return login_name.canonical(login)
    except ValueError:
        return ""  # nobody's name: refused in the same time as any other that is unknown


def _reason(user: UserRecord | None, right: bool) -> str:
    if user is None:
        return "unknown"
    return "wrong" if not right else "disabled"


def _throttled(full: Full, user: UserRecord | None) -> SignInThrottled:
    return SignInThrottled(user_id=_id(user), bucket=full.kind)


def _id(user: UserRecord | None) -> int | None:
    return None if user is None else user.id
