"""The pages over the real pieces they use: a SQLite file, sessions, passwords. Only the clock is ours."""

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.password import PasswordSignIn
from gatelodge.authn.throttle import Throttle
from gatelodge.authn.ways import Ways
from gatelodge.config.policies import DatabasePolicy, LegacyPolicy, SessionPolicy, SignInPolicy
from gatelodge.database import migrate
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Database
from gatelodge.endpoints.hints import Hints
from gatelodge.endpoints.next_pages import NextPages
from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.request import Handler, Request
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.mint import Mint
from gatelodge.mail.letters import Letters
from gatelodge.ops.authorization import KIND, Authorizations
from gatelodge.ops.consents import Consents
from gatelodge.ops.signposts import Signposts
from gatelodge.protocol.assurance import FactorPolicy
from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.subjects import Subjects
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.interactions import Interactions
from gatelodge.sessions.sign_ins import SignIns
from gatelodge.sessions.trusted import TrustedBrowsers
from gatelodge.stores import apis, clients, credentials, users
from gatelodge.stores.registry import Registry
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import Origin
from gatelodge.web.authorization import AuthorizationKind
from gatelodge.web.consent import ConsentPage
from gatelodge.web.forms import Forms
from gatelodge.web.login import LoginPage
from gatelodge.web.logout import LogoutPage
from gatelodge.web.pages import Pages
from gatelodge.web.select_account import SelectAccountPage
from gatelodge.web.sign_in_context import SignInContexts
from gatelodge.web.sign_in_steps import SignInSteps

