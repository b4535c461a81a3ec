"""The application: one table of routes, and the ASGI callable that serves it."""

import gc
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import structlog

from gatelodge.authn import REACHABLE_ACRS
from gatelodge.client_auth import METHODS
from gatelodge.config.policies import Config
from gatelodge.endpoints.adapter import Door, Send
from gatelodge.endpoints.authorize import AuthorizeEndpoint
from gatelodge.endpoints.discovery import JwksEndpoint, MetadataEndpoint
from gatelodge.endpoints.end_session import EndSessionEndpoint
from gatelodge.endpoints.failures import Failures
from gatelodge.endpoints.introspect import IntrospectEndpoint
from gatelodge.endpoints.reading import Receive
from gatelodge.endpoints.revoke import RevokeEndpoint
from gatelodge.endpoints.routes import Route, Table
from gatelodge.endpoints.token import TokenEndpoint
from gatelodge.endpoints.userinfo import UserInfoEndpoint
from gatelodge.ops.consents import Consents
from gatelodge.outbound import Outbound
from gatelodge.protocol.claims import supported_claims
from gatelodge.protocol.metadata import Mounted, describe
from gatelodge.protocol.response_type import enabled
from gatelodge.server import Foundation, Server, build, lay_foundation
from gatelodge.web.administrators import Administrators, everybody
from gatelodge.web.consent import ConsentPage
from gatelodge.web.files import StaticFiles
from gatelodge.web.forms import Forms
from gatelodge.web.home import HomePage
from gatelodge.web.login import LoginPage
from gatelodge.web.logout import LogoutPage
from gatelodge.web.occasions import Occasions
from gatelodge.web.pages import Pages
from gatelodge.web.select_account import SelectAccountPage

_log = structlog.stdlib.get_logger()

Lay = Callable[[Config], Awaitable[Foundation]]
SCOPES = ("openid", "profile", "email", "phone", "address", "offline_access")


class App:
    """The ASGI application of one process: builds the server when the process starts, ends it when it stops."""

    def __init__(self, config: Config, lay: Lay = lay_foundation) -> None:
        self._config = config
        self._lay = lay
        self._door: Door | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._door is None:
                raise RuntimeError("the application answers only after its lifespan has started")
            await self._door.serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            foundation = await self._lay(self._config)
        except Exception as error:  # noqa: BLE001 - whatever it is, the operator gets one line and the process ends
            _log.error("cannot start", reason=str(error))
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        self._door = open_door(build(foundation))
        _spare_the_collector()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._door = None
        await foundation.close()
        await send({"type": "lifespan.shutdown.complete"})


def _spare_the_collector() -> None:
    """Take what lives as long as the process out of the collector's rounds, which would cost milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def open_door(server: Server) -> Door:
    """Return the door behind which this server stands."""
    on = server.foundation
    pages = Pages(on.site.issuer, demo=on.config.demo, inspector=_shows_traces(on), playground=plays(on.config))
    table = Table(routes(server, pages), on.site.base)
    return Door(on.site, table, Failures(pages.error), on.clock, on.entropy, on.tracing)


def routes(server: Server, pages: Pages) -> tuple[Route, ...]:
    """Return every route of this server. What is only there to look at is imported where it is mounted."""
    on = server.foundation
    demo = demo_routes(on, pages) if on.config.demo else ()
    played = play_routes(on, pages) if plays(on.config) else ()
    admins = Administrators(pages, server.browsers, on.db, on.clock, on.config.sessions.admin_lifetime)
    own = (*page_routes(server, pages, admins), *inspector_routes(on, pages, admins))
    return (*machine_routes(server), *own, *discovery_routes(server), *demo, *played)


def demo_routes(on: Foundation, pages: Pages) -> tuple[Route, ...]:
    """The demo's applications."""
    from gatelodge.demo import pages as demo
    from gatelodge.demo.pages.line import to_own_server

    return demo.routes(pages, to_own_server(on.site.issuer, on.outbound), on.entropy)


def shown_at_home(on: Foundation) -> Mapping[str, object]:
    """What the home page tells of the demo."""
    if not on.config.demo:
        return {}
    from gatelodge.demo import data as demo_data

    return demo_data.shown(on.site.issuer)


def inspector_routes(on: Foundation, pages: Pages, admins: Administrators) -> tuple[Route, ...]:
    """The pages that show traces, or say how to have some."""
    guard = everybody if on.config.demo else admins.only
    if on.tracing is None:
        from gatelodge.inspector import off as inspector_off

        return inspector_off.routes(pages, guard)
    from gatelodge.inspector import pages as inspector

    return inspector.routes(pages, on.tracing, guard)


def play_routes(on: Foundation, pages: Pages) -> tuple[Route, ...]:
    """The playground and the API it calls; they have a way out of their own, so nobody else waits for them."""
    from gatelodge import playground
    from gatelodge.demo import data as demo_data
    from gatelodge.demo.pages import orders
    from gatelodge.playground import planting as sample

    outbound = Outbound(allow_loopback=not on.site.secure)
    setting = playground.Setting(
        issuer=on.site.issuer,
        secret=demo_data.PLAYGROUND_SECRET if on.config.demo else sample.secret_of(on.vault),
        code_lifetime=on.config.tokens.code_lifetime,
        legacy=on.config.legacy,
        tracing=on.tracing,
        inspected=_shows_traces(on),
    )
    return (
        *playground.routes(pages, setting, outbound, on.clock, on.entropy),
        *orders.routes(on.site.issuer, outbound, on.clock),
    )


