"""Opening the room: the playground and the API it calls, where there is one. Elsewhere nothing of it is imported."""

from typing import TYPE_CHECKING

from gatelodge.clock import Clock
from gatelodge.config.policies import Config
from gatelodge.database.tx import Database
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.vault import Vault
from gatelodge.outbound import Outbound
from gatelodge.web.pages import Pages

if TYPE_CHECKING:
    from gatelodge.inspector.tracing import Tracing


async def prepare(config: Config, db: Database, vault: Vault, clock: Clock) -> None:
    """Register its sample application; the demo plants it with everything else. Raises `ops.refusals.Refused`."""
    if config.demo or not config.server.playground:
        return
    from gatelodge.playground import planting

    await planting.prepare(db, config.server.issuer, planting.secret_of(vault), config.legacy, clock.now())


def routes(on: Foundation, pages: Pages, tracing: "Tracing | None") -> tuple[Route, ...]:
    """Return its pages and its API; they have a way out of their own, so nobody else waits for them."""
    if not on.config.plays:
        return ()
    from gatelodge.demo import data as demo_data
    from gatelodge.demo.pages import orders
    from gatelodge.playground import planting, setting, stub_issuer

    outbound = Outbound(allow_loopback=not on.site.secure)
    here = setting.PlaygroundConfig(
        issuer=on.site.issuer,
        workloads=stub_issuer.StubIssuer.of(on.site.issuer, on.vault),
        secret=demo_data.PLAYGROUND_SECRET if on.config.demo else planting.secret_of(on.vault),
        code_lifetime=on.config.tokens.code_lifetime,
        legacy=on.config.legacy,
        tracing=tracing,
        inspected=on.config.demo and tracing is not None,
    )
    return (
        *setting.routes(pages, here, outbound, on.clock, on.entropy),
        *orders.routes(on.site.issuer, here.secret, outbound, on.clock),
    )
