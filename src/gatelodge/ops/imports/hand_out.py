"""Handing people out, in the form they can be brought along in."""

from collections.abc import AsyncIterator, Mapping

from gatelodge.database.tx import Database, Tx
from gatelodge.stores import credentials
from gatelodge.stores import users as store
from gatelodge.stores.users import UserRecord

AT_ONCE = 500


async def people(db: Database, *, with_hashes: bool) -> AsyncIterator[Mapping[str, object]]:
    """Yield everybody, a few hundred at a time. `with_hashes` hands out the hashes of their passwords, too."""
    last = None
    while batch := await db.read(_some, last, with_hashes):
        for user, password in batch:
            yield described(user) | ({"password_hash": password} if password is not None else {})
        last = batch[-1][0]


async def _some(tx: Tx, after: UserRecord | None, with_hashes: bool) -> list[tuple[UserRecord, str | None]]:
    found = await store.list_after(tx, after, AT_ONCE)
    return [(user, await credentials.password(tx, user.id) if with_hashes else None) for user in found]


def described(user: UserRecord) -> dict[str, object]:
    """Return a person as an import reads them."""
    return {
        "sub": user.sub,
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "claims": dict(user.claims),
        "enabled": user.enabled,
        "created_at": user.created_at,
    }
