"""Personal details: what is saved is told, and what cannot be is not saved."""

import html
import re

import httpx2
import pytest
from tests.account.test_frame import signed_in
from tests.world import Browser, World, audited

from gatelodge.stores import users


async def save(browser: Browser, **fields: str) -> httpx2.Response:
    return await browser.post_form(await browser.get("/account/profile"), act="save", **fields)


def value(page: httpx2.Response, field: str) -> str:
    found = re.search(rf'id="{re.escape(field)}"[^>]* value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


async def test_what_is_saved_is_told_to_applications_that_may_know(world: World) -> None:
    browser = await signed_in(world)
    tokens = await browser.tokens(scope="openid profile phone address")

    answer = await save(
        browser,
        name="Alice Hargreaves",
        given_name="",
        zoneinfo="Europe/Prague",
        phone_number="+420 222 222 222",
        **{"address.locality": "Lyndhurst", "address.country": "England"},
    )

    assert 'id="done"' in (await browser.follow(answer)).text
    assert await audited(world, answer) == [("profile_changed", None, world.people["alice"].id)]
    told = (await world.userinfo(tokens["access_token"])).json()
    assert told["name"] == "Alice Hargreaves"
    assert told["zoneinfo"] == "Europe/Prague"
    assert told["address"] == {"formatted": "Lyndhurst\nEngland", "locality": "Lyndhurst", "country": "England"}
    assert "given_name" not in told
    assert "phone_number_verified" not in told


async def test_what_was_not_sent_stays_and_the_same_again_is_no_change(world: World) -> None:
    browser = await signed_in(world)
    await save(browser, nickname="Al")
    again = await save(browser, nickname="Al")

    assert await audited(world, again) == []
    user = await world.foundation.db.read(users.find, world.people["alice"].id)
    assert user is not None
    assert user.name == "Alice Liddell"
    assert user.claims["address"] == {"formatted": "Christ Church\nOxford"}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("website", "javascript:alert(1)"),
        ("website", "https://"),
        ("birthdate", "1990-13-01"),
        ("zoneinfo", "Europe/Nowhere"),
        ("zoneinfo", "../../etc/passwd"),
        ("locale", "en_GB; drop table"),
        ("phone_number", "call me"),
        ("name", "\u202eecila"),
        ("name", "x" * 201),
    ],
)
async def test_what_cannot_be_is_not_saved_and_what_was_typed_stays(world: World, field: str, wrong: str) -> None:
    browser = await signed_in(world)
    refused = await save(browser, nickname="typed before", **{field: wrong})

    assert refused.status_code == 400
    assert value(refused, "nickname") == "typed before"
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', refused.text)
    user = await world.foundation.db.read(users.find, world.people["alice"].id)
    assert user is not None
    assert "nickname" not in user.claims


async def test_WEB_07_what_a_person_calls_themselves_is_text_wherever_it_is_shown(world: World) -> None:
    browser = await signed_in(world)
    await save(browser, name='"><script>alert(1)</script>{{7*7}}')
    for page in ("/account", "/account/profile", "/account/apps", "/logout"):
        text = (await browser.get(page)).text
        assert "<script" not in text
        assert "{{7*7}}" in text or "&lt;script&gt;" not in text


async def test_nobody_makes_themselves_what_only_an_operator_says_of_them(world: World) -> None:
    browser = await signed_in(world)
    before = await world.foundation.db.read(users.find, world.people["alice"].id)
    await save(browser, email="mallory@example.org", email_verified="true", username="root", sub="sub-bob", admin="1")
    assert await world.foundation.db.read(users.find, world.people["alice"].id) == before
