"""What a person does with their second factors. Each function is one transaction body with its audit events, which it
returns, and the letter that tells its person.

Whoever calls has made sure who it is and that they proved it just now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.database.tx import RunAgain, Tx
from gatelodge.mail.catalogue import (
    Letter,
    RecoveryCodesMadeLetter,
    RecoveryCodeUsedLetter,
    SecondStepAddedLetter,
    SecondStepClosedLetter,
    SecondStepRemovedLetter,
)
from gatelodge.mail.letters import Letters
from gatelodge.stores import audit, authenticators, passkeys, recovery_codes, trusted_browsers, users
from gatelodge.stores.users import HeldAccount
from gatelodge.telemetry.events import (
    BrowserDistrusted,
    Event,
    FactorAdded,
    FactorClosed,
    FactorOpened,
    FactorRemoved,
    Origin,
    RecoveryCodesMade,
    RecoveryCodeUsed,
)

TOTP, CODES = "totp", "recovery_codes"

Events = tuple[Event, ...]


class FactorRefused(Exception):
    """Nothing was changed: they have one already, have none, or may not sign in any more."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an act is told with: by which `letters`, where it was asked for, and when (seconds since 1970).

    `endings` is how often all that its person holds had ended when they were found: what came by a session or a token
    that ended meanwhile gives them nothing. `None` if that cannot be, as within a sign-in that is kept afterwards.
    """

    letters: Letters
    origin: Origin
    now: int
    endings: int | None = None


async def hold(tx: Tx, user_id: int, on: Occasion) -> HeldAccount | None:
    """Hold the account that an act gives something to; `None` if it is kept out, or all ended since it was asked."""
    held = await users.hold(tx, user_id)
    return None if held is None or on.endings not in (None, held.endings) else held


async def settle(tx: Tx, held: HeldAccount) -> None:
    """Make sure that what was given stands, also beside a body of the same transaction. Raises `RunAgain`."""
    if not await users.stands(tx, held.user_id, held.endings):
        raise RunAgain


async def add_authenticator(
    tx: Tx, user_id: int, sealed: str, step: int, codes: Sequence[bytes], on: Occasion
) -> Events:
    """Give a person an authenticator app, with recovery codes if there are any. Raises `FactorRefused`."""
    held = await hold(tx, user_id, on)
    if held is None or not await authenticators.add(tx, user_id, sealed, step, on.now):
        raise FactorRefused
    events: Events = (FactorAdded(user_id=user_id, kind=TOTP),)
    if codes:
        await recovery_codes.replace(tx, user_id, codes, on.now)
        events += (RecoveryCodesMade(user_id=user_id),)
    await settle(tx, held)
    return await _told(tx, user_id, events, SecondStepAddedLetter(at=on.now), on)


async def remove_authenticator(tx: Tx, user_id: int, on: Occasion) -> Events:
    """Take it away, with what only stood for it. Raises `FactorRefused`."""
    await users.claim(tx, user_id)
    if not await authenticators.remove(tx, user_id):
        raise FactorRefused
    events: Events = (FactorRemoved(user_id=user_id, kind=TOTP),)
    await trusted_browsers.remove_all(tx, user_id)
    if not await passkeys.list_of_user(tx, user_id) and await recovery_codes.remove(tx, user_id):
        events += (FactorRemoved(user_id=user_id, kind=CODES),)
    return await _told(tx, user_id, events, SecondStepRemovedLetter(at=on.now), on)


async def close_authenticator(tx: Tx, user_id: int, on: Occasion) -> Events:
    """Take no code any more after too many wrong ones."""
    if not await authenticators.close(tx, user_id, on.now):
        return ()
    events: Events = (FactorClosed(user_id=user_id, kind=TOTP),)
    return await _told(tx, user_id, events, SecondStepClosedLetter(at=on.now), on)


async def open_authenticator(tx: Tx, user_id: int, on: Occasion) -> Events:
    """Take codes again of an authenticator app that was closed, since another factor proved who it is."""
    if not await authenticators.open_again(tx, user_id):
        return ()
    return await _told(tx, user_id, (FactorOpened(user_id=user_id, kind=TOTP),), None, on)


async def make_codes(tx: Tx, user_id: int, codes: Sequence[bytes], on: Occasion) -> Events:
    """Give a person new recovery codes in place of those they have. Raises `FactorRefused`."""
    held = await hold(tx, user_id, on)
    if held is None:
        raise FactorRefused
    await recovery_codes.replace(tx, user_id, codes, on.now)
    await settle(tx, held)
    return await _told(tx, user_id, (RecoveryCodesMade(user_id=user_id),), RecoveryCodesMadeLetter(at=on.now), on)


async def use_code(tx: Tx, user_id: int, digest: bytes, on: Occasion) -> Events:
    """Spend a recovery code, which opens what was closed; nothing is told if it is none."""
    if not await recovery_codes.spend(tx, user_id, digest, on.now):
        return ()
    left, _ = await recovery_codes.left(tx, user_id)
    used: Events = (RecoveryCodeUsed(user_id=user_id, left=left),)
    await _told(tx, user_id, used, RecoveryCodeUsedLetter(at=on.now, left=left), on)
    return used + await open_authenticator(tx, user_id, on)


async def distrust(tx: Tx, user_id: int, row_id: int | None, on: Occasion) -> Events:
    """Trust one browser of a person no more, or none. Raises `FactorRefused` if it is none of theirs."""
    if row_id is None:
        await trusted_browsers.remove_all(tx, user_id)
    elif not await trusted_browsers.remove(tx, user_id, row_id):
        raise FactorRefused
    return await _told(tx, user_id, (BrowserDistrusted(user_id=user_id),), None, on)


async def _told(tx: Tx, user_id: int, events: Events, letter: Letter | None, on: Occasion) -> Events:
    for event in events:
        await audit.record(tx, event, on.origin, on.now)
    user = await users.find(tx, user_id) if letter is not None else None
    if user is not None and letter is not None:
        await on.letters.tell(tx, user, letter, on.origin, on.now)
    return events
