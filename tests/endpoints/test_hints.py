"""ID tokens that come back as hints, at `/authorize` and at `/logout`."""

import pytest
from tests.world import Browser, World, answer_of, assert_redirected

from gatelodge.ops import keys
from gatelodge.protocol.jose import take_apart
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

DAY = 86_400
BYE = "https://rp.test/bye"


async def stay(browser: Browser, clock, seconds: int) -> None:
    """Let time pass for a session that is in use all the while."""
    for _ in range(seconds // (DAY // 2)):
        clock.advance(DAY // 2)
        assert "code" in answer_of(await browser.authorize(prompt="none"))


async def signed_in_before_two_rotations(world: World, clock) -> tuple[Browser, str]:
    """Return the browser of a session that lived through them, and the ID token it began with."""
    browser = world.browser()
    hint = (await browser.tokens())["id_token"]
    for _ in range(2):
        await keys.rotate(world.foundation.keys, Origin())
        await stay(browser, clock, 3 * DAY)
        await world.foundation.keys.refresh()
    return browser, hint


async def published(world: World) -> set[str]:
    async with world.http() as http:
        return {key["kid"] for key in (await http.get("/jwks")).json()["keys"]}


async def test_ID_01_the_hint_of_a_living_session_signs_out_after_two_rotations(world: World, clock):
    browser, hint = await signed_in_before_two_rotations(world, clock)
    assert take_apart(hint).kid not in await published(world)

    gone = await browser.http.get("/logout", params={"id_token_hint": hint, "post_logout_redirect_uri": BYE})

    assert (gone.status_code, gone.headers["location"]) == (303, BYE)
    assert_redirected(await browser.authorize(prompt="none"), "login_required")


async def test_ID_01_the_hint_of_a_living_session_counts_at_authorize_after_two_rotations(world: World, clock):
    browser, hint = await signed_in_before_two_rotations(world, clock)
    bob = world.browser()
    await bob.answer(name="bob")

    assert "code" in answer_of(await browser.authorize(prompt="none", id_token_hint=hint))
    assert_redirected(await bob.authorize(prompt="none", id_token_hint=hint), "login_required")


async def test_ID_01_a_compromised_key_proves_no_hint_also_after_it_was_published(world: World, clock):
    browser, hint = await signed_in_before_two_rotations(world, clock)
    for row in world.foundation.keys.rows():
        if row.removed_at is not None and row.removed_at <= clock.now():
            await keys.retire(world.foundation.keys, row.kid, True, Origin())

    page = await browser.http.get("/logout", params={"id_token_hint": hint, "post_logout_redirect_uri": BYE})

    assert (page.status_code, 'id="stay"' in page.text) == (200, True)


@pytest.mark.parametrize("hint", ["x.y.z", "eyJhbGciOiJub25lIn0.e30.", "nonsense"])
async def test_ID_01_a_hint_that_cannot_be_verified_is_none_and_the_person_is_asked(world: World, hint: str):
    browser = world.browser()
    await browser.answer()

    logout = await browser.http.get("/logout", params={"id_token_hint": hint, "post_logout_redirect_uri": BYE})
    assert (logout.status_code, 'id="stay"' in logout.text) == (200, True)
    assert_redirected(await browser.authorize(prompt="none", id_token_hint=hint), "login_required")
    choice = await browser.authorize(id_token_hint=hint)
    assert choice.url.path == "/select-account"
    assert "code" in answer_of(await browser.submit(choice))


async def test_ID_01_with_such_a_hint_only_a_client_that_says_who_it_is_is_gone_back_to(world: World):
    for more, leads_to in (({}, None), ({"client_id": "web1"}, BYE)):
        browser = world.browser()
        await browser.answer()
        asked = {"id_token_hint": "x.y.z", "post_logout_redirect_uri": BYE, **more}

        gone = await browser.submit(await browser.http.get("/logout", params=asked), decision="sign_out")

        assert gone.headers.get("location") == leads_to
        assert_redirected(await browser.authorize(prompt="none"), "login_required")
