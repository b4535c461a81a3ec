"""A half-finished sign-in is a ticket and never a session: no step can be skipped, replayed, or finished elsewhere."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx2
import pytest
from anyio import create_task_group
from tests.authn.knock import Knock
from tests.authn.riddle import ANSWER, Riddle
from tests.world import Browser, World, answer_of, config_for, exchange, form_of, open_world

from gatelodge.authn import WAYS
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Tx
from gatelodge.keys.secrets import unb64
from gatelodge.protocol.proof import PHR, TWO
from gatelodge.sessions.sign_ins import LIFETIME
from gatelodge.stores import audit, credentials, endings

pytestmark = pytest.mark.anyio

SESSION = "gatelodge-session"
TAP = "tap tap"


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, (*WAYS, Knock, Riddle)) as world:
        yield world


async def half_way(browser: Browser) -> httpx2.Response:
    """The page of the second factor, after a right password."""
    asked = await browser.sign_in(await browser.authorize(), "alice")
    assert asked.url.path == "/login/knock"
    assert SESSION not in str(browser.http.cookies)
    return asked


async def sessions_begun(world: World) -> int:
    return sum(entry.event == "signed_in" for entry in await world.foundation.db.read(audit.list_recent, 200))


async def identity(world: World, done: httpx2.Response) -> dict[str, Any]:
    tokens = (await exchange(world, answer_of(done)["code"])).json()
    return json.loads(unb64(tokens["id_token"].split(".")[1]) or b"")


async def test_two_proofs_make_one_session_that_says_what_was_done(world: World) -> None:
    browser = world.browser()

    told = await identity(world, await browser.allow(await browser.submit(await half_way(browser), knock=TAP)))

    assert (told["sub"], told["acr"], told["amr"]) == ("sub-alice", TWO, ["pwd", "hwk", "mfa"])
    assert await sessions_begun(world) == 1


async def test_who_has_no_second_factor_is_asked_for_none(world: World) -> None:
    browser = world.browser()

    assert (await browser.sign_in(await browser.authorize(), "bob")).url.path == "/consent"


async def test_ACC_11_between_the_steps_nothing_is_open(world: World) -> None:
    browser = world.browser()
    page = await half_way(browser)
    context = {name: values[0] for name, values in parse_qs(page.url.query.decode()).items()}

    resumed = await browser.follow(await browser.get("/authorize?" + urlencode(context)))
    assert resumed.url.path == "/login"
    assert (await browser.follow(await browser.get("/consent?" + urlencode(context)))).url.path == "/login"
    assert (await browser.get("/select-account?" + urlencode(context))).headers["location"].startswith("/authorize")

    empty = await browser.submit(page)
    assert (empty.status_code, empty.url.path) == (400, "/login/knock")
    assert "That is not the knock." in empty.text
    assert await sessions_begun(world) == 0


async def test_ACC_11_the_second_step_without_the_first_leads_to_the_first(world: World) -> None:
    browser = world.browser()
    first = await browser.authorize()
    skipped = str(first.url).replace("/login?", "/login/knock?")

    assert (await browser.follow(await browser.get(skipped))).url.path == "/login"
    posted = await browser.http.post(skipped, data={"knock": TAP})
    assert posted.status_code == 403  # the form is not ours
    first_token = {"csrf": first.text.split('name="csrf" value="')[1].split('"')[0], "knock": TAP}
    assert (await browser.follow(await browser.http.post(skipped, data=first_token))).url.path == "/login"
    assert await sessions_begun(world) == 0


async def test_ACC_11_the_first_step_leads_to_the_one_that_is_next(world: World) -> None:
    browser = world.browser()
    page = await half_way(browser)

    back = await browser.follow(await browser.get(str(page.url).replace("/login/knock?", "/login?")))

    assert back.url.path == "/login/knock"
    assert "Start over" in back.text


async def test_each_step_is_good_once(world: World) -> None:
    browser = world.browser()
    page = await half_way(browser)
    await browser.submit(page, knock=TAP)
    browser.http.cookies.delete(SESSION)

    again = await browser.submit(page, knock=TAP)

    assert again.url.path == "/login"
    assert await sessions_begun(world) == 1


async def test_of_fifty_who_finish_it_at_once_one_does(world: World) -> None:
    browser = world.browser()
    page = await half_way(browser)

    async with create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(lambda: browser.post_form(page, knock=TAP))

    assert await sessions_begun(world) == 1


async def test_no_other_browser_finishes_it(world: World) -> None:
    page = await half_way(world.browser())
    other = world.browser()

    assert (await other.get(str(page.url))).status_code == 403
    own = await other.authorize()
    sign_in = parse_qs(page.url.query.decode())["sign_in"][0]
    moved = f"/login/knock?{own.url.query.decode()}&{urlencode({'sign_in': sign_in})}"
    assert (await other.follow(await other.get(moved))).url.path == "/login"
    token = {"csrf": own.text.split('name="csrf" value="')[1].split('"')[0], "knock": TAP}
    assert (await other.follow(await other.http.post(moved, data=token))).url.path == "/login"
    assert await sessions_begun(world) == 0


async def test_it_is_good_for_the_request_it_began_for(world: World) -> None:
    browser = world.browser()
    page, other = await half_way(browser), await browser.authorize("web2")
    sign_in = parse_qs(page.url.query.decode())["sign_in"][0]

    moved = f"/login/knock?{other.url.query.decode()}&{urlencode({'sign_in': sign_in})}"

    assert (await browser.follow(await browser.get(moved))).url.path == "/login"


async def test_another_person_does_not_finish_it(world: World) -> None:
    Riddle.known_to.add("bob")
    try:
        browser = world.browser()
        page = await half_way(browser)
        riddle = await browser.get(str(page.url).replace("/login/knock?", "/login/riddle?"))
        refused = await browser.submit(riddle, username="bob", answer=ANSWER)
        assert (refused.status_code, refused.url.path) == (400, "/login/riddle")
        assert await sessions_begun(world) == 0
        done = await identity(world, await browser.allow(await browser.submit(riddle, username="alice", answer=ANSWER)))
        assert (done["sub"], done["acr"]) == ("sub-alice", PHR)
    finally:
        Riddle.known_to.discard("bob")


async def _another_password(tx: Tx, user_id: int) -> None:
    await credentials.set_password(tx, user_id, "another hash", 1)


async def _disabled(tx: Tx, user_id: int) -> None:
    await endings.disable(tx, user_id, 1)


async def _all_ended(tx: Tx, user_id: int) -> None:
    await endings.end_all(tx, user_id, 1)


async def _removed(tx: Tx, user_id: int) -> None:
    await endings.remove(tx, user_id, 1)


@pytest.mark.parametrize("change", [_another_password, _disabled, _all_ended, _removed])
async def test_ACC_05_ACC_07_what_ends_all_that_somebody_holds_voids_it(
    world: World, change: Callable[[Tx, int], Coroutine[Any, Any, None]]
) -> None:
    browser = world.browser()
    page = await half_way(browser)
    await world.foundation.db.write(change, world.people["alice"].id)

    await browser.submit(page, knock=TAP)

    assert SESSION not in str(browser.http.cookies)
    assert await sessions_begun(world) == 0


async def test_it_waits_ten_minutes(world: World, clock: Any) -> None:
    browser = world.browser()
    page = await half_way(browser)
    clock.advance(LIFETIME)

    assert (await browser.submit(page, knock=TAP)).url.path == "/login"
    assert await sessions_begun(world) == 0


async def test_RFC_9470_a_step_up_asks_for_what_is_missing_and_WEB_04_changes_the_cookie(world: World) -> None:
    Knock.known_to.add("bob")
    browser = world.browser()
    try:
        Knock.known_to.discard("bob")
        await browser.answer(name="bob")
        before = browser.http.cookies[f"__Host-{SESSION}"]
        Knock.known_to.add("bob")

        asked = await browser.authorize(acr_values=TWO)
        assert asked.url.path == "/login/knock"
        done = await identity(world, await browser.submit(asked, knock=TAP))
    finally:
        Knock.known_to.discard("bob")

    assert (done["sub"], done["acr"], done["amr"]) == ("sub-bob", TWO, ["pwd", "hwk", "mfa"])
    assert browser.http.cookies[f"__Host-{SESSION}"] != before
    old = world.browser()
    old.http.cookies.set(f"__Host-{SESSION}", before)
    assert (await old.authorize()).url.path == "/login"


async def test_a_step_up_ends_with_its_session(world: World) -> None:
    browser = world.browser()
    Knock.known_to.discard("alice")
    try:
        await browser.answer()
    finally:
        Knock.known_to.add("alice")
    page = await browser.authorize(acr_values=TWO)
    await world.foundation.db.write(_all_ended, world.people["alice"].id)

    await browser.submit(page, knock=TAP)

    assert (await browser.authorize()).url.path == "/login"
    assert await sessions_begun(world) == 1


async def test_who_must_prove_more_than_they_ever_can_is_told_and_gets_no_session(
    database_policy: DatabasePolicy, clock: Clock
) -> None:
    config = config_for(database_policy.url)
    strict = replace(config, sign_in=replace(config.sign_in, second_factor="required"))
    async with open_world(strict, clock, WAYS[:1]) as world:
        browser = world.browser()

        refused = await browser.sign_in(await browser.authorize(), "bob")

        assert refused.status_code == 403
        assert "needs a second step" in refused.text
        assert await sessions_begun(world) == 0


async def test_ACC_15_a_session_alone_goes_nowhere(database_policy: DatabasePolicy, clock: Clock) -> None:
    """Also where what was missing cannot be had any more: a sign-in ends with a proof of its own."""
    async with open_world(config_for(database_policy.url), clock, (WAYS[0], Knock)) as world:
        browser = world.browser()
        Knock.known_to.discard("alice")
        try:
            await browser.answer()
            Knock.known_to.add("alice")
            page = await browser.authorize(acr_values=TWO)
            assert page.url.path == "/login/knock"
            Knock.known_to.discard("alice")
            for path in ("/login/knock?", "/login/go-on?", "/login/set-up/totp?"):
                led = await browser.follow(await browser.get(str(page.url).replace("/login/knock?", path)))
                assert led.url.path == "/login", path
            there = str(page.url).replace("/login/knock?", "/login/go-on?")
            posted = await browser.follow(await browser.http.post(there, data=form_of(page)[1]))
            assert posted.url.path == "/login"
        finally:
            Knock.known_to.add("alice")
        assert await sessions_begun(world) == 1
