"""What goes wrong in production and hardly ever in a test: made to happen."""

from collections.abc import Callable
from contextlib import suppress

from gatelodge.client.async_client import AsyncOAuthClient
from gatelodge.client.errors import TokenRefused
from gatelodge.database.tx import Tx
from gatelodge.grants.codes import CODE
from gatelodge.keys.keyring import state
from gatelodge.telemetry.events import Actor, Origin
from gatelodge.testing.house import House

EXPIRE = "update tickets set expires_at = $1 where kind = $2 and spent_at is null"


async def expire_codes(house: House) -> None:
    """Let every code that was not exchanged end now."""

    async def expire(tx: Tx) -> None:
        await tx.run(EXPIRE, house.foundation.clock.now(), CODE)

    await house.foundation.db.write(expire)


async def rotate_keys(house: House, *, compromised: bool) -> None:
    """Retire every key that signs; the next ones take over."""
    on = house.foundation
    for row in on.keys.rows():
        if state(row, on.clock.now()) == "active":
            await on.keys.retire(
                row.kid, Origin("testing", actor=Actor("operator", "testing")), compromised=compromised
            )


async def replay_refresh(new_client: Callable[[], AsyncOAuthClient], refresh_token: str) -> None:
    """Use a refresh token, and the one that replaced it, and then the first again: no lost answer explains that.

    Each time by a client that remembers nothing: one would not present the same token twice.
    """
    first = await new_client().refresh(refresh_token)
    await new_client().refresh(first.refresh_token or "")
    with suppress(TokenRefused):
        await new_client().refresh(refresh_token)
