"""What a person does with their second factors. Each function is one transaction body with its audit events, which it
returns.

Whoever calls has made sure who it is and that they proved it just now.
"""

from collections.abc import Sequence

from gatelodge.database.tx import Tx
from gatelodge.stores import audit, authenticators, passkeys, recovery_codes, users
from gatelodge.telemetry.events import (
    Event,
    FactorAdded,
    FactorOpened,
    FactorRemoved,
    Origin,
    RecoveryCodesMade,
    RecoveryCodeUsed,
)

TOTP = "totp"


class FactorRefused(Exception):
    """Nothing was changed: they have one already, have none, or may not sign in any more."""


async def add_authenticator(
    tx: Tx, user_id: int, sealed: str, step: int, codes: Sequence[bytes], origin: Origin, now: int
) -> tuple[Event, ...]:
    """Give a person an authenticator app, with recovery codes if they have none. Raises `FactorRefused`."""
    if await users.hold(tx, user_id) is None or not await authenticators.add(tx, user_id, sealed, step, now):
        raise FactorRefused
    events: tuple[Event, ...] = (FactorAdded(user_id=user_id, kind=TOTP),)
    if codes:
        await recovery_codes.replace(tx, user_id, codes, now)
        events += (RecoveryCodesMade(user_id=user_id),)
    return await _recorded(tx, events, origin, now)


async def remove_authenticator(tx: Tx, user_id: int, origin: Origin, now: int) -> tuple[Event, ...]:
    """Take it away, with the recovery codes if nothing is left that they could stand for. Raises `FactorRefused`."""
    await users.claim(tx, user_id)
    if not await authenticators.remove(tx, user_id):
        raise FactorRefused
    events: tuple[Event, ...] = (FactorRemoved(user_id=user_id, kind=TOTP),)
    if not await passkeys.list_of_user(tx, user_id) and await recovery_codes.remove(tx, user_id):
        events += (FactorRemoved(user_id=user_id, kind="recovery_codes"),)
    return await _recorded(tx, events, origin, now)


async def make_codes(tx: Tx, user_id: int, codes: Sequence[bytes], origin: Origin, now: int) -> tuple[Event, ...]:
    """Give a person new recovery codes in place of those they have. Raises `FactorRefused`."""
    if await users.hold(tx, user_id) is None:
        raise FactorRefused
    await recovery_codes.replace(tx, user_id, codes, now)
    return await _recorded(tx, (RecoveryCodesMade(user_id=user_id),), origin, now)


async def use_code(tx: Tx, user_id: int, digest: bytes, origin: Origin, now: int) -> tuple[Event, ...] | None:
    """Spend a recovery code, which opens what was closed; `None` if it is none."""
    if not await recovery_codes.spend(tx, user_id, digest, now):
        return None
    left, _ = await recovery_codes.left(tx, user_id)
    used = await _recorded(tx, (RecoveryCodeUsed(user_id=user_id, left=left),), origin, now)
    return (*used, *await open_authenticator(tx, user_id, origin, now))


async def open_authenticator(tx: Tx, user_id: int, origin: Origin, now: int) -> tuple[Event, ...]:
    """Take codes of an authenticator app again that was closed, since another factor proved who it is."""
    if not await authenticators.open_again(tx, user_id):
        return ()
    return await _recorded(tx, (FactorOpened(user_id=user_id, kind=TOTP),), origin, now)


async def _recorded(tx: Tx, events: tuple[Event, ...], origin: Origin, now: int) -> tuple[Event, ...]:
    for event in events:
        await audit.record(tx, event, origin, now)
    return events
