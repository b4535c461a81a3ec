"""Asking a provider who it is, before the first person does."""

import asyncio
from collections.abc import Sequence

from gatelodge.authn.federation.contract import UpstreamLine
from gatelodge.authn.federation.providers import kind_of
from gatelodge.authn.federation.secrets import secret_of
from gatelodge.authn.federation.sending import sender
from gatelodge.client.messages.registration import Moment
from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import Config
from gatelodge.config.site import site_of
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.setup import open_vault
from gatelodge.outbound import Outbound
from gatelodge.stores.providers import StoredProvider


def lacks_of(config: Config, stored: StoredProvider, clock: Clock, entropy: Entropy) -> list[str]:
    """Return in words what will not work with a provider.

    Raises `OperationRefused` if it cannot be opened, and the client library's `OAuthClientError` if it does not answer
    or is not who it should be.
    """
    return list(asyncio.run(_ask(config, stored, clock, entropy)))


async def _ask(config: Config, stored: StoredProvider, clock: Clock, entropy: Entropy) -> Sequence[str]:
    provider = stored.provider
    kind, secret = kind_of(provider), secret_of(stored, open_vault(config, entropy))
    if kind is None or secret is None:
        raise OperationRefused(f"the secret of {provider.name} is not opened by this secret key: add it again")
    loopback = not site_of(config.server).secure
    outbound = Outbound(allow_loopback=loopback, allow_private=provider.allow_private)
    where = f"{config.server.issuer}/callback/{provider.name}"
    upstream = kind.open(provider, secret, UpstreamLine(sender(outbound), Moment(clock, entropy), where))
    await upstream.look()
    return upstream.lacks()
