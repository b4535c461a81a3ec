"""How a person's account is entered: the last way in cannot be taken away (ASVS 6.1.3)."""

from gatelodge.database.tx import Tx
from gatelodge.stores import credentials, links, passkeys, providers


async def are_left(tx: Tx, user_id: int) -> bool:
    """Whether a sign-in can begin with anything that a person has: a password, a passkey, or an account elsewhere whose
    provider is there. Hold the account (`users.claim`) before it is asked: two may be taken away at once."""
    if await credentials.password(tx, user_id) is not None or await passkeys.has(tx, user_id):
        return True
    there = {stored.provider.name for stored in await providers.list_all(tx) if stored.provider.enabled}
    return any(link.provider in there for link in await links.list_of(tx, user_id))
