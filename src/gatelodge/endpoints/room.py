"""Opening the room: the door, and the rows of the route table that speak the protocol."""

from collections.abc import Sequence

from gatelodge.authn.ways import Ways
from gatelodge.client_auth import METHODS, ClientProofs
from gatelodge.endpoints import check_session, related_origins
from gatelodge.endpoints.adapter import HttpAdapter
from gatelodge.endpoints.authorize import AuthorizeEndpoint
from gatelodge.endpoints.device_authorization import DeviceAuthorizationEndpoint
from gatelodge.endpoints.discovery import JwksEndpoint, MetadataEndpoint
from gatelodge.endpoints.end_session import EndSessionEndpoint, LogoutPages
from gatelodge.endpoints.failures import ErrorPage, Failures
from gatelodge.endpoints.hints import Hints
from gatelodge.endpoints.introspect import IntrospectEndpoint
from gatelodge.endpoints.next_pages import NextPages
from gatelodge.endpoints.presented import TokenCallers
from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.push import PushEndpoint
from gatelodge.endpoints.revoke import RevokeEndpoint
from gatelodge.endpoints.routes import Route, Table
from gatelodge.endpoints.token import TokenEndpoint
from gatelodge.endpoints.userinfo import UserInfoEndpoint
from gatelodge.foundation.contract import Foundation
from gatelodge.grants.contract import AnyGrant
from gatelodge.grants.room import Granting
from gatelodge.ops.room import Ops
from gatelodge.protocol.claim_scopes import STANDARD
from gatelodge.protocol.metadata import Mounted, describe
from gatelodge.protocol.response_type import MODES, enabled
from gatelodge.protocol.scope import ACCOUNT
from gatelodge.sessions.room import SessionsRoom
from gatelodge.sessions.states import BrowserStates
from gatelodge.telemetry.notes import NoteKeeper
from gatelodge.tokens.room import TokensRoom

SCOPES = ("openid", "profile", "email", "phone", "address", "offline_access", ACCOUNT)


def door(on: Foundation, routes: Sequence[Route], error_page: ErrorPage, keeper: NoteKeeper | None) -> HttpAdapter:
    """Return the door behind which all `routes` are; `keeper` makes something of what is noted of requests."""
    table, states = Table(routes, on.site.base), browser_states(on)
    return HttpAdapter(on.site, table, Failures(error_page), on.clock, on.entropy, keeper, states)


def browser_states(on: Foundation) -> BrowserStates | None:
    """Return what tells applications in a frame whether somebody is still signed in; `None` where that is off."""
    return BrowserStates(on.mint, on.entropy) if on.config.legacy.session_management else None


def machine_routes(
    on: Foundation, proofs: ClientProofs, granting: Granting, ops: Ops, tokens: TokensRoom
) -> tuple[Route, ...]:
    """Return the endpoints that clients and APIs call."""
    token = TokenEndpoint(granting.grants, proofs, granting.contexts, on.db, on.keys, tokens.dpop).handle
    callers = TokenCallers(tokens.own, on.registry, tokens.dpop)
    userinfo = UserInfoEndpoint(on.site.issuer, callers, on.registry).handle
    introspect = IntrospectEndpoint(proofs, tokens.introspection).handle
    revoke = RevokeEndpoint(proofs, tokens.revocation).handle
    device = DeviceAuthorizationEndpoint(proofs, ops.devices, on.registry, on.clock).handle
    jwks = JwksEndpoint(on.keys, on.clock).handle
    both = {"GET": userinfo, "POST": userinfo}
    return (
        Route("token", "/token", {"POST": token}, "machine", cors=True, metadata="token_endpoint"),
        Route(
            "device_authorization",
            "/device_authorization",
            {"POST": device},
            "machine",
            metadata="device_authorization_endpoint",
        ),
        Route("userinfo", "/userinfo", both, "machine", cors=True, metadata="userinfo_endpoint"),
        Route("introspection", "/introspect", {"POST": introspect}, "machine", metadata="introspection_endpoint"),
        Route("revocation", "/revoke", {"POST": revoke}, "machine", cors=True, metadata="revocation_endpoint"),
        Route("jwks", "/jwks", {"GET": jwks}, "machine", cors=True, metadata="jwks_uri"),
        *related_origins.routes(on.site.origin, on.config.passkeys),
    )


