"""Making a passkey within the sign-in that demands one: it counts there, but only what was made in a dialogue."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any

import httpx2
import pytest
from tests.authenticator import ELIGIBLE, PRESENT, VERIFIED, SoftwareKey
from tests.authn.factors import code_of, give_app
from tests.authn.test_half_sign_in import identity, sessions_begun
from tests.authn.test_passkeys import Visit, enrol, kept_by
from tests.conftest import FakeClock
from tests.world import World, audited, config_for, open_world

from gatelodge.config.policies import DatabasePolicy, PasskeyPolicy
from gatelodge.protocol.proof import PHR
from gatelodge.stores import endings

pytestmark = pytest.mark.anyio

SET_UP = "/login/set-up/passkey"
PHISHING_RESISTANT = {"claims": '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'}


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock) as world:
        await world.change_client("web1", min_acr=PHR)
        yield world


async def at_set_up(world: World, name: str = "bob", **asked: str) -> tuple[Visit, httpx2.Response]:
    """Somebody who proved their password and must make a passkey."""
    visit = Visit(world)
    first = await visit.browser.authorize(**asked)
    page = await visit.browser.sign_in(await visit.browser.get("/login?" + first.url.query.decode()), name)
    assert (page.status_code, page.url.path) == (200, SET_UP)
    return visit, page


def options_of(page: httpx2.Response) -> dict[str, Any]:
    return json.loads(unescape(page.text.split("data-options='")[1].split("'")[0]))


async def make(visit: Visit, page: httpx2.Response, key: SoftwareKey, purpose: str = "enrol") -> httpx2.Response:
    said = key.create({**options_of(page), **await visit.challenge(purpose)})
    return await visit.browser.submit(page, passkey=said)


async def test_who_must_have_a_passkey_makes_one_in_the_sign_in_and_it_counts_there(world: World) -> None:
    visit, page = await at_set_up(world)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    key = SoftwareKey()

    done = await make(visit, page, key)

    assert done.url.path == "/consent"
    told = await identity(world, await visit.browser.allow(done))
    assert (told["sub"], told["acr"], told["amr"]) == ("sub-bob", PHR, ["pwd", "hwk", "user", "mfa"])
    (kept,) = await kept_by(world, "bob")
    assert kept.uv_seen
    again = Visit(world)
    assert (await identity(world, await again.sign_in(key)))["acr"] == PHR


async def test_a_level_that_a_request_insists_on_is_come_to_in_the_same_way(world: World) -> None:
    await world.change_client("web1", min_acr="1")
    visit, page = await at_set_up(world, **PHISHING_RESISTANT)

    assert (await identity(world, await visit.browser.allow(await make(visit, page, SoftwareKey()))))["acr"] == PHR

    wish = world.browser()
    await wish.sign_in(await wish.authorize(acr_values=PHR), "alice")
    assert await kept_by(world, "alice") == (), "nobody makes one for a wish"


async def test_ACC_15_what_the_browser_made_by_itself_satisfies_no_sign_in(world: World) -> None:
    visit, page = await at_set_up(world)
    for key, purpose in ((SoftwareKey(flags=0), "offer"), (SoftwareKey(flags=0), "enrol"), (SoftwareKey(), "offer")):
        refused = await make(visit, page, key, purpose)
        assert (refused.status_code, refused.url.path) == (400, SET_UP)
    assert await kept_by(world, "bob") == ()
    assert await sessions_begun(world) == 0

    await enrol(world, "bob", SoftwareKey(flags=0), asked=False)  # one that is there already is asked for, and used
    beside = Visit(world)
    asked = await beside.browser.sign_in(await beside.browser.authorize(), "bob")
    assert asked.url.path == "/login/passkey"


async def test_what_is_refused_leaves_the_page_and_is_in_the_trail(world: World) -> None:
    visit, page = await at_set_up(world)
    said = SoftwareKey().create({**options_of(page), **await visit.challenge("enrol")}, origin="https://evil.test")

    refused = await visit.browser.submit(page, passkey=said)

    assert (refused.status_code, "That passkey was not accepted" in refused.text) == (400, True)
    assert ("passkey_not_added", None, world.people["bob"].id) in await audited(world, refused)
    assert (await make(visit, refused, SoftwareKey())).url.path == "/consent"


async def test_ACC_11_none_is_made_before_the_first_proof_nor_with_a_password_that_changed(world: World) -> None:
    browser, visit = world.browser(), (await at_set_up(world))[0]
    first = await browser.authorize()
    skipped = str(first.url).replace("/login?", f"{SET_UP}?")
    assert (await browser.follow(await browser.get(skipped))).url.path == "/login"

    thief, page = await at_set_up(world)
    said = SoftwareKey().create({**options_of(page), **await thief.challenge("enrol")})
    assert (await visit.browser.post_form(page, passkey=said)).status_code == 403, "another browser"
    on = world.foundation
    await on.db.write(endings.change_password, world.people["bob"].id, "another hash", on.clock.now())

    assert (await thief.browser.submit(page, passkey=said)).url.path == "/login"
    assert await kept_by(world, "bob") == ()


async def test_ACC_15_a_session_alone_adds_no_passkey(world: World) -> None:
    await world.change_client("web1", min_acr="1")
    browser = world.browser()
    await browser.answer(name="bob")

    asked = await browser.authorize(**PHISHING_RESISTANT)

    assert asked.url.path == "/login", "the password is proved once more"
    assert (await browser.sign_in(asked, "bob")).url.path == SET_UP


async def test_whoever_has_a_second_factor_shows_it_before_they_add_a_way_in(world: World) -> None:
    await give_app(world.foundation, world.people["bob"].id)
    visit = Visit(world)
    asked = await visit.browser.sign_in(await visit.browser.authorize(), "bob")
    assert asked.url.path == "/login/code"
    early = str(asked.url).replace("/login/code?", f"{SET_UP}?")
    assert (await visit.browser.follow(await visit.browser.get(early))).url.path == "/login/code"

    page = await visit.browser.submit(asked, code=code_of(world.foundation))

    assert page.url.path == SET_UP
    assert (await make(visit, page, SoftwareKey())).url.path == "/consent"


async def test_a_passkey_is_as_good_as_an_app_where_two_factors_are_demanded(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    config = config_for(database_policy.url)
    strict = replace(config, sign_in=replace(config.sign_in, second_factor="required"))
    async with open_world(strict, clock) as world:
        visit = Visit(world)
        page = await visit.browser.sign_in(await visit.browser.authorize(), "bob")
        assert page.url.path == "/login/set-up/totp", "any browser can set that up"
        other = unescape(page.text.split('<a class="button wide" href="')[1].split('"')[0])
        page = await visit.browser.get(other)
        assert (page.url.path, "Set up an authenticator app" in page.text) == (SET_UP, True)

        done = await make(visit, page, SoftwareKey(flags=PRESENT))  # it asked nobody who they are: they hold it

        assert (await identity(world, await visit.browser.allow(done)))["amr"] == ["pwd", "hwk", "user", "mfa"]


async def test_where_keys_must_not_leave_their_device_phrh_is_come_to(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    config = replace(config_for(database_policy.url), passkeys=PasskeyPolicy(require_device_bound=True))
    async with open_world(config, clock) as world:
        await world.change_client("web1", min_acr="phrh")
        visit, page = await at_set_up(world)
        assert "phrh" in (await visit.browser.get("/.well-known/openid-configuration")).json()["acr_values_supported"]
        refused = await make(visit, page, SoftwareKey(flags=PRESENT | VERIFIED | ELIGIBLE))
        assert (refused.status_code, "not taken here" in refused.text) == (400, True)

        done = await make(visit, refused, SoftwareKey())

        assert (await identity(world, await visit.browser.allow(done)))["acr"] == "phrh"
