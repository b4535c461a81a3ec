"""What waits for a person is one class and one line: signing in, consent and the way back follow, on both engines."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from msgspec.json import decode, encode
from tests.web.kiosk import KIND, Kiosk, KioskRequest
from tests.world import PASSWORDS, Browser, World, answer_of, assert_page400, config_for, open_world

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.sessions.typed_codes import LETTERS, GuessLimits, TypedCode
from gatelodge.stores import consents, tickets
from gatelodge.web import KINDS
from gatelodge.web.interaction_kind import InteractionKind

pytestmark = pytest.mark.anyio

LISTED: tuple[type[InteractionKind], ...] = (*KINDS, Kiosk)  # the one line
SCOPE = "openid email orders:read"


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(database_policy.url), clock, kinds=LISTED) as world:
        yield world


async def show_code(world: World) -> TypedCode:
    """Have a kiosk of this client show a code, for ten minutes."""
    on, payload = world.foundation, encode(KioskRequest("web1", SCOPE)).decode()
    proof = on.mint.digest(KIND, b"s" * SECRET_BYTES)
    return await world.server.sessions.typed_codes.put(KIND, proof, payload, on.clock.now() + 600)


async def learned(world: World, shown: TypedCode) -> KioskRequest:
    """What the kiosk learns when it asks, by the secret of its ticket."""
    on = world.foundation
    proof = on.mint.digest(KIND, b"s" * SECRET_BYTES)
    found = await on.db.read(tickets.peek, KIND, shown.ticket.id, proof, on.clock.now())
    assert found is not None
    return decode(found.payload, type=KioskRequest)


async def type_code(browser: Browser, shown: TypedCode) -> httpx2.Response:
    return await browser.submit(await browser.get("/kiosk"), code=shown.shown.lower())


async def allow(browser: Browser, page: httpx2.Response, name: str = "alice") -> httpx2.Response:
    return await browser.walk(page, name, PASSWORDS[name])


async def test_a_person_types_a_code_signs_in_allows_and_stays(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()

    asked = await type_code(browser, waiting)
    assert asked.url.path == "/login"
    assert "Client web1" in asked.text
    consent = await browser.sign_in(asked)
    assert consent.url.path == "/consent"
    assert "See your orders" in consent.text
    assert "Your browser goes to" not in consent.text
    assert "rp.test" not in consent.text
    assert "form-action 'self'" in consent.headers["content-security-policy"]
    done = await browser.allow(consent, "email")

    assert (done.status_code, done.url.path, done.text) == (200, "/kiosk", "Done. Look at the kiosk.")
    assert await learned(world, waiting) == KioskRequest("web1", SCOPE, "sub-alice", "openid orders:read")


async def test_what_was_allowed_in_one_way_is_not_asked_again_in_the_other(world: World) -> None:
    browser = world.browser()
    await browser.answer(scope=SCOPE)
    waiting = await show_code(world)

    done = await type_code(browser, waiting)

    assert done.text == "Done. Look at the kiosk."
    assert (await learned(world, waiting)).answered_by == "sub-alice"
    assert "code" in answer_of(await browser.authorize(scope=SCOPE))


async def test_a_no_is_told_and_allows_nothing(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()

    said = await browser.walk(await type_code(browser, waiting), "alice", PASSWORDS["alice"], allow=False)

    assert said.text == "You said no, and the kiosk was told."
    assert (await learned(world, waiting)).answered_by == "-"
    alice = world.people["alice"].id
    assert await world.foundation.db.read(consents.granted, alice, "web1") is None


async def test_AZ_19_what_waits_is_good_in_its_own_browser_and_at_its_own_endpoint(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()
    asked = await type_code(browser, waiting)
    handle = asked.url.params["interaction"]
    theirs = (await browser.authorize()).url.params["interaction"]

    assert "This is over" in (await world.browser().get(f"/kiosk?interaction={handle}")).text
    assert (await world.browser().get(str(asked.url))).status_code == 403
    assert_page400(await browser.get(f"/authorize?interaction={handle}"))
    assert "This is over" in (await browser.get(f"/kiosk?interaction={theirs}")).text
    assert (await learned(world, waiting)).answered_by == ""


async def test_of_two_people_who_type_one_code_one_answers(world: World) -> None:
    waiting, alice, bob = await show_code(world), world.browser(), world.browser()
    alices = await alice.sign_in(await type_code(alice, waiting), "alice")
    bobs = await bob.sign_in(await type_code(bob, waiting), "bob")

    ends = await asyncio.gather(alice.allow(alices), bob.allow(bobs))

    assert sorted(end.text.partition("<")[0] for end in ends) == ["Done. Look at the kiosk.", "This code was answered."]
    first = "sub-alice" if ends[0].text.startswith("Done") else "sub-bob"
    assert (await learned(world, waiting)).answered_by == first


async def test_who_comes_back_late_types_the_code_again(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()
    asked = await type_code(browser, waiting)
    world.foundation.clock.advance(1_900)  # type: ignore[attr-defined]

    late = await browser.follow(await browser.get(str(asked.url)))

    assert (late.url.path, late.text.partition("<")[0]) == ("/kiosk", "This is over. Type the code once more.")


async def test_a_code_that_is_gone_while_somebody_signs_in_is_told_where_it_was_typed(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()
    asked = await type_code(browser, waiting)
    world.foundation.clock.advance(601)  # type: ignore[attr-defined]

    gone = await browser.follow(await browser.post_form(asked, username="alice", password=PASSWORDS["alice"]))

    assert (gone.url.path, gone.text.partition("<")[0]) == ("/kiosk", "This code was answered.")
    assert "gatelodge-session" not in str(browser.http.cookies)


async def test_a_client_that_was_disabled_meanwhile_is_allowed_nothing(world: World) -> None:
    waiting, browser = await show_code(world), world.browser()
    consent = await browser.sign_in(await type_code(browser, waiting))
    await world.change_client("web1", enabled=False)

    assert "This code was answered." in (await browser.allow(consent)).text
    assert (await learned(world, waiting)).answered_by == ""
    assert await world.foundation.db.read(consents.granted, world.people["alice"].id, "web1") is None


async def test_who_guesses_codes_waits_and_whoever_signs_in_does_not(world: World) -> None:
    waiting, stranger, alice = await show_code(world), world.browser(), world.browser()
    await alice.answer(scope=SCOPE)
    form = await stranger.get("/kiosk")
    said = [(await stranger.post_form(form, code=f"BCDFGHJ{letter}")).status_code for letter in LETTERS * 3]

    assert said == [400] * GuessLimits().network + [429] * (60 - GuessLimits().network)
    assert (await type_code(stranger, waiting)).status_code == 429
    assert (await type_code(alice, waiting)).text == "Done. Look at the kiosk."


@pytest.mark.parametrize("kinds", [KINDS, LISTED])
def test_no_kind_and_no_path_is_listed_twice(kinds: tuple[type[InteractionKind], ...]) -> None:
    assert len({kind.name for kind in kinds}) == len({kind.path for kind in kinds}) == len(kinds)
