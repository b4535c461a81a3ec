"""Whatever a second browser does that knows all of the first one, the first one sees no difference (people 1.10, 4)."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authn.factors import code_of, give_app, give_codes
from tests.conftest import FakeClock
from tests.entry.conftest import OPEN, SENDER
from tests.world import Browser, World, answer_of, config_for, form_of, open_world

from gatelodge.account import PAGES
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Tx
from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import links, sessions

pytestmark = pytest.mark.anyio

ALICES = ("credentials", "passkeys", "links", "recovery_codes", "trusted_browsers", "sessions", "consents", "families")


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    """alice has something of everything, and bob, who has the second browser, a password."""
    config = replace(config_for(database_policy.url), mail=SENDER, accounts=OPEN)
    async with open_world(config, clock) as world:
        on, alice = world.foundation, world.people["alice"].id
        elsewhere = UpstreamIdentity(issuer="https://corp.test", subject="alice")
        await on.db.write(links.add, alice, "corp", elsewhere, on.clock.now())
        await give_app(on, alice)
        await give_codes(on, alice)
        yield world


@dataclass
class First:
    """alice's browser, at a page."""

    world: World
    clock: FakeClock
    browser: Browser
    page: httpx2.Response

    @classmethod
    async def at(cls, world: World, clock: FakeClock, stage: str) -> "First":
        browser = world.browser()
        own = stage == "account"
        page = await (
            browser.follow(await browser.get("/account/sessions")) if own else browser.authorize(prompt="consent")
        )
        if stage != "sign in":
            page = await browser.sign_in(page, "alice")
        if stage in ("consent", "account"):
            clock.advance(30)
            page = await browser.submit(page, code=code_of(world.foundation))
        return cls(world, clock, browser, page)

    async def looks(self) -> str:
        """What the page says now, but for what is another each time."""
        text = (await self.browser.get(str(self.page.url))).text
        return re.sub(r"[\w~.-]{20,}", "", text)

    async def goes_on(self) -> bool:
        """Whether the first browser gets to where it was going."""
        page = self.page
        if page.url.path == "/account/sessions":
            return (await self.browser.get("/account")).status_code == 200
        if page.url.path == "/login":
            page = await self.browser.sign_in(page, "alice")
        if page.url.path == "/login/code":
            self.clock.advance(30)
            page = await self.browser.submit(page, code=code_of(self.world.foundation))
        if page.url.path == "/consent":
            page = await self.browser.allow(page)
        return "code" in answer_of(page)


class Second:
    """bob's browser, or a stranger's, that knows every address, form and id of the first."""

    def __init__(self, first: First, ids: Sequence[str]) -> None:
        self.world, self.first, self.ids = first.world, first, ids
        self.browser = first.world.browser("198.51.100.8")

    async def act(self, act: str, which: int) -> None:
        browser, page = self.browser, self.first.page
        query = page.url.query.decode()
        match act:
            case "look":
                await browser.follow(await browser.get(str(page.url)))
            case "send":
                await self._send(page, which)
            case "go on":
                path = ("/login", "/login/code", "/login/recovery", "/consent", "/select-account", "/authorize")[
                    which % 6
                ]
                await browser.follow(await browser.get(f"{path}?{query}"))
            case "begin":
                await browser.authorize()
            case "sign in":
                asked = await browser.authorize(prompt="login")
                await browser.sign_in(asked, "bob")
            case "account":
                await self._account(which)
            case "sign out":
                asked = await browser.follow(await browser.get("/logout"))
                if 'method="post"' in asked.text:
                    await browser.submit(asked, decision="sign_out")
            case _:
                await browser.post_form(await browser.get("/recover"), email="alice@example.org")

    async def _send(self, page: httpx2.Response, which: int) -> None:
        """Send the form that the first browser has, with what it would be sent with."""
        action, hidden = form_of(page)
        fields = (
            {"username": "bob", "password": "builder-of-things"},
            {"code": code_of(self.world.foundation)},
            {"decision": "allow", "scope": "openid"},
            {"decision": "deny"},
            {"act": "end_all"},
        )[which % 5]
        await self.browser.follow(await self.browser.http.post(action, data={**hidden, **fields}))

    async def _account(self, which: int) -> None:
        """Do something on a page of one's own account to what is another person's."""
        pages = [page for page in PAGES if page.acts]
        page, named = pages[which % len(pages)], self.ids[which % len(self.ids)]
        shown = await self.browser.follow(await self.browser.get(f"/account/{page.name}"))
        if shown.url.path.startswith("/account") and 'method="post"' in shown.text:
            everything = {"sid": named, "id": named, "link": named, "line": named, "client": "web1", "browser": named}
            for act in sorted(page.acts):
                await self.browser.post_form(shown, **everything, act=act)


async def alices(tx: Tx, user_id: int) -> dict[str, list[str]]:
    """All rows of a person, but for when they were used last."""
    found: dict[str, list[str]] = {}
    for table in ALICES:
        rows = await tx.all(f"select * from {table} where user_id = $1", user_id)
        found[table] = sorted(repr(row) for row in rows)
    return found


async def ids_of(world: World) -> list[str]:
    """The ids of what is alice's, as they stand in the database and on her pages."""
    alice, db = world.people["alice"].id, world.foundation.db
    rows = [str(one.id) for one in await db.read(links.list_of, alice)]
    there = [one.sid for one in await db.read(sessions.of_person, alice, world.foundation.clock.now())]
    return [*rows, *there, str(alice)]


WAYS_ON = ("/login", "/login/code", "/login/recovery", "/consent", "/select-account", "/authorize")
STAGES = ("sign in", "half way", "consent", "account")
ACTS = ("look", "send", "send", "go on", "begin", "sign in", "sign in", "account", "account", "sign out", "recover")
walks = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 29)), min_size=4, max_size=10)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stage=st.sampled_from(STAGES), walk=walks)
async def test_ADM_01_a_second_browser_changes_nothing_that_the_first_one_sees(
    world: World, clock: FakeClock, stage: str, walk: Sequence[tuple[str, int]]
) -> None:
    clock.advance(100_000)  # letters and guesses of the walk before are forgotten
    first = await First.at(world, clock, stage)
    second = Second(first, await ids_of(world))
    looks, alice = await first.looks(), world.people["alice"].id
    held = await world.foundation.db.read(alices, alice)

    for step in walk:
        await second.act(*step)

    assert await first.looks() == looks
    assert await world.foundation.db.read(alices, alice) == held
    assert await first.goes_on()
