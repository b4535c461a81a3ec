"""Opening the room: the pages of a person's own account, and their rows of the route table."""

from collections.abc import Iterable
from dataclasses import replace

from gatelodge.account import PAGES
from gatelodge.account.api import AccountApi
from gatelodge.account.contract import AccountEquipment, AccountPage
from gatelodge.account.frame import AccountFrame
from gatelodge.account.fresh import RecentProof
from gatelodge.account.held import HeldForms
from gatelodge.account.served import ServedAccountPage, ServedHeldForm, ServedOverview
from gatelodge.account.switch import NAME as SWITCH
from gatelodge.account.switch import ServedSwitch
from gatelodge.authn.room import Authn
from gatelodge.endpoints.presented import TokenCallers
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.sessions.room import SessionsRoom
from gatelodge.tokens.room import TokensRoom
from gatelodge.web.own_pages import ACCOUNT_HELD
from gatelodge.web.room import Web


def routes(
    on: Foundation,
    web: Web,
    sessions: SessionsRoom,
    authn: Authn,
    tokens: TokensRoom,
    pages: Iterable[type[AccountPage]] = PAGES,
) -> tuple[Route, ...]:
    """Return the pages of the account: the overview, and those that are listed."""
    equipment = AccountEquipment(on, authn, sessions.browsers)
    listed: tuple[AccountPage, ...] = ()
    for page in pages:
        listed = (*listed, page.open(replace(equipment, opened=listed)))
    held = HeldForms(on.db, on.mint, on.clock, on.entropy)
    recent = RecentProof(held, on.clock, on.config.sessions.change_lifetime, authn.ways)
    frame = AccountFrame(web.pages, sessions.browsers, sessions.csrf_key, on.db, recent, listed)
    callers = TokenCallers(tokens.own, on.registry, tokens.dpop)
    api = AccountApi(on.site.issuer, callers, on.db, recent, listed)
    switch = ServedSwitch(frame)
    return (
        Route("account_api", "/account/api/{part}", {"GET": api.show}, "machine"),
        Route("account_api", "/account/api/{part}/{act}", {"POST": api.act}, "machine", reads_json=True),
        Route("account", "/account", {"GET": ServedOverview(frame).show}),
        Route("account_held", ACCOUNT_HELD.path, {"GET": ServedHeldForm(frame).show}),
        Route("account_switch", f"/account/{SWITCH}", {"GET": switch.show, "POST": switch.submit}),
        *(_route(ServedAccountPage(frame, page)) for page in listed),
    )


def _route(served: ServedAccountPage) -> Route:
    name = served.page.name
    handlers = {"GET": served.show} | ({"POST": served.submit} if served.page.acts else {})
    return Route(f"account_{name}", f"/account/{name}", handlers)
