"""Who is disabled, deleted, got another password or lost a factor: every old value of theirs is refused.

A value of each kind is made before and brought afterwards (people 1.10, 5); what outlives an ending works still.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from tests.authenticator import SoftwareKey
from tests.authn.factors import code_of, give_app, give_codes
from tests.authn.test_passkeys import Visit, enrol
from tests.conftest import FakeClock
from tests.entry.conftest import OPEN, SENDER, Mailbox
from tests.world import API, OPAQUE_API, PASSWORDS, SCOPES, Browser, World, config_for, exchange, open_world

from gatelodge.config.policies import DatabasePolicy
from gatelodge.ops import users as operators
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

ALICE, NEW = "alice@example.org", "four old bicycles in the rain"
SESSION = "gatelodge-session"


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    config = replace(config_for(database_policy.url), mail=SENDER, accounts=OPEN)
    async with open_world(config, clock) as world:
        yield world


@dataclass
class Held:
    """All that alice holds, each of a browser of its own."""

    world: World
    clock: FakeClock
    session: Browser
    tokens: dict[str, str]
    opaque: dict[str, str]
    code: str
    half: tuple[Browser, httpx2.Response]
    trusted: Browser
    link: str
    offered: Browser
    key: SoftwareKey
    codes: tuple[str, ...]

    async def works(self, name: str) -> bool:
        return await getattr(self, f"_{name}")()

    async def _session(self) -> bool:
        return (await self.session.get("/account")).status_code == 200

    async def _access_token(self) -> bool:
        return (await self.world.introspect(self.tokens["access_token"], "rs1")).get("active") is True

    async def _opaque_token(self) -> bool:
        return (await self.world.introspect(self.opaque["access_token"], "rs1")).get("active") is True

    async def _refresh_token(self) -> bool:
        form = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        return (await self.world.token("web1", **form)).status_code == 200

    async def _code(self) -> bool:
        return (await exchange(self.world, self.code)).status_code == 200

    async def _half_sign_in(self) -> bool:
        browser, page = self.half
        self.clock.advance(30)
        await browser.submit(page, code=code_of(self.world.foundation))
        return SESSION in str(browser.http.cookies)

    async def _trusted_browser(self) -> bool:
        for cookie in [one for one in self.trusted.http.cookies if one.endswith(SESSION)]:
            self.trusted.http.cookies.delete(cookie)
        page = await self.trusted.sign_in(await self.trusted.authorize(), "alice", await self._present())
        return not page.url.path.startswith("/login")

    async def _present(self) -> str:
        """The password of alice that is in force."""
        authn = self.world.server.authn.password
        for password in (PASSWORDS["alice"], NEW):
            try:
                await authn.authenticate("alice", password, Origin("r", "192.0.2.77"))
            except Exception:  # noqa: BLE001 - then it is the other one, or none
                continue
            return password
        return NEW

    async def _mailed_link(self) -> bool:
        return (await self.world.browser().get(self.link)).status_code == 200

    async def _password(self) -> bool:
        return await self._enters(PASSWORDS["alice"])

    async def _enters(self, password: str) -> bool:
        browser = self.world.browser()
        page = await browser.sign_in(await browser.authorize(), "alice", password)
        return page.url.path != "/login"

    async def _passkey(self) -> bool:
        visit = Visit(self.world)
        visit.browser = self.offered
        return (await visit.sign_in(self.key, prompt="login")).url.path != "/login/passkey"

    async def _recovery_code(self) -> bool:
        browser = self.world.browser()
        asked = await browser.sign_in(await browser.authorize(), "alice", await self._present())
        recovery = await browser.get(re.sub(r"/login/\w+\?", "/login/recovery?", str(asked.url)))
        if recovery.status_code != 200 or recovery.url.path != "/login/recovery":
            return False
        await browser.submit(recovery, code=self.codes[0])
        return SESSION in str(browser.http.cookies)


async def with_app(world: World, clock: FakeClock, browser: Browser, page: httpx2.Response, **fields: str) -> Any:
    """Sign in with password and app; the page that follows."""
    clock.advance(30)
    asked = await browser.sign_in(page, "alice")
    return await browser.submit(asked, code=code_of(world.foundation), **fields)


async def everything(world: World, clock: FakeClock) -> Held:
    on, alice = world.foundation, world.people["alice"].id
    await give_app(on, alice)
    codes = await give_codes(on, alice)
    session, asking, opaque, coding, half, trusted = (world.browser() for _ in range(6))

    async def code(browser: Browser, **changes: str) -> str:
        page = await with_app(world, clock, browser, await browser.authorize(**changes))
        done = await browser.allow(page) if page.url.path == "/consent" else page
        assert "location" in done.headers, (done.url, done.text[-1500:])
        return done.headers["location"].split("code=")[1].split("&")[0]

    await with_app(world, clock, session, await session.follow(await session.get("/account")))
    tokens = (await exchange(world, await code(asking, resource=API))).json()
    things = {"scope": "openid offline_access things:read", "resource": OPAQUE_API}
    await world.change_client("web1", scopes=SCOPES | THINGS)
    of_things = (await exchange(world, await code(opaque, **things))).json()
    await with_app(world, clock, trusted, await trusted.authorize(), trust="yes")
    await world.browser().post_form(await world.browser().get("/recover"), email=ALICE)
    asks = world.browser()
    await asks.post_form(await asks.get("/recover"), email=ALICE)
    link = await Mailbox(world).link(ALICE, "set_password")
    waiting = await half.sign_in(await half.authorize(), "alice")
    late = await code(coding)
    key = await enrol(world)  # from now on it is what is asked for after a password
    return Held(
        world, clock, session, tokens, of_things, late, (half, waiting), trusted, link, world.browser(), key, codes
    )


THINGS = {"things:read"}
HOLDINGS = (
    *("session", "access_token", "opaque_token", "refresh_token", "code", "half_sign_in", "trusted_browser"),
    *("mailed_link", "recovery_code", "passkey", "password"),
)
BEGUN = {"session", "access_token", "opaque_token", "refresh_token", "code", "half_sign_in", "trusted_browser"}
Ends = Callable[[Held], Awaitable[object]]


async def nothing(held: Held) -> None:
    """All of it works."""


async def disable(held: Held) -> None:
    on = held.world.foundation
    await on.db.write(operators.disable, "alice", on.letters, Origin(), on.clock.now())


async def disable_and_enable(held: Held) -> None:
    on = held.world.foundation
    await disable(held)
    await on.db.write(operators.enable, "alice", on.letters, Origin(), on.clock.now())


async def delete(held: Held) -> None:
    on = held.world.foundation
    await on.db.write(operators.remove, "alice", on.letters, Origin(), on.clock.now())


async def new_password(held: Held) -> None:
    on = held.world.foundation
    hashed = await held.world.server.authn.passwords.hash(NEW)
    await on.db.write(operators.set_password, "alice", hashed, on.letters, Origin(), on.clock.now())


async def own_new_password(held: Held) -> None:
    page = await held.session.get("/account/password")
    done = await held.session.post_form(page, password=PASSWORDS["alice"], new_password=NEW, again=NEW, act="change")
    assert done.status_code == 303


async def recovery(held: Held) -> None:
    asks = held.world.browser()
    held.clock.advance(1)
    await asks.post_form(await asks.get("/recover"), email=ALICE)
    link = await Mailbox(held.world).link(ALICE, "set_password")
    assert link != held.link
    assert "Your password is set" in (await asks.post_form(await asks.get(link), password=NEW)).text


async def lost_phone(held: Held) -> None:
    on = held.world.foundation
    await on.db.write(operators.reset_second_factor, "alice", on.letters, Origin(), on.clock.now())
    await give_app(on, held.world.people["alice"].id, b"another seed" * 2)


ENDINGS: dict[Ends, set[str]] = {
    nothing: set(),
    disable: set(HOLDINGS),
    disable_and_enable: BEGUN,
    delete: set(HOLDINGS),
    new_password: BEGUN | {"mailed_link", "password"},
    own_new_password: BEGUN - {"session"} | {"mailed_link", "password"},
    recovery: BEGUN | {"mailed_link", "password"},
    lost_phone: {"half_sign_in", "trusted_browser", "recovery_code"},
}


@pytest.mark.parametrize("ends", ENDINGS, ids=[ends.__name__ for ends in ENDINGS])
async def test_ACC_05_ACC_07_ACC_21_old_values_are_refused(world: World, clock: FakeClock, ends: Ends) -> None:
    held = await everything(world, clock)
    await ends(held)

    works = {name for name in HOLDINGS if await held.works(name)}

    assert works == set(HOLDINGS) - ENDINGS[ends]
