"""People's passkeys, each where its person lives. A credential id is found through `names`, wherever that is."""

from hashlib import sha256

from gatelodge.database.places import place_of
from gatelodge.database.rows import join, split
from gatelodge.database.tx import Row, Tx
from gatelodge.protocol.passkey import Holder, NewPasskey, Passkey
from gatelodge.stores import names

LIST_OF_USER = """
select id, user_id, credential_id, public_key, sign_count, aaguid, transports, name, backup_eligible, backed_up,
    uv_seen, rp_id, created_at, used_at, suspect
from passkeys where place = $1 and user_id = $2 order by id
"""


async def list_of_user(tx: Tx, user_id: int) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    return [_of(row) for row in await tx.all(LIST_OF_USER, place_of(user_id), user_id)]


HAS = "select 1 from passkeys where place = $1 and user_id = $2 limit 1"


async def has(tx: Tx, user_id: int) -> bool:
    """Whether a person has any passkey."""
    return await tx.one(HAS, place_of(user_id), user_id) is not None


FIND = """
select p.id, p.user_id, p.credential_id, p.public_key, p.sign_count, p.aaguid, p.transports, p.name,
    p.backup_eligible, p.backed_up, p.uv_seen, p.rp_id, p.created_at, p.used_at, p.suspect,
    u.sub, u.handle, u.enabled
from passkeys p join users u on u.place = p.place and u.id = p.user_id
where p.place = $1 and p.user_id = $2 and p.credential_id = $3
"""


async def find(tx: Tx, credential_id: bytes) -> tuple[Passkey, Holder] | None:
    """Return the passkey of this credential id and whose it is, `None` if it is nobody's."""
    user_id = await names.find(tx, names.PASSKEY, _name(credential_id)) or 0
    row = await tx.one(FIND, place_of(user_id), user_id, credential_id)
    if row is None:
        return None
    *passkey, sub, handle, enabled = row
    return _of(tuple(passkey)), Holder(user_id, sub, bytes(handle or b""), enabled == 1)


ADD = """
insert into passkeys (place, id, user_id, credential_id, public_key, sign_count, aaguid, transports, name,
    backup_eligible, backed_up, uv_seen, rp_id, created_at)
select place, nextval('ids') * 1024 + place, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
from users u where u.place = $1 and u.id = $2 and u.enabled = 1
    and (select count(*) from passkeys p where p.place = $1 and p.user_id = $2) < $14
returning id, user_id, credential_id, public_key, sign_count, aaguid, transports, name, backup_eligible, backed_up,
    uv_seen, rp_id, created_at, used_at, suspect
"""


async def add(tx: Tx, user_id: int, new: NewPasskey, most: int, now: int) -> Passkey | None:
    """Keep a new passkey of a person; `None` if they have `most`, are disabled or gone. Raises `NameTaken` if its
    credential id is somebody's."""
    said = (new.credential_id, new.public_key, new.sign_count, new.aaguid, join(new.transports), new.name)
    flags = (int(new.backup_eligible), int(new.backed_up), int(new.uv_seen))
    row = await tx.one(ADD, place_of(user_id), user_id, *said, *flags, new.rp_id, now, most)
    if row is None:
        return None
    await names.take(tx, names.PASSKEY, _name(new.credential_id), user_id)
    return _of(row)


USE = """
update passkeys set sign_count = $3, backed_up = $4, suspect = case when $5 = 1 then 1 else suspect end, used_at = $6
where place = $1 and id = $2 and sign_count = $7
"""


async def use(tx: Tx, passkey: Passkey, sign_count: int, *, backed_up: bool, suspect: bool, now: int) -> bool:
    """Keep that a passkey was used; `False` if it is gone or was used at the same time, so its counter moved on."""
    now_says = (sign_count, int(backed_up), int(suspect), now)
    return await tx.run(USE, place_of(passkey.id), passkey.id, *now_says, passkey.sign_count) == 1


SEE_VERIFIED = "update passkeys set uv_seen = 1 where place = $1 and id = $2"


async def see_verified(tx: Tx, passkey_id: int) -> None:
    """Keep that a passkey verified its person while another factor vouched for them (WebAuthn L3 4, uvInitialized)."""
    await tx.run(SEE_VERIFIED, place_of(passkey_id), passkey_id)


RENAME = "update passkeys set name = $4 where place = $1 and id = $2 and user_id = $3"


async def rename(tx: Tx, user_id: int, passkey_id: int, name: str) -> bool:
    """Call a person's passkey something else; `False` if they have no such one."""
    return await tx.run(RENAME, place_of(user_id), passkey_id, user_id, name) == 1


REMOVE = "delete from passkeys where place = $1 and id = $2 and user_id = $3 returning credential_id"


async def remove(tx: Tx, user_id: int, passkey_id: int) -> bool:
    """Forget a person's passkey; `False` if they have no such one."""
    row = await tx.one(REMOVE, place_of(user_id), passkey_id, user_id)
    if row is None:
        return False
    await names.leave(tx, names.PASSKEY, _name(bytes(row[0])), user_id)
    return True


async def leave_names(tx: Tx, user_id: int) -> None:
    """Let go of the credential ids of a person whose passkeys are about to go with them."""
    for passkey in await list_of_user(tx, user_id):
        await names.leave(tx, names.PASSKEY, _name(passkey.credential_id), user_id)


ANY_FOR = "select 1 from passkeys where rp_id = $1 limit 1"  # all places: asked when the RP ID changed


async def any_for(tx: Tx, rp_id: str) -> bool:
    """Whether anybody has a passkey that was made for this RP ID."""
    return await tx.one(ANY_FOR, rp_id) is not None


def _name(credential_id: bytes) -> str:
    return sha256(credential_id).hexdigest()


def _of(row: Row) -> Passkey:
    row_id, user_id, credential_id, public_key, count, aaguid, transports, name, *flags, rp_id, created, used, sus = row
    eligible, backed_up, uv_seen = (flag == 1 for flag in flags)
    return Passkey(
        id=row_id,
        user_id=user_id,
        credential_id=bytes(credential_id),
        public_key=bytes(public_key),
        sign_count=count,
        aaguid=aaguid,
        transports=tuple(sorted(split(transports))),
        name=name,
        backup_eligible=eligible,
        backed_up=backed_up,
        uv_seen=uv_seen,
        rp_id=rp_id,
        created_at=created,
        used_at=used,
        suspect=sus == 1,
    )
