"""Handing people out, in the form they can be brought along in."""

from collections.abc import AsyncIterator, Mapping

from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.database.tx import Database, Tx
from gatelodge.ops.imports.factors import written
from gatelodge.stores import authenticators, credentials, passkeys
from gatelodge.stores import users as store
from gatelodge.stores.users import UserRecord

AT_ONCE = 500


async def people(
    db: Database, *, with_hashes: bool, seeds: TotpSeeds | None = None
) -> AsyncIterator[Mapping[str, object]]:
    """Yield everybody, a few hundred at a time. `with_hashes` hands out the hashes of their passwords, too; what opens
    `seeds` those of their authenticator apps, and their passkeys. Raises `WrongSecretKey`."""
    last = None
    while batch := await db.read(_some, last, with_hashes, seeds):
        for _, whole in batch:
            yield whole
        last = batch[-1][0]


async def _some(
    tx: Tx, after: UserRecord | None, with_hashes: bool, seeds: TotpSeeds | None
) -> list[tuple[UserRecord, Mapping[str, object]]]:
    found = await store.list_after(tx, after, AT_ONCE)
    return [(user, described(user) | dict(await _more(tx, user.id, with_hashes, seeds))) for user in found]


async def _more(tx: Tx, user_id: int, with_hashes: bool, seeds: TotpSeeds | None) -> list[tuple[str, object]]:
    password = await credentials.password(tx, user_id) if with_hashes else None
    more: list[tuple[str, object]] = [] if password is None else [("password_hash", password)]
    if seeds is not None:
        app, handle = await authenticators.find(tx, user_id), await store.find_handle(tx, user_id)
        seed = None if app is None else seeds.unseal(user_id, app.sealed)
        more += written(seed, handle, tuple(await passkeys.list_of_user(tx, user_id)))
    return more


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