def push_routes(
    on: Foundation, proofs: ClientProofs, sessions: SessionsRoom, ops: Ops, prompts: Prompts, tokens: TokensRoom
) -> tuple[Route, ...]:
    """Return the endpoint that clients push authorization requests to."""
    arrivals = prompts.arrivals
    push = PushEndpoint(proofs, ops.sent, ops.authorizations, sessions.pushed, arrivals, on.clock, tokens.dpop).handle
    member = "pushed_authorization_request_endpoint"
    return (Route("pushed_authorization_request", "/par", {"POST": push}, "machine", cors=True, metadata=member),)


def prompts(on: Foundation, sessions: SessionsRoom, ops: Ops, ways: Ways) -> Prompts:
    """Return what has people asked, for every kind of request that waits for them."""
    return Prompts(
        on.site.base,
        sessions.browsers,
        sessions.interactions,
        ops.signposts,
        ways,
        NextPages(ways, sessions.sign_ins),
        on.clock,
        Hints(sessions.browsers, on.subjects, on.db),
    )


def browser_routes(
    on: Foundation, sessions: SessionsRoom, ops: Ops, tokens: TokensRoom, pages: LogoutPages, prompts: Prompts
) -> tuple[Route, ...]:
    """Return the endpoints that clients send browsers to."""
    site, browsers = on.site, sessions.browsers
    asking = (ops.sent, ops.authorizations, browsers, sessions.interactions, prompts)
    answering = (tokens.front, tokens.answers, browser_states(on))
    authorize = AuthorizeEndpoint(site.base, *asking, *answering).handle
    logout = EndSessionEndpoint(
        site.issuer, site.base, pages, browsers, on.registry, on.keys, on.db, on.clock, on.subjects
    ).handle
    asked = check_session.routes(site.base, secure=site.secure) if on.config.legacy.session_management else ()
    begin, end = {"GET": authorize, "POST": authorize}, {"GET": logout, "POST": logout}
    return (
        Route("authorization", "/authorize", begin, metadata="authorization_endpoint", acts=True),
        Route("end_session", "/logout", end, metadata="end_session_endpoint", acts=True),
        *asked,
    )


def discovery_routes(
    on: Foundation, routes: Sequence[Route], grants: Sequence[AnyGrant], acrs: frozenset[str]
) -> tuple[Route, ...]:
    """Return the metadata of all `routes`, at every address a client may look for it.

    RFC 8414 3.1, OpenID Connect Discovery 4.
    """
    metadata = MetadataEndpoint(describe(mounted(on, routes, grants, acrs)), on.registry)
    handlers = {"GET": metadata.handle}
    at_issuer = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
    found = [Route("discovery", path, handlers, "machine", cors=True) for path in at_issuer]
    if on.site.base:
        found += [
            Route("discovery", path + on.site.base, handlers, "machine", True, at_root=True) for path in at_issuer
        ]
    return tuple(found)


def mounted(on: Foundation, routes: Sequence[Route], grants: Sequence[AnyGrant], acrs: frozenset[str]) -> Mounted:
    """Describe what is served."""
    legacy = on.config.legacy
    implicit: Sequence[str] = ("implicit",) if legacy.implicit else ()
    return Mounted(
        issuer=on.site.issuer,
        endpoints={route.metadata: route.path for route in routes if route.metadata},
        grants=(*(grant.grant_type for grant in grants), *implicit),
        response_types=tuple(sorted(enabled(legacy))),
        response_modes=MODES,
        auth_methods=tuple(method.name for method in METHODS),
        scopes=SCOPES,
        claims=STANDARD.supported(),
        acr_values=tuple(sorted(acrs)),
        require_pushed=on.config.authorization.require_pushed,
    )