def plays(config: Config) -> bool:
    """Whether there is a playground here."""
    return config.demo or config.server.playground


def _shows_traces(on: Foundation) -> bool:
    """Whether everybody is shown the way to traces: in the demo, where whoever looks is its only person."""
    return on.config.demo and on.tracing is not None


def machine_routes(server: Server) -> tuple[Route, ...]:
    """The endpoints that clients and APIs call."""
    on = server.foundation
    token = TokenEndpoint(server.grants, server.proofs, server.desks, on.db, on.keys)
    introspect = IntrospectEndpoint(server.proofs, server.introspection)
    revoke = RevokeEndpoint(server.proofs, server.revocation)
    userinfo = UserInfoEndpoint(server.own, on.registry)
    jwks = JwksEndpoint(on.keys, on.clock)
    return (
        Route("token", "/token", {"POST": token.handle}, "machine", cors=True),
        Route("userinfo", "/userinfo", {"GET": userinfo.handle, "POST": userinfo.handle}, "machine", cors=True),
        Route("introspection", "/introspect", {"POST": introspect.handle}, "machine"),
        Route("revocation", "/revoke", {"POST": revoke.handle}, "machine", cors=True),
        Route("jwks", "/jwks", {"GET": jwks.handle}, "machine", cors=True),
    )


def page_routes(server: Server, pages: Pages, admins: Administrators) -> tuple[Route, ...]:
    """The endpoints that browsers come to."""
    on, browsers, interactions = server.foundation, server.browsers, server.interactions
    forms = Forms(on.site.base, server.csrf_key, browsers, interactions, server.authorizations)
    authorize = AuthorizeEndpoint(
        on.site.base, server.authorizations, browsers, interactions, server.front, on.clock, REACHABLE_ACRS
    )
    login = LoginPage(pages, Occasions(server.csrf_key, browsers, forms), browsers, server.sign_in)
    consents = Consents(on.db, interactions, on.clock)
    consent = ConsentPage(pages, forms, browsers, consents, on.registry, on.db, on.clock)
    account = SelectAccountPage(pages, forms, browsers, on.db)
    logout = EndSessionEndpoint(
        on.site.issuer, LogoutPage(pages, browsers, server.csrf_key), browsers, on.registry, on.keys, on.db, on.clock
    )
    return (
        Route("authorization", "/authorize", {"GET": authorize.handle, "POST": authorize.handle}),
        Route("login", "/login", {"GET": login.show, "POST": login.submit}),
        Route("consent", "/consent", {"GET": consent.show, "POST": consent.submit}),
        Route("select_account", "/select-account", {"GET": account.show, "POST": account.submit}),
        Route("end_session", "/logout", {"GET": logout.handle, "POST": logout.handle}),
        Route("home", "/", {"GET": HomePage(pages, admins.is_signed_in, shown_at_home(on)).show}),
        Route("static", "/static/{name}", {"GET": StaticFiles(pages.assets).show}),
    )


def discovery_routes(server: Server) -> tuple[Route, ...]:
    """The metadata, at every address a client may look for it (RFC 8414 3.1, OpenID Connect Discovery 4)."""
    on = server.foundation
    metadata = MetadataEndpoint(describe(mounted(server, machine_paths(server))), on.registry)
    handlers = {"GET": metadata.handle}
    at_issuer = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
    found = [Route("discovery", path, handlers, "machine", cors=True) for path in at_issuer]
    if on.site.base:
        found += [
            Route("discovery", path + on.site.base, handlers, "machine", True, at_root=True) for path in at_issuer
        ]
    return tuple(found)


def machine_paths(server: Server) -> dict[str, str]:
    """Return the metadata members that name an endpoint."""
    named = {route.name: route.path for route in machine_routes(server)}
    return {
        "authorization_endpoint": "/authorize",
        "token_endpoint": named["token"],
        "userinfo_endpoint": named["userinfo"],
        "jwks_uri": named["jwks"],
        "introspection_endpoint": named["introspection"],
        "revocation_endpoint": named["revocation"],
        "end_session_endpoint": "/logout",
    }


def mounted(server: Server, endpoints: dict[str, str]) -> Mounted:
    """Describe what is served."""
    config = server.foundation.config
    implicit: Sequence[str] = ("implicit",) if config.legacy.implicit else ()
    return Mounted(
        issuer=server.foundation.site.issuer,
        endpoints=endpoints,
        grants=(*(grant.grant_type for grant in server.grants), *implicit),
        response_types=tuple(sorted(enabled(config.legacy))),
        response_modes=("query", "fragment", "form_post"),
        auth_methods=tuple(method.name for method in METHODS),
        scopes=SCOPES,
        claims=supported_claims(),
        acr_values=tuple(sorted(REACHABLE_ACRS)),
    )
