"""Names: what people are found by, each unique in its kind, wherever its person lives."""

from gatelodge.database.places import place_of
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx

LOGIN = "login"  # what a person signs in with: user names and e-mail addresses, one space of names
PASSKEY = "passkey"  # the digest of a passkey's credential id
LINK = "link"  # an account elsewhere: its issuer and subject
_CALLED = {LOGIN: "user name or e-mail address", LINK: "account elsewhere"}  # other kinds are called what they are

FIND = "select user_id from names where kind = $1 and name = $2"


async def find(tx: Tx, kind: str, name: str) -> int | None:
    """Return whose name it is, or `None` if it is nobody's."""
    row = await tx.one(FIND, kind, name)
    return None if row is None else int(row[0])


TAKE = "insert into names (kind, name, place, user_id) values ($1, $2, $3, $4) on conflict (kind, name) do nothing"


async def take(tx: Tx, kind: str, name: str, user_id: int) -> None:
    """Make a name a person's. Raises `NameTaken` if it is somebody's."""
    if not await tx.run(TAKE, kind, name, place_of(user_id), user_id):
        raise NameTaken(_CALLED.get(kind, kind))


LEAVE = "delete from names where kind = $1 and name = $2 and user_id = $3"


async def leave(tx: Tx, kind: str, name: str, user_id: int) -> None:
    """Let go of a name, if it is this person's."""
    await tx.run(LEAVE, kind, name, user_id)
