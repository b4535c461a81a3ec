"""Refresh tokens that providers gave, kept where the operator wants that: sealed, and renewed once a day.

A token that a provider takes back is forgotten, and that is told: its person, or somebody there, ended what they had
allowed. A provider that does not answer costs nothing: the token is tried again. Whoever dies between the provider's
answer and the note of it may lose one that was exchanged for another; then the next renewal is refused.
"""

import asyncio

import structlog

from gatelodge.authn.federation.arriving import RENEWED_AFTER
from gatelodge.authn.federation.contract import Arrival, UpstreamFailed
from gatelodge.authn.federation.providers import OpenProvider, Providers
from gatelodge.client.errors import OAuthClientError, TokenRefused
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.protocol.provider import Provider, link_name
from gatelodge.stores import audit, kept_tokens
from gatelodge.stores import providers as stored_providers
from gatelodge.stores.kept_tokens import KeptToken
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import SERVER, Origin, UpstreamTokenLost

RENEWAL_PAUSE = 60.0  # seconds between looks
RENEWAL_BATCH = 16  # tokens that are renewed at once
RENEWAL_LEASE = 900  # seconds a token is left to whoever claimed it; what came to nothing is tried again then
MAX_KEPT = 16_384  # characters of a token

_OVER = frozenset({"invalid_grant", "bad_refresh_token"})  # the second is GitHub's
_ORIGIN = Origin("kept tokens", actor=SERVER)
_log = structlog.stdlib.get_logger()


def sealed_token(vault: Vault, provider: Provider, arrival: Arrival) -> bytes | None:
    """Return the refresh token that came with somebody, sealed for them alone; `None` if there is none to keep."""
    token = arrival.refresh_token
    if not provider.keep_tokens or token is None or len(token) > MAX_KEPT:
        return None
    return vault.seal(token.encode(), _purpose(arrival.identity.issuer, arrival.identity.subject))


class KeptTokens:
    """Renews what is kept; `look` is called again and again."""

    def __init__(self, on: Foundation, providers: Providers) -> None:
        self._on = on
        self._providers = providers

    async def look(self) -> None:
        """Renew all that is due, or note why not. Raises `Unavailable`."""
        tried = set[str]()
        while found := await self._on.db.read(kept_tokens.due, self._on.clock.now(), RENEWAL_BATCH):
            listed = await self._on.db.read(stored_providers.list_all)
            keeping = frozenset(stored.provider.name for stored in listed if stored.provider.keep_tokens)
            async with asyncio.TaskGroup() as together:
                for link_id in found:
                    together.create_task(self._look_at(link_id, keeping, tried))

    async def _look_at(self, link_id: int, keeping: frozenset[str], tried: set[str]) -> None:
        """Renew one, unless its provider was `tried` in vain."""
        now = self._on.clock.now()
        there = self._on.db.at(place_of(link_id))
        token = await there.write(kept_tokens.claim, link_id, now, now + RENEWAL_LEASE)
        if token is None:
            return
        if token.provider not in keeping:  # it came while its provider was removed
            await there.write(kept_tokens.forget, token)
            return
        opened = self._providers.find(token.provider)
        if opened is None or opened.trouble is not None or token.provider in tried:
            return
        try:
            await self._renew(token, opened)
        except (OAuthClientError, UpstreamFailed) as error:
            if token.provider not in tried:
                _log.warning("tokens_not_renewed", provider=token.provider, reason=str(error))
            tried.add(token.provider)

    async def _renew(self, token: KeptToken, opened: OpenProvider) -> None:
        """Renew one, or note that it is over. Whatever else went wrong is raised: it may be better at the next try."""
        whose = _purpose(token.issuer, token.subject)
        try:
            renewed = await opened.upstream.renew(self._on.vault.unseal(token.sealed, whose).decode())
        except WrongSecretKey:
            await self._lose(token, "unreadable")
        except TokenRefused as refused:
            if refused.error not in _OVER:
                raise
            await self._lose(token, "refused")
        else:
            sealed, until = self._on.vault.seal(renewed.encode(), whose), self._on.clock.now() + RENEWED_AFTER
            await self._on.db.at(place_of(token.link_id)).write(kept_tokens.replace, token, sealed, until)

    async def _lose(self, token: KeptToken, reason: str) -> None:
        event = UpstreamTokenLost(user_id=token.user_id, provider=token.provider, reason=reason)
        if await self._on.db.at(place_of(token.link_id)).write(_forget, token, event, self._on.clock.now()):
            emit(event, _ORIGIN)


async def _forget(tx: Tx, token: KeptToken, event: UpstreamTokenLost, now: int) -> bool:
    if not await kept_tokens.forget(tx, token):
        return False
    await audit.record(tx, event, _ORIGIN, now)
    return True


def _purpose(issuer: str, subject: str) -> str:
    return f"refresh token of {link_name(issuer, subject)}"
