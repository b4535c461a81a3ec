"""A provider on a real port, and the one of ours that leads to it."""

from collections.abc import Callable, Iterator

import pytest
from tests.upstream import CLIENT, SECRET, UpstreamStub, upstream

from gatelodge.authn.federation.contract import Upstream, UpstreamLine
from gatelodge.authn.federation.providers import kind_of
from gatelodge.authn.federation.sending import sender
from gatelodge.client.messages.registration import Moment
from gatelodge.clock import Clock, Entropy
from gatelodge.outbound import Outbound
from gatelodge.protocol.provider import Provider

Opens = Callable[..., Upstream]
WHERE = "https://id.test/callback/corp"


@pytest.fixture
def stub(clock: Clock) -> Iterator[UpstreamStub]:
    with upstream(clock) as served:
        yield served


@pytest.fixture
def opens(stub: UpstreamStub, clock: Clock, entropy: Entropy) -> Opens:
    """Open the provider as one of a kind, by a door whose patience is short."""

    def open_it(kind: str = "oidc", secret: str = SECRET, **members: object) -> Upstream:
        whole = {"issuer": stub.issuer, "trusts_address": True} | members
        provider = Provider(name="corp", kind=kind, label="Corp", client_id=CLIENT, **whole)  # type: ignore[arg-type]
        found = kind_of(provider)
        assert found is not None
        found.check(provider, secret)
        outbound = Outbound(allow_loopback=True, deadline=2.0)
        return found.open(provider, secret, UpstreamLine(sender(outbound), Moment(clock, entropy), WHERE))

    return open_it
