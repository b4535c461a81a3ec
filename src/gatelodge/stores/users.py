"""The people. A person signs in with a user name or an e-mail address; both live in one space of names (`names.py`).

A user name with an `@` must be the person's own e-mail address (the schema checks it, too), so nobody can take
another's address as their user name and be found in their place.
"""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.json import Decoder, encode

from gatelodge.database.places import place_of
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Row, RunAgain, Tx, Value
from gatelodge.protocol.login_name import canonical
from gatelodge.stores import names

NOBODY = 0  # no id of a person

Claims = Mapping[str, object]

_claims = Decoder(dict[str, object]).decode


class UserRecord(Struct, frozen=True):
    """One person. `sub` is the subject identifier; `claims` are all further standard claims.

    `admin` says that they may look after this server: `set_admin` changes it and nothing else does.
    `msgspec.structs.replace` makes a changed copy.
    """

    id: int
    sub: str
    username: str
    email: str | None
    email_verified: bool
    name: str | None
    claims: Claims
    enabled: bool
    admin: bool
    created_at: int
    updated_at: int = 0


class NewUser(Struct, frozen=True, kw_only=True):
    """A person who has no account yet. `sub` is random, so that it is never used twice."""

    sub: str
    username: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    claims: Claims = field(default_factory=dict[str, object])
    enabled: bool = True


FIND = """
select id, sub, username, email, email_verified, name, claims, enabled, admin, created_at, updated_at
from users where place = $1 and id = $2
"""


async def find(tx: Tx, user_id: int) -> UserRecord | None:
    """Return a person, enabled or not, or `None`."""
    return maybe(await tx.one(FIND, place_of(user_id), user_id))


FIND_BY_SUB = """
select id, sub, username, email, email_verified, name, claims, enabled, admin, created_at, updated_at
from users where place = $1 and sub = $2
"""


async def find_by_sub(tx: Tx, sub: str) -> UserRecord | None:
    """Return the person with this subject identifier, enabled or not, or `None`."""
    return maybe(await tx.one(FIND_BY_SUB, tx.places.of_name(sub), sub))


async def find_by_login(tx: Tx, text: str) -> UserRecord | None:
    """Return the person who signs in with this user name or e-mail address, enabled or not, or `None`.

    Takes the same statements whether the name is anybody's or not.
    """
    try:
        login = canonical(text)
    except ValueError:
        return None
    return await find(tx, await names.find(tx, names.LOGIN, login) or NOBODY)


LIST_ALL = """
select id, sub, username, email, email_verified, name, claims, enabled, admin, created_at, updated_at
from users
order by created_at, id
"""


async def list_all(tx: Tx) -> list[UserRecord]:
    """Return everybody, oldest account first."""
    return [of(row) for row in await tx.all(LIST_ALL)]


LIST_AFTER = """
select id, sub, username, email, email_verified, name, claims, enabled, admin, created_at, updated_at
from users where (place, sub) > ($1, $2) order by place, sub limit $3
"""


async def list_after(tx: Tx, last: UserRecord | None, most: int) -> list[UserRecord]:
    """Return the next people after `last`, `None` for the first: place by place, in the order of an index."""
    begins = (-1, "") if last is None else (place_of(last.id), last.sub)
    return [of(row) for row in await tx.all(LIST_AFTER, *begins, most)]


ADD = """
insert into users (place, id, sub, username, email, email_verified, name, claims, enabled, created_at, updated_at)
values ($1, nextval('ids') * 1024 + $1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict do nothing
returning id, sub, username, email, email_verified, name, claims, enabled, admin, created_at,
    updated_at
"""


async def add(tx: Tx, new: NewUser, now: int) -> UserRecord:
    """Make an account.

    Raises `NameTaken` if its names are in use, or its subject identifier was somebody's who is gone, and `ValueError`
    if they cannot be names.
    """
    place = tx.places.of_name(new.sub)
    if await tx.one(BURIED, place, new.sub) is not None:
        raise NameTaken("subject identifier")
    row = await tx.one(ADD, place, new.sub, *_values(new), int(new.enabled), now)
    if row is None:
        raise NameTaken("subject identifier")
    user = of(row)
    for name in logins(user):
        await names.take(tx, names.LOGIN, name, user.id)
    return user


BURIED = "select 1 from tombstones where place = $1 and sub = $2"

FIND_TO_CHANGE = f"{FIND} for update"
UPDATE = """
update users set username = $3, email = $4, email_verified = $5, name = $6, claims = $7, updated_at = $8
where place = $1 and id = $2 and username = $9 and coalesce(email, '') = $10 and email_verified = $11
    and coalesce(name, '') = $12 and claims = $13
returning id, sub, username, email, email_verified, name, claims, enabled, admin, created_at,
    updated_at
"""


