"""Whoever signs out at a provider is signed out here: of what that account vouched for, and of nothing else."""

from gatelodge.authn.federation.contract import UpstreamLogout
from gatelodge.database.tx import Tx
from gatelodge.stores import audit, endings, links, seen, vouched
from gatelodge.telemetry.events import Origin, UpstreamSignedOut

_SEEN = "upstream logout"


async def sign_out(tx: Tx, provider: str, said: UpstreamLogout, origin: Origin, now: int) -> UpstreamSignedOut | None:
    """End the sessions that a logout token is about; `None` if it came before or is about nobody here."""
    if not await seen.once(tx, _SEEN, f"{said.issuer} {said.token_id}", said.forget_at):
        return None
    link = await links.find(tx, said.issuer, said.subject)
    if link is None:
        return None
    sids = await vouched.of_link(tx, link.user_id, link.id, said.sid)
    ended = await endings.end_sessions(tx, link.user_id, sids.__contains__, now)
    event = UpstreamSignedOut(user_id=link.user_id, provider=provider, count=len(ended.sids))
    await audit.record(tx, event, origin, now)
    return event
