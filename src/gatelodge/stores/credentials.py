"""What people prove themselves with. So far the password, kept as its argon2id hash."""

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx

PASSWORD = "select secret from credentials where place = $1 and user_id = $2 and kind = 'password'"


async def password(tx: Tx, user_id: int) -> str | None:
    """Return the hash of a person's password, or `None` if they have none."""
    row = await tx.one(PASSWORD, place_of(user_id), user_id)
    return None if row is None else str(row[0])


async def is_void(tx: Tx, user_id: int, password_hash: str | None) -> bool:
    """Return whether a person got another password than the one of this hash, if they proved themselves with one."""
    return password_hash is not None and await password(tx, user_id) != password_hash


SET_PASSWORD = """
insert into credentials (place, id, user_id, kind, secret, created_at, updated_at)
values ($1, nextval('ids') * 1024 + $1, $2, 'password', $3, $4, $4)
on conflict (place, user_id) where kind = 'password'
do update set secret = excluded.secret, updated_at = excluded.updated_at
"""


async def set_password(tx: Tx, user_id: int, password_hash: str, now: int) -> None:
    """Keep the hash of a person's new password in place of the old one."""
    await tx.run(SET_PASSWORD, place_of(user_id), user_id, password_hash, now)


REMOVE_ALL = "delete from credentials where place = $1 and user_id = $2"


async def remove_all(tx: Tx, user_id: int) -> None:
    """Take off everything of this kind that a person proves themselves with."""
    await tx.run(REMOVE_ALL, place_of(user_id), user_id)


REPLACE_PASSWORD = """
update credentials set secret = $3, updated_at = $4
where place = $5 and user_id = $1 and kind = 'password' and secret = $2
"""


async def replace_password(tx: Tx, user_id: int, old_hash: str, new_hash: str, now: int) -> bool:
    """Keep the same password hashed anew; `False` if it was changed meanwhile, which then stays."""
    return await tx.run(REPLACE_PASSWORD, user_id, old_hash, new_hash, now, place_of(user_id)) == 1


REMOVE_PASSWORD = "delete from credentials where place = $1 and user_id = $2 and kind = 'password'"


async def remove_password(tx: Tx, user_id: int) -> bool:
    """Forget a person's password; `False` if they had none."""
    return await tx.run(REMOVE_PASSWORD, place_of(user_id), user_id) == 1
