"""The providers of one server: opened as they are configured, and what must be known of them fetched beforehand.

Nobody who signs in waits for that: a provider that does not answer, is slow or lies has no button, and costs nothing
else. Who is on the way back from one meanwhile is let in by what was known last.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from gatelodge.authn.federation import KINDS
from gatelodge.authn.federation.contract import ProviderKind, Upstream, UpstreamLine
from gatelodge.authn.federation.secrets import secret_of
from gatelodge.authn.federation.sending import sender
from gatelodge.client.errors import OAuthClientError
from gatelodge.client.messages.registration import Moment
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.provider import Provider
from gatelodge.stores.providers import StoredProvider

POLL = 1.0  # seconds between looks at what is configured
FRESH = 300.0  # seconds between looks at a provider that answers
RETRY, LONGEST_RETRY = 5.0, 60.0  # seconds between looks at one that does not
WARN_AT = 2  # failures in a row: one is nothing that anybody must hear of
PATIENCE = 10.0  # seconds a look waits for those that are slow

_log = structlog.stdlib.get_logger()


def kind_of(provider: Provider) -> ProviderKind | None:
    """Return the kind of a provider, or `None` if this version has none of that name."""
    return next((kind for kind in KINDS if kind.name == provider.kind), None)


class Button(NamedTuple):
    """The way to a provider: its name, what its button says, and its kind, for the picture."""

    name: str
    label: str
    kind: str


@dataclass(slots=True, eq=False)
class OpenProvider:
    """One provider, open for sign-ins. `trouble` is why it is not ready, `None` when it is."""

    stored: StoredProvider
    kind: ProviderKind
    upstream: Upstream
    trouble: str | None = "it was never reached"
    failures: int = 0
    due_at: float = float("-inf")  # monotonic
    looking: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def provider(self) -> Provider:
        """What the operator said of it."""
        return self.stored.provider


class Providers:
    """Opens what is configured and keeps it ready; `look` is called again and again."""

    def __init__(self, on: Foundation) -> None:
        self._on = on
        self._open: Mapping[str, OpenProvider] = {}
        self._own_network = on.outbound.into_own_network()

    def buttons(self) -> tuple[Button, ...]:
        """Return the providers that can be used now, in the order of the operator. Nothing is asked for it."""
        ready = (opened.provider for opened in self._open.values() if opened.trouble is None)
        return tuple(Button(one.name, one.label, one.kind) for one in ready)

    def find(self, name: str) -> OpenProvider | None:
        """Return a provider that is configured and enabled, ready or not, or `None`."""
        return self._open.get(name)

    def redirect_uri(self, name: str) -> str:
        """Return where a provider's answers come: each has an address of its own (RFC 9700 4.4)."""
        return f"{self._on.site.issuer}/callback/{name}"

    def failed(self, opened: OpenProvider) -> None:
        """Note that a provider did not answer somebody: it is looked at at once."""
        opened.due_at = float("-inf")

    async def look(self) -> None:
        """Notice what the operator changed, and look at each provider that is due."""
        stored = await self._on.registry.providers()
        if stored != tuple(opened.stored for opened in self._open.values()):
            self._settle(stored)
        now = self._on.clock.monotonic()
        for opened in self._open.values():
            if opened.looking is None and opened.due_at <= now:
                opened.looking = asyncio.create_task(self._look_at(opened), name=f"provider {opened.provider.name}")
        under_way = [opened.looking for opened in self._open.values() if opened.looking is not None]
        if under_way:
            await asyncio.wait(under_way, timeout=PATIENCE)

    def close(self) -> None:
        """Look at nobody any more."""
        for opened in self._open.values():
            if opened.looking is not None:
                opened.looking.cancel()

    def _settle(self, stored: tuple[StoredProvider, ...]) -> None:
        """Open what is new or changed, and leave what is not."""
        kept = {opened.stored.provider.name: opened for opened in self._open.values() if opened.stored in stored}
        for name, opened in self._open.items():
            if name not in kept and opened.looking is not None:
                opened.looking.cancel()
        found = (kept.get(one.provider.name) or self._opened(one) for one in stored)
        self._open = {opened.provider.name: opened for opened in found if opened is not None}

    def _opened(self, stored: StoredProvider) -> OpenProvider | None:
        provider = stored.provider
        kind, secret = kind_of(provider), secret_of(stored, self._on.vault)
        if kind is None or secret is None:
            _log.error("provider_unusable", provider=provider.name, kind=provider.kind)
            return None
        outbound = self._own_network if provider.allow_private else self._on.outbound
        moment = Moment(self._on.clock, self._on.entropy)
        line = UpstreamLine(sender(outbound), moment, self.redirect_uri(provider.name))
        return OpenProvider(stored, kind, kind.open(provider, secret, line))

    async def _look_at(self, opened: OpenProvider) -> None:
        """Fetch what must be known of one, and note whether it answered."""
        try:
            await opened.upstream.look()
        except OAuthClientError as error:
            opened.failures += 1
            if opened.failures == WARN_AT:
                _log.warning("provider_away", provider=opened.provider.name, reason=str(error))
            opened.trouble = str(error)
            pause = min(RETRY * 2 ** min(opened.failures - 1, 8), LONGEST_RETRY)
        else:
            opened.trouble, opened.failures, pause = None, 0, FRESH
        finally:
            opened.looking = None
        opened.due_at = self._on.clock.monotonic() + pause
