"""What a person does with their passkeys. Each function is one transaction body with its audit event, which it returns.

Whoever calls has made sure who it is and that they proved it just now.
"""

from gatelodge.authn.assertions import UsedPasskey
from gatelodge.authn.factor_acts import Occasion, hold, settle
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import Letter, PasskeyAddedLetter, PasskeyRemovedLetter
from gatelodge.protocol import rules
from gatelodge.protocol.passkey import MOST, NewPasskey, PasskeyRefused, plain_name
from gatelodge.stores import audit, entrances, passkeys, users
from gatelodge.telemetry.events import (
    Event,
    Origin,
    PasskeyAdded,
    PasskeyCounterRegressed,
    PasskeyRemoved,
    PasskeyRenamed,
)


class NoSuchPasskey(Exception):
    """This person has no such passkey: it is gone, or somebody else's."""


class LastWay(Exception):
    """A passkey stays, since nothing else would sign its person in."""


async def add(tx: Tx, user_id: int, new: NewPasskey, on: Occasion, *, asked: bool) -> PasskeyAdded:
    """Give a person a new passkey, and tell them by mail; `asked` unless their browser made it by itself.

    Raises `PasskeyRefused` if it is somebody's, they have as many as can be, or may not sign in any more.
    """
    held = await hold(tx, user_id, on)
    if held is None:
        raise PasskeyRefused(rules.PASSKEY_ENABLED)
    event = await _keep(tx, user_id, new, asked, on.origin, on.now)
    await settle(tx, held)
    await _write_to(tx, user_id, PasskeyAddedLetter(at=on.now, by_itself=int(not asked)), on)
    return event


async def begin_with(tx: Tx, user_id: int, handle: bytes, new: NewPasskey, origin: Origin, now: int) -> PasskeyAdded:
    """Give a person who was made in this transaction the passkey that they made for this user handle. Raises as `add`.

    They are told of it by nobody else than the page that they are at.
    """
    await users.ensure_handle(tx, user_id, handle)
    return await _keep(tx, user_id, new, True, origin, now)


async def rename(tx: Tx, user_id: int, passkey_id: int, typed: str, origin: Origin, now: int) -> PasskeyRenamed:
    """Call a person's passkey something else. Raises `NoSuchPasskey`, and `ValueError` for what is no name."""
    name = plain_name(typed)
    if not name:
        raise ValueError("a name has characters that can be seen")
    if not await passkeys.rename(tx, user_id, passkey_id, name):
        raise NoSuchPasskey
    event = PasskeyRenamed(user_id=user_id, passkey=passkey_id)
    await audit.record(tx, event, origin, now)
    return event


async def remove(tx: Tx, user_id: int, passkey_id: int, on: Occasion) -> PasskeyRemoved:
    """Take a passkey away from a person, and tell them by mail.

    Raises `NoSuchPasskey`, and `LastWay` if it is the last that signs them in.
    """
    await users.claim(tx, user_id)  # of two that remove the last two at once, one finds that the other did
    if not await passkeys.remove(tx, user_id, passkey_id):
        raise NoSuchPasskey
    if not await entrances.are_left(tx, user_id):
        raise LastWay
    event = PasskeyRemoved(user_id=user_id, passkey=passkey_id)
    await audit.record(tx, event, on.origin, on.now)
    await _write_to(tx, user_id, PasskeyRemovedLetter(at=on.now), on)
    return event


async def keep_use(tx: Tx, used: UsedPasskey, origin: Origin, now: int, *, vouched: bool) -> tuple[bool, Event | None]:
    """Keep that a passkey was used: whether it is still there, and what is to be told of its counter.

    `vouched` if another factor said who its person is, so that what verified them is believed from now on.
    """
    passkey, use = used.passkey, used.use
    if not await passkeys.use(tx, passkey, use.sign_count, backed_up=use.backed_up, suspect=use.regressed, now=now):
        return False, None
    if vouched and used.verified and not passkey.uv_seen:
        await passkeys.see_verified(tx, passkey.id)
    if not use.regressed:
        return True, None
    event = PasskeyCounterRegressed(user_id=passkey.user_id, passkey=passkey.id)
    await audit.record(tx, event, origin, now)
    return True, event


async def _keep(tx: Tx, user_id: int, new: NewPasskey, asked: bool, origin: Origin, now: int) -> PasskeyAdded:
    try:
        kept = await passkeys.add(tx, user_id, new, MOST, now)
    except NameTaken:
        raise PasskeyRefused(rules.PASSKEY_UNIQUE) from None
    if kept is None:
        raise PasskeyRefused(rules.PASSKEY_MOST)
    event = PasskeyAdded(user_id=user_id, passkey=kept.id, aaguid=kept.aaguid, synced=kept.backup_eligible, asked=asked)
    await audit.record(tx, event, origin, now)
    return event


async def _write_to(tx: Tx, user_id: int, letter: Letter, on: Occasion) -> None:
    user = await users.find(tx, user_id)
    if user is not None:
        await on.letters.tell(tx, user, letter, on.origin, on.now)
