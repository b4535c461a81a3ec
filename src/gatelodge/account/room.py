"""Opening the room: the pages of a person's own account, and their rows of the route table."""

from collections.abc import Iterable

from gatelodge.account import PAGES
from gatelodge.account.contract import AccountEquipment, AccountPage
from gatelodge.account.served import AccountFrame, ServedAccountPage, ServedOverview
from gatelodge.authn.room import Authn
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.sessions.room import SessionsRoom
from gatelodge.web.room import Web


def routes(
    on: Foundation, web: Web, sessions: SessionsRoom, authn: Authn, pages: Iterable[type[AccountPage]] = PAGES
) -> tuple[Route, ...]:
    """Return the pages of the account: the overview, and those that are listed."""
    equipment = AccountEquipment(on, authn, sessions.browsers)
    listed = tuple(page.open(equipment) for page in pages)
    frame = AccountFrame(web.pages, sessions.browsers, sessions.csrf_key, on.db, listed)
    return (
        Route("account", "/account", {"GET": ServedOverview(frame).show}),
        *(_route(ServedAccountPage(frame, page)) for page in listed),
    )


def _route(served: ServedAccountPage) -> Route:
    name = served.page.name
    handlers = {"GET": served.show} | ({"POST": served.submit} if served.page.acts else {})
    return Route(f"account_{name}", f"/account/{name}", handlers)
