"""Opening the room: the pages of one server, what they share, and their rows of the route table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatelodge.authn.enrolment import PATH
from gatelodge.authn.passkeys import AFTER
from gatelodge.authn.room import Authn
from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.routes import Route
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.room import Ops
from gatelodge.sessions.room import SessionsRoom
from gatelodge.web.administrators import Administrators
from gatelodge.web.consent import ConsentPage
from gatelodge.web.files import StaticFiles
from gatelodge.web.forms import Forms
from gatelodge.web.home import HomePage
from gatelodge.web.interaction_kind import InteractionKind, KindEquipment
from gatelodge.web.login import LoginPage
from gatelodge.web.logos import Logos
from gatelodge.web.logout import LogoutPage
from gatelodge.web.looks import read_looks
from gatelodge.web.own_routes import OwnRoutes
from gatelodge.web.pages import Pages
from gatelodge.web.passkey_after import PasskeyAfterPage
from gatelodge.web.select_account import SelectAccountPage
from gatelodge.web.set_up import GoOnPage, SetUpPages
from gatelodge.web.sign_in_context import SignInContexts
from gatelodge.web.sign_in_steps import GO_ON, SignInSteps


@dataclass(frozen=True, slots=True)
class Web:
    """What pages share, also those of other rooms: how they look, who administrators are, the ways to sign out."""

    pages: Pages
    admins: Administrators
    logout: LogoutPage
    kinds: Sequence[type[InteractionKind]]


def open(on: Foundation, sessions: SessionsRoom, authn: Authn, kinds: Sequence[type[InteractionKind]]) -> Web:
    """Open the room; `kinds` are what may wait for a person."""
    config = on.config
    traces = config.demo and config.server.inspector  # whoever looks at a demo is its only person
    templates = frozenset(way.templates for way in authn.ways.listed)
    pages = Pages(
        on.site.issuer,
        demo=config.demo,
        inspector=traces,
        playground=config.plays,
        ways=templates,
        looks=read_looks(config.looks),
        registers=on.letters.are_sent and config.accounts.registration in ("open", "domains"),
        recovers=on.letters.are_sent and config.accounts.recovery,
        regains=on.letters.are_sent and config.accounts.recovery and config.accounts.recovery_delay_hours > 0,
    )
    admins = Administrators(pages, sessions.browsers, on.db, on.clock, config.sessions.admin_lifetime)
    return Web(pages, admins, LogoutPage(pages, sessions.browsers, sessions.csrf_key), kinds)


def routes(
    on: Foundation,
    web: Web,
    sessions: SessionsRoom,
    ops: Ops,
    authn: Authn,
    prompts: Prompts,
    demo: Mapping[str, object],
) -> tuple[Route, ...]:
    """Return the pages; `demo` is what the home page tells of one."""
    pages, browsers = web.pages, sessions.browsers
    kinds = _kinds(on, web, sessions, ops, prompts)
    forms = Forms(on.site.base, sessions.csrf_key, browsers, sessions.interactions, kinds, ops.signposts)
    found = SignInContexts(sessions.csrf_key, browsers, forms, sessions.sign_ins)
    steps = SignInSteps(on.site.base, found, browsers, sessions.sign_ins, sessions.trusted, authn.ways)
    login = {way.name: LoginPage(pages, found, steps, authn.ways, way) for way in authn.ways.listed}
    set_up, go_on = SetUpPages(pages, found, steps, authn.ways), GoOnPage(pages, found, steps, authn.ways)
    own = [OwnRoutes(page, login, browsers, sessions.csrf_key) for page in login.values()]
    consent = ConsentPage(pages, forms, prompts, ops.consents, on.registry, on.db)
    account = SelectAccountPage(pages, forms, browsers, on.db)
    lifetime = on.config.sessions.change_lifetime
    after = authn.passkeys and PasskeyAfterPage(pages, found, browsers, authn.passkeys, on.db, on.clock, lifetime)
    return (
        *(Route("login", page.way.path, {"GET": page.show, "POST": page.submit}) for page in login.values()),
        *(route for routes in own for route in routes.routes()),
        Route("login_set_up", f"{PATH}/{{kind}}", {"GET": set_up.show, "POST": set_up.submit}),
        Route("login_go_on", GO_ON, {"GET": go_on.show, "POST": go_on.submit}),
        *(route for kind in kinds for route in kind.routes()),
        *((Route("passkey_after", AFTER, {"GET": after.show, "POST": after.submit}),) if after else ()),
        Route("consent", "/consent", {"GET": consent.show, "POST": consent.submit}),
        Route("select_account", "/select-account", {"GET": account.show, "POST": account.submit}),
        Route("home", "/", {"GET": HomePage(pages, web.admins.is_signed_in, demo).show}),
        Route("static", "/static/{name}", {"GET": StaticFiles(pages.assets).show}),
        Route("logo", "/logo/{name}", {"GET": Logos(on.db).show}),
    )


def contexts(on: Foundation, web: Web, sessions: SessionsRoom, ops: Ops, prompts: Prompts) -> SignInContexts:
    """Return what finds out what a sign-in is for, for the pages of other rooms that go on with one."""
    kinds = _kinds(on, web, sessions, ops, prompts)
    forms = Forms(on.site.base, sessions.csrf_key, sessions.browsers, sessions.interactions, kinds, ops.signposts)
    return SignInContexts(sessions.csrf_key, sessions.browsers, forms, sessions.sign_ins)


def _kinds(on: Foundation, web: Web, sessions: SessionsRoom, ops: Ops, prompts: Prompts) -> Sequence[InteractionKind]:
    equipment = KindEquipment(on, prompts, ops, web.pages, sessions.typed_codes, sessions.csrf_key)
    return [kind.open(equipment) for kind in web.kinds]
