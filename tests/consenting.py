"""What a person allowed before a test begins."""

from gatelodge.database.tx import Tx
from gatelodge.stores import consents
from gatelodge.stores.consents import Consent


async def allow(
    tx: Tx, user_id: int, client_id: str, scopes: frozenset[str], resources: frozenset[str], now: int
) -> Consent:
    """Allow a client these scopes and resources beside what it was allowed before, and return all of it.

    The body is run again if another tab changed the consent between the two statements: none is lost.
    """
    before = await consents.granted(tx, user_id, client_id)
    after = Consent(scopes, resources, now)
    if before is not None:
        after = Consent(before.scopes | scopes, before.resources | resources, now)
    await consents.keep(tx, user_id, client_id, before, after)
    return after
