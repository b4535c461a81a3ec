"""What ends with a person's standing: written into all that they hold in the transaction in which it happens.

So nothing that is used asks again whether its person is there and enabled: a session, a family or a token that is found
counts. Each of these waits for what is being made (docs/decisions/0025-who-ends-everything-waits.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.stores import (
    credentials,
    families_of_person,
    kept_tokens,
    links,
    names,
    passkeys,
    recoveries,
    recovery_codes,
    refresh_tokens,
    sessions,
    trusted_browsers,
    users,
    visits,
)
from gatelodge.stores.visits import SessionVisit, Which

DISABLE = "update users set enabled = 0 where place = $1 and id = $2"
REMOVE = "delete from users where place = $1 and id = $2"
BURY = "insert into tombstones (place, sub, at) values ($1, $2, $3) on conflict (place, sub) do nothing"


async def disable(tx: Tx, user_id: int, now: int) -> bool:
    """Keep a person out: all that they hold ends. `False` if there is no such person."""
    if not await tx.run(DISABLE, place_of(user_id), user_id):
        return False
    await end_all(tx, user_id, now)
    await kept_tokens.forget_of_person(tx, user_id)
    return True


async def change_password(tx: Tx, user_id: int, password_hash: str, now: int, but: str = "") -> None:
    """Give a person another password: all that they hold by the old one ends, `but` the session they do it in."""
    await credentials.set_password(tx, user_id, password_hash, now)
    await end_all(tx, user_id, now, but)


async def void_password(tx: Tx, user_id: int, now: int, but: str) -> bool:
    """Take a person's password away, since somebody else knows it: all that they hold ends, `but` the session they do
    it in. `False` if they had none."""
    had_one = await credentials.remove_password(tx, user_id)
    await end_all(tx, user_id, now, but)
    return had_one


async def remove(tx: Tx, user_id: int, now: int) -> bool:
    """Forget a person with sessions, credentials, consents and names; `False` if there is no such person.

    Their subject identifier is kept, so that nobody else is ever called so.
    """
    user = await users.find(tx, user_id)
    if user is None:
        return False
    await end_all(tx, user_id, now)
    await tx.run(BURY, place_of(user_id), user.sub, now)
    for name in users.logins(user):
        await names.leave(tx, names.LOGIN, name, user_id)
    await passkeys.leave_names(tx, user_id)
    await links.remove_all(tx, user_id)
    return await tx.run(REMOVE, place_of(user_id), user_id) == 1


async def empty(tx: Tx, user_id: int, now: int) -> None:
    """Take off all that an account is entered by, and end all that was begun in it: nobody knows whose that was."""
    await users.claim(tx, user_id)  # what is being added is there by now, or is never
    await credentials.remove_all(tx, user_id)
    await recovery_codes.remove(tx, user_id)
    await close_entrances(tx, user_id, now)


async def close_entrances(tx: Tx, user_id: int, now: int) -> None:
    """Take off all that a sign-in can begin with, and end all that was begun: somebody else may have put it there. What
    is only asked for in the second place stays: who has nothing but a mailbox must not get past it (ASVS 6.4.3)."""
    await users.claim(tx, user_id)  # what is being added is there by now, or is never
    for passkey in await passkeys.list_of_user(tx, user_id):
        await passkeys.remove(tx, user_id, passkey.id)
    await links.remove_all(tx, user_id)
    await credentials.remove_password(tx, user_id)
    await end_all(tx, user_id, now)


async def end_all(tx: Tx, user_id: int, now: int, but: str = "") -> None:
    """End every session and every token of a person, `but` the session of this `sid`; applications are told.

    A delayed recovery that waits is over, too: whoever does this has the account, or has been kept out of it.
    """
    await users.claim(tx, user_id)
    await visits.tell(tx, user_id, lambda sid: sid != but, now)
    await sessions.end_all_of_user(tx, user_id, but)
    await refresh_tokens.revoke_of_user(tx, user_id, now)
    await recoveries.stop(tx, user_id)
    await trusted_browsers.remove_all(tx, user_id)


class Ended(NamedTuple):
    """The sessions that ended, by `sid`, and who had been told of them."""

    sids: frozenset[str]
    visits: Sequence[SessionVisit]


async def end_sessions(tx: Tx, user_id: int, which: Which, now: int, *, offline: bool = False) -> Ended:
    """End those sessions of a person that `which` says, by their `sid`; applications are told.

    With a session goes what came of it and is not redeemed, and its tokens, but for those that work while the person is
    away (`offline_access`): these go only with `offline` (Back-Channel Logout 2.7).
    """
    await users.claim(tx, user_id)
    sids = frozenset(there.sid for there in await sessions.of_person(tx, user_id, now) if which(there.sid))
    told = await visits.tell(tx, user_id, sids.__contains__, now)
    for sid in sorted(sids):
        await sessions.end_of_person(tx, user_id, sid, now)
    await families_of_person.end_of_sessions(tx, user_id, sids, offline=offline, now=now)
    return Ended(sids, told)
