"""Opening the room: the pages around a sign-in with another provider, and their rows of the route table."""

from gatelodge.authn.room import Authn
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.providers.failed import FailedPage
from gatelodge.providers.link import LinkPage
from gatelodge.sessions.room import SessionsRoom
from gatelodge.web.room import Web
from gatelodge.web.sign_in_context import SignInContexts


def routes(
    on: Foundation, web: Web, sessions: SessionsRoom, authn: Authn, contexts: SignInContexts
) -> tuple[Route, ...]:
    """Return the pages; `contexts` knows what a sign-in is for."""
    upstream, lifetime = authn.upstream, on.config.sessions.change_lifetime
    link = LinkPage(web.pages, sessions.browsers, sessions.csrf_key, contexts, upstream, on.db, on.clock, lifetime)
    return (
        Route("login_failed", "/login/failed", {"GET": FailedPage(web.pages, upstream.providers).show}),
        Route("link", "/link", {"GET": link.show, "POST": link.submit}),
    )