async def update(tx: Tx, before: UserRecord, after: UserRecord, now: int) -> bool:
    """Keep what changed of a person since they were read as `before`, but for whether they may sign in; `False` if
    there is no such person.

    Whole rows are written, so whoever read them before another change is run again and changes what there is now.
    Raises `NameTaken` if the new names are in use, `ValueError` if they cannot be names, and `RunAgain`.
    """
    values = _values(after)
    row = await tx.one(FIND_TO_CHANGE, place_of(before.id), before.id)
    if row is None:
        return False
    _, _, username, email, verified, name, claims, *_ = row
    same = (username, email or "", verified, name or "", claims)  # bodies that share a transaction wait for nothing
    kept = await tx.one(UPDATE, place_of(before.id), before.id, *values, now, *same)
    if kept is None or _values(of(row)) != _values(before):
        raise RunAgain
    after = of(kept)
    for name in logins(before) - logins(after):
        await names.leave(tx, names.LOGIN, name, after.id)
    for name in logins(after) - logins(before):
        await names.take(tx, names.LOGIN, name, after.id)
    return True


ENABLE = "update users set enabled = 1 where place = $1 and id = $2"


async def enable(tx: Tx, user_id: int) -> bool:
    """Let a person sign in again; `False` if there is no such person. `endings.disable` keeps them out."""
    return await tx.run(ENABLE, place_of(user_id), user_id) == 1


SET_ADMIN = "update users set admin = $3 where place = $1 and id = $2"


async def set_admin(tx: Tx, user_id: int, admin: bool) -> bool:
    """Make a person an administrator, or one no more; `False` if there is no such person."""
    return await tx.run(SET_ADMIN, place_of(user_id), user_id, int(admin)) == 1


ENSURE_HANDLE = """
update users set handle = coalesce(handle, $3) where place = $1 and id = $2 and enabled = 1 returning handle
"""


async def ensure_handle(tx: Tx, user_id: int, fresh: bytes) -> bytes | None:
    """Return what authenticators call a person by (WebAuthn L3 5.4.3): `fresh`, 32 random bytes, if they had none yet.

    `None` if they are disabled or gone.
    """
    row = await tx.one(ENSURE_HANDLE, place_of(user_id), user_id, fresh)
    return None if row is None else bytes(row[0])


FIND_HANDLE = "select handle from users where place = $1 and id = $2"


async def find_handle(tx: Tx, user_id: int) -> bytes | None:
    """Return what authenticators call a person by, `None` if none ever did."""
    row = await tx.one(FIND_HANDLE, place_of(user_id), user_id)
    return None if row is None or row[0] is None else bytes(row[0])


HOLD = "select endings from users where place = $1 and id = $2 and enabled = 1 for share"


class HeldAccount(Struct, frozen=True):
    """A person's account that is enabled and held: what rests on it can be made. Only `hold` makes one."""

    user_id: int
    endings: int


async def hold(tx: Tx, user_id: int) -> HeldAccount | None:
    """Keep a person's account as it is until this transaction ends; `None` if it is disabled or gone.

    What is then looked up of it is still so when what rests on it is kept: whoever ends all that a person holds waits
    for this transaction with `claim` and finds what it made, or was first, and this transaction finds what they did.
    Bodies that share a transaction wait for nothing: what is made says how often all had ended when it was held, and is
    not made if that moved on.
    """
    row = await tx.one(HOLD, place_of(user_id), user_id)
    return None if row is None else HeldAccount(user_id, int(row[0]))


STANDS = "select 1 from users where place = $1 and id = $2 and enabled = 1 and endings = $3"


async def stands(tx: Tx, user_id: int, endings: int) -> bool:
    """Return whether a person is enabled and nobody ended all that they hold since there were so many endings."""
    return await tx.one(STANDS, place_of(user_id), user_id, endings) is not None


CLAIM = "update users set endings = endings + 1 where place = $1 and id = $2"


async def claim(tx: Tx, user_id: int) -> None:
    """Have a person's account for this transaction alone, once those who `hold` it are done, to end what they hold."""
    await tx.run(CLAIM, place_of(user_id), user_id)


def logins(user: UserRecord) -> frozenset[str]:
    """Return what a person signs in with."""
    return frozenset((user.username,) if user.email is None else (user.username, user.email))


def maybe(row: Row | None) -> UserRecord | None:
    """Return the person a row tells of, or `None` if there is no row."""
    return None if row is None else of(row)


def of(row: Row) -> UserRecord:
    """Return the person whose columns a row holds, in the order of the members of `UserRecord`."""
    user_id, sub, username, email, verified, name, claims, enabled, admin, created_at, updated_at = row
    known = _claims(claims)
    times = (created_at, updated_at)
    return UserRecord(user_id, sub, username, email, verified == 1, name, known, enabled == 1, admin == 1, *times)


def _values(user: UserRecord | NewUser) -> tuple[Value, ...]:
    username = canonical(user.username)
    email = None if user.email is None else canonical(user.email)
    if email is not None and "@" not in email:
        raise ValueError("an e-mail address has an @")
    if "@" in username and username != email:
        raise ValueError("a user name with an @ must be the person's e-mail address")
    claims = encode(user.claims).decode()
    return username, email, int(user.email_verified), user.name, claims