ISSUER = "https://id.test"
MINT = Mint(b"e" * 16, b"m" * 32)
KEY = b"k" * 32
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SHOP = Client(
    "shop",
    "Orchard Shop",
    "web",
    "client_secret_basic",
    redirect_uris=("https://rp.test/cb",),
    grants=frozenset({"authorization_code", "refresh_token"}),
    response_types=frozenset({"code"}),
    scopes=frozenset({"openid", "profile", "email", "offline_access", "orders:read", "orders:write"}),
)
ORDERS = Api("https://api.test/orders", "Orders", {"orders:read": "See your orders", "orders:write": "Change orders"})
CHEAP = SignInPolicy(argon2_memory_kib=64, argon2_passes=1, hash_queue=1, account_failures=3)
ASKED = {
    "client_id": "shop",
    "redirect_uri": "https://rp.test/cb",
    "response_type": "code",
    "scope": "openid email orders:read orders:write",
    "state": "state-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class FakeClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_800_000_000

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return float(self.at)


class Randomness:
    """The machine's."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


@dataclass
class House:
    """The parts the pages are made of, and the pages."""

    db: Database
    clock: FakeClock
    passwords: PasswordPool
    browsers: Browsers
    interactions: Interactions
    login: LoginPage
    consent: ConsentPage
    select_account: SelectAccountPage
    logout: LogoutPage
    alice: UserRecord
    bob: UserRecord

    async def park(self, visitor: "Visitor", **changes: str) -> str:
        """Park an authorization request of this visitor's browser and return its handle."""
        request = visitor.request("GET", "/authorize", "", {})
        browser = self.browsers.identify(request)
        visitor.take(Reply(200, cookies=browser.cookies))
        params = urlencode({**ASKED, **changes})
        return (await self.interactions.park(KIND, params, browser)).handle

    async def sign_in(self, visitor: "Visitor", handle: str, username: str = "alice") -> Reply:
        """Sign in through the page."""
        return await visitor.fill(self.login.show, self.login.submit, handle, username=username, password="wonderland")


@dataclass
class Visitor:
    """A browser: keeps cookies, fills in forms."""

    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def get(self, page: Handler, handle: str) -> Reply:
        return self.take(await page(self.request("GET", "/page", f"interaction={handle}", {})))

    async def post(self, page: Handler, handle: str, form: dict[str, str | list[str]]) -> Reply:
        return self.take(await page(self.request("POST", "/page", f"interaction={handle}", form)))

    async def fill(self, show: Handler, submit: Handler, handle: str, **fields: str | list[str]) -> Reply:
        """Open a page and submit its form with these fields."""
        shown = await self.get(show, handle)
        return await self.post(submit, handle, {"csrf": csrf_in(shown), **fields})

    def take(self, reply: Reply) -> Reply:
        for cookie in reply.cookies:
            self.cookies[cookie.name] = cookie.value
        return reply

    def lose(self, kind: str) -> None:
        """Forget the cookies whose names begin so."""
        self.cookies = {name: value for name, value in self.cookies.items() if not name.startswith(kind)}

    def request(self, method: str, path: str, query: str, form: dict[str, str | list[str]]) -> Request:
        headers = {"sec-fetch-site": "same-origin", "origin": "null"} if method == "POST" else {}
        sent = Params.parse(urlencode(form, doseq=True).encode())
        origin = Origin("request-1", "203.0.113.9")
        return Request(method, path, Params.parse(query.encode()), sent, headers, dict(self.cookies), origin)


def csrf_in(reply: Reply) -> str:
    """Return the token of the form on a page."""
    return reply.body.decode().partition('name="csrf" value="')[2].partition('"')[0]


def back_to_authorize(reply: Reply, handle: str) -> bool:
    """Whether a reply leads to `/authorize` with the same handle, by a GET."""
    location = urlsplit(dict(reply.headers)["location"])
    return (
        reply.status == 303 and location.path == "/authorize" and parse_qsl(location.query) == [("interaction", handle)]
    )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    policy = DatabasePolicy(url=f"sqlite:///{tmp_path / 'house.db'}")
    migrate.up(policy)
    db, clock, passwords = open_database(policy), FakeClock(), PasswordPool(CHEAP, Randomness())
    await db.start()
    alice = await add_user(db, passwords, "alice", "Alice Liddell")
    bob = await add_user(db, passwords, "bob", "Bob Builder")
    await db.write(clients.add, SHOP, 0)
    await db.write(apis.add, ORDERS, 0)
    yield build(db, clock, passwords, alice, bob)
    passwords.close()
    await db.close()


async def add_user(db: Database, passwords: PasswordPool, username: str, name: str) -> UserRecord:
    new = NewUser(sub=f"sub-{username}", username=username, email=f"{username}@example.test", name=name)
    user = await db.write(users.add, new, 0)
    await db.write(credentials.set_password, user.id, await passwords.hash("wonderland"), 0)
    return user


def build(db: Database, clock: FakeClock, passwords: PasswordPool, alice: UserRecord, bob: UserRecord) -> House:
    """Put the pages together as the server does."""
    known, key = KnownBrowsers([KEY], Randomness()), csrf.key_of([KEY], ISSUER)
    browsers = Browsers(db, MINT, known, clock, Randomness(), SessionPolicy(), Letters(None))
    interactions = Interactions(db, MINT, clock, Randomness(), 1800, 86_400)
    registry = Registry(db, clock)
    no_keys = cast("SigningKeys", None)  # only an id_token_hint needs them, and none is sent here
    authorizations = Authorizations(ISSUER, registry, no_keys, LegacyPolicy(), clock)
    pages, signposts = Pages(ISSUER), Signposts([KEY], registry)
    forms = Forms("", key, browsers, interactions, [AuthorizationKind(authorizations)], signposts)
    password = PasswordSignIn(db, clock, passwords, Throttle(KEY, CHEAP, Letters(None)), known)
    ways = Ways((password,), db, clock, FactorPolicy())
    sign_ins = SignIns(db, MINT, clock, Randomness())
    contexts = SignInContexts(key, browsers, forms, sign_ins)
    trusted = TrustedBrowsers(db, MINT, clock, Randomness(), 30)
    steps = SignInSteps("", contexts, browsers, sign_ins, trusted, ways)
    prompts = Prompts(
        "",
        browsers,
        interactions,
        signposts,
        ways,
        NextPages(ways, sign_ins),
        clock,
        Hints(browsers, Subjects(b"s" * 32), db),
    )
    return House(
        db,
        clock,
        passwords,
        browsers,
        interactions,
        LoginPage(pages, contexts, steps, ways, password),
        ConsentPage(pages, forms, prompts, Consents(db, interactions, clock), registry, db),
        SelectAccountPage(pages, forms, browsers, db),
        LogoutPage(pages, browsers, key),
        alice,
        bob,
    )
