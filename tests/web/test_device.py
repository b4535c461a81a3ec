"""The page where people type the code of a device: what they compare, what they are warned of, and how it ends."""

import asyncio
import re

import pytest
from tests.conftest import FakeClock
from tests.devices import ELSEWHERE, HOME, SCOPE, allow, ask, began, compare, post, type_code
from tests.world import PASSWORDS, Browser, World, assert_page400, audited
from tests.worlds import world as world

from gatelodge.sessions.typed_codes import LETTERS, GuessLimits
from gatelodge.telemetry.events import DeviceRefused

pytestmark = pytest.mark.anyio


async def said(world: World, device, **more: str) -> str:
    return (await ask(world, device, **more)).json().get("error", "tokens")


def title(page) -> str:
    return re.findall(r"<h1>(.*?)</h1>", page.text)[0]


def wrong(number: int) -> str:
    return "BCDFGH" + LETTERS[number // 20] + LETTERS[number % 20]


async def test_a_person_types_compares_signs_in_allows_and_goes_back_to_the_device(world: World) -> None:
    device, browser = await began(world), world.browser()

    page = await type_code(browser, device)
    assert title(page) == "Does your device show this code?"
    assert f'id="code">{device["user_code"]}<' in page.text
    assert "Client box1" in page.text
    assert HOME in page.text
    assert "just now" in page.text
    assert 'id="far"' not in page.text
    asked = await compare(browser, page)
    assert asked.url.path == "/login"
    consent = await browser.sign_in(asked)
    assert consent.url.path == "/consent"
    assert "A device asks to use your account." in consent.text
    assert "form-action 'self'" in consent.headers["content-security-policy"]
    done = await browser.allow(consent)

    assert (done.status_code, title(done)) == (200, "Look at your device")
    assert await said(world, device) == "tokens"
    again = await browser.get(str(done.url))
    assert title(again) == "This was answered"


async def test_DV_05_a_link_with_the_code_allows_nothing_by_itself(world: World) -> None:
    device, browser = await began(world, address=ELSEWHERE), world.browser()
    await browser.answer("web1")  # they are signed in, and allowed it before
    link = device["verification_uri_complete"]

    page = await browser.get(link)
    assert title(page) == "Connect a device"
    assert "Does your device show this code?" in page.text
    assert f'id="code">{device["user_code"]}<' in page.text
    assert await said(world, device, address=ELSEWHERE) == "authorization_pending"
    shown = await browser.submit(page)
    assert title(shown) == "Does your device show this code?"
    assert 'id="far"' in shown.text
    assert "It asks from another network" in shown.text
    assert ELSEWHERE in shown.text
    handle = shown.url.params["interaction"]
    for _ in range(2):  # looking at it, or skipping the question, is no answer
        assert title(await browser.get(f"/device?interaction={handle}")) == "Does your device show this code?"
    assert (await browser.get(f"/consent?interaction={handle}")).status_code == 200
    consented = await browser.allow(await browser.get(f"/consent?interaction={handle}"))
    assert title(consented) == "Does your device show this code?"
    assert await _pending(world, device)

    refused = await compare(browser, shown, "other")
    assert title(refused) == "The device was refused"
    assert await said(world, device) == "access_denied"
    alice = world.people["alice"].id
    assert await audited(world, refused) == [("device_refused", "box1", alice)]


async def _pending(world: World, device) -> bool:
    return await said(world, device) in ("authorization_pending", "slow_down")


async def test_who_asked_for_it_trusted_or_not_is_compared_all_the_same(world: World) -> None:
    await world.change_client("box1", trusted=True)
    device, browser = await began(world), world.browser()
    await browser.answer("web1")

    page = await type_code(browser, device)

    assert title(page) == "Does your device show this code?"
    assert title(await compare(browser, page)) == "Look at your device"


async def test_more_than_a_name_wants_a_proof_given_now(world: World, clock: FakeClock) -> None:
    await world.change_client("box1", trusted=True)
    browser = world.browser()
    await browser.answer("web1")
    clock.advance(world.foundation.config.sessions.change_lifetime + 1)
    narrow, wide = await began(world, scope="openid profile email"), await began(world, scope="openid orders:read")

    assert title(await compare(browser, await type_code(browser, narrow))) == "Look at your device"
    asked = await compare(browser, await type_code(browser, wide))
    assert asked.url.path == "/login"
    assert title(await browser.sign_in(asked)) == "Look at your device"


async def test_a_no_at_consent_is_told_to_the_device(world: World) -> None:
    device, browser = await began(world), world.browser()
    page = await compare(browser, await type_code(browser, device))

    end = await browser.walk(page, "alice", PASSWORDS["alice"], allow=False)

    assert title(end) == "The device was refused"
    assert await said(world, device) == "access_denied"


async def test_what_is_left_out_at_consent_the_device_does_not_get(world: World) -> None:
    device, browser = await began(world), world.browser()
    consent = await browser.sign_in(await compare(browser, await type_code(browser, device)))
    await browser.allow(consent, "orders:read", "offline_access")

    got = (await ask(world, device)).json()
    assert got["scope"] == "openid email"
    assert "refresh_token" not in got


async def test_wrong_codes_are_told_and_counted(world: World) -> None:
    device, stranger, alice = await began(world), world.browser(), world.browser()
    form = await stranger.get("/device")
    answers = [await stranger.post_form(form, user_code=wrong(n)) for n in range(52)]

    limit = GuessLimits().network
    assert [a.status_code for a in answers] == [400] * limit + [429] * (52 - limit)
    assert "There is no such code" in answers[0].text
    assert "Too many codes were wrong" in answers[-1].text
    assert await audited(world, answers[limit]) == [("device_codes_guessed", None, None)]
    assert await audited(world, answers[-1]) == []
    assert (await stranger.post_form(form, user_code=device["user_code"])).status_code == 429
    await alice.answer("web1")
    assert title(await type_code(alice, device)) == "Does your device show this code?"
    mine = await alice.get("/device")
    own = [(await alice.post_form(mine, user_code=wrong(n))).status_code for n in range(GuessLimits().person + 1)]
    assert own == [400] * GuessLimits().person + [429]


@pytest.mark.parametrize("typed", ["", "WDJB", "WDJB-MJH1", "<script>alert(1)</script>", "\x00" * 8, "W" * 5_000])
async def test_what_cannot_be_a_code_is_no_guess_and_no_harm(world: World, typed: str) -> None:
    browser = world.browser()

    answer = await browser.post_form(await browser.get("/device"), user_code=typed)
    looked = await browser.http.get("/device", params={"user_code": typed.replace("\x00", "")})

    assert answer.status_code == 400
    assert looked.status_code == 200
    assert "<script>alert" not in answer.text + looked.text


async def test_a_code_that_two_people_open_in_two_places_is_over(world: World) -> None:
    device, alice, bob = await began(world), world.browser(), world.browser(ELSEWHERE)
    first = await type_code(alice, device)

    second = await type_code(bob, device)

    assert title(second) == "This code was typed elsewhere, too"
    assert await audited(world, second) == [("device_code_repeated", "box1", None)]
    assert title(await compare(alice, first)) == "This code is over"
    assert await said(world, device) == "access_denied"
    assert title(await type_code(world.browser("192.0.2.88"), device)) == "This code was typed elsewhere, too"


@pytest.mark.parametrize("redeemed", [False, True])
async def test_tokens_of_a_code_that_is_opened_in_a_second_place_are_revoked(world: World, redeemed: bool) -> None:
    device = await began(world)
    await allow(world.browser(), device)
    got = (await ask(world, device)).json() if redeemed else {}

    second = await type_code(world.browser(ELSEWHERE), device)

    assert title(second) == "This code was typed elsewhere, too"
    assert ("device_code_repeated", "box1", world.people["alice"].id) in await audited(world, second)
    assert await said(world, device) == ("invalid_grant" if redeemed else "access_denied")
    if redeemed:
        await world.assert_dead(got, "box1")


async def test_the_same_person_may_open_it_twice(world: World) -> None:
    device, browser = await began(world), world.browser()
    await type_code(browser, device)
    roaming = Browser(world, world.http(ELSEWHERE))
    roaming.http.cookies = browser.http.cookies  # the same browser, by mobile network now
    beside = world.browser()  # another one, at home

    assert title(await type_code(roaming, device)) == "Does your device show this code?"
    assert title(await type_code(beside, device)) == "Does your device show this code?"
    await allow(browser, device)
    assert title(await type_code(beside, device)) == "This was answered"
    assert await said(world, device) == "tokens"


async def test_of_two_who_answer_at_once_one_does(world: World) -> None:
    device, alice, bob = await began(world), world.browser(), world.browser()
    alices = await alice.sign_in(await compare(alice, await type_code(alice, device)), "alice")
    bobs = await bob.sign_in(await compare(bob, await type_code(bob, device)), "bob")

    ends = await asyncio.gather(alice.allow(alices), bob.allow(bobs))

    assert sorted(map(title, ends)) in (
        ["Look at your device", "This was answered"],
        ["Look at your device", "This code is over"],
    )
    first = "sub-alice" if title(ends[0]) == "Look at your device" else "sub-bob"
    told = await world.introspect((await ask(world, device)).json()["access_token"], "rs1")
    assert told["sub"] == first


async def test_AZ_19_what_waits_is_good_in_its_own_browser_and_at_its_own_endpoint(world: World) -> None:
    device, browser = await began(world), world.browser()
    page = await type_code(browser, device)
    handle = page.url.params["interaction"]
    theirs = (await browser.authorize()).url.params["interaction"]

    assert "That took too long" in (await world.browser().get(f"/device?interaction={handle}")).text
    assert "That took too long" in (await browser.get(f"/device?interaction={theirs}")).text
    assert_page400(await browser.get(f"/authorize?interaction={handle}"))
    forged = await world.browser().http.post(f"/device?interaction={handle}", data={"decision": "same"})
    assert forged.status_code == 303
    stale = await browser.http.post(f"/device?interaction={handle}", data={"decision": "same"})
    assert stale.status_code == 403
    assert_page400(await world.browser().http.post("/device", data={"user_code": device["user_code"]}), status=403)
    assert await said(world, device) == "authorization_pending"


async def test_who_comes_too_late_types_again_and_who_is_late_finds_it_over(world: World, clock: FakeClock) -> None:
    device, browser = await began(world), world.browser()
    page = await type_code(browser, device)
    clock.advance(601)
    assert title(await compare(browser, page)) == "This code is over"
    assert "There is no such code" in (await type_code(browser, device)).text
    clock.advance(1_800)
    assert "That took too long" in (await browser.get(str(page.url))).text


async def test_a_client_that_may_not_any_more_is_allowed_nothing(world: World) -> None:
    device, browser = await began(world), world.browser()
    consent = await browser.sign_in(await compare(browser, await type_code(browser, device)))
    await world.change_client("box1", scopes=frozenset({"openid"}))

    assert title(await browser.allow(consent)) == "This code is over"


async def test_strangers_who_begin_with_a_public_client_are_bounded(world: World, monkeypatch) -> None:
    monkeypatch.setattr("gatelodge.sessions.arrivals.MOST", 3)
    answers = [await post(world, "/device_authorization", "tv1", HOME, {"scope": SCOPE}) for _ in range(4)]
    with_secret = [await post(world, "/device_authorization", "box1", HOME, {"scope": SCOPE}) for _ in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert {a.status_code for a in with_secret} == {200}


def test_somebody_who_is_not_signed_in_is_a_stranger_in_the_trail() -> None:
    assert DeviceRefused(client_id="box1").actor.kind == "stranger"
