"""Making what rests on a person's account, as the server does: while the account is held."""

from gatelodge.database.tx import Tx
from gatelodge.stores import refresh_tokens, sessions, users
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.sessions import NewSession


async def open_family(tx: Tx, user_id: int, new: NewFamily, now: int) -> int:
    """Begin a family of a person and return its row id."""
    held = await users.hold(tx, user_id)
    assert held is not None
    return await refresh_tokens.open_family(tx, held, new, now)


async def begin_session(tx: Tx, user_id: int, new: NewSession, now: int) -> int:
    """Begin a session of a person and return its row id."""
    held = await users.hold(tx, user_id)
    assert held is not None
    return await sessions.add(tx, held, new, now)
