"""The page of accounts elsewhere: connecting one, disconnecting it, and that the last way in stays."""

import re
from urllib.parse import urlencode

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.federated import Federated
from tests.world import PASSWORDS, Browser

from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import credentials, endings, links, outbox

pytestmark = pytest.mark.anyio


async def at_page(federated: Federated) -> tuple[Browser, httpx2.Response]:
    browser = federated.world.browser()
    page = await browser.follow(await browser.get("/account/links"))
    return browser, await browser.submit(page, username="alice", password=PASSWORDS["alice"])


async def listed(federated: Federated) -> list[str]:
    return [one.subject for one in await federated.world.foundation.db.read(links.list_of, alice(federated))]


def alice(federated: Federated) -> int:
    return federated.world.people["alice"].id


async def connect(federated: Federated, browser: Browser, page: httpx2.Response, sub: str = "u-1") -> httpx2.Response:
    sent = await browser.post_form(page, act="connect", provider="corp")
    assert sent.headers["location"].startswith(federated.stub.issuer), sent.text[:500]
    answer = federated.stub.answer(sent.headers["location"], sub, email="ada@corp.test")
    return await browser.follow(await browser.get("/callback/corp?" + urlencode(answer)))


async def test_a_person_connects_an_account_elsewhere_and_signs_in_with_it(federated: Federated):
    await federated.add()
    browser, page = await at_page(federated)
    assert "None is connected." in page.text

    page = await connect(federated, browser, page)

    assert page.url.path == "/account/links"
    assert "ada@corp.test" in page.text
    assert await listed(federated) == ["u-1"]
    assert (await federated.sign_in(federated.world.browser())).url.path == "/consent"
    assert "Corp can sign you in." in (await browser.get("/account")).text


async def test_it_is_disconnected_and_signs_nobody_in_any_more(federated: Federated):
    await federated.add()
    browser, page = await at_page(federated)
    page = await connect(federated, browser, page)
    link = re.findall(r'name="link" value="(\d+)"', page.text)[0]

    page = await browser.submit(page, act="disconnect", link=link)

    assert 'id="done"' in page.text
    assert await listed(federated) == []
    assert (await federated.sign_in(federated.world.browser())).url.path == "/link"


async def test_the_last_way_in_stays(federated: Federated):
    await federated.add()
    browser, page = await at_page(federated)
    page = await connect(federated, browser, page)
    link = re.findall(r'name="link" value="(\d+)"', page.text)[0]
    await federated.world.foundation.db.write(credentials.remove_all, alice(federated))

    refused = await browser.submit(page, act="disconnect", link=link)

    assert refused.status_code == 400
    assert "last way into your account" in refused.text
    assert await listed(federated) == ["u-1"]


async def test_ACC_19_an_account_elsewhere_that_is_another_persons_is_not_taken(federated: Federated):
    await federated.add()
    bob, db = federated.world.people["bob"], federated.world.foundation.db
    theirs = UpstreamIdentity(issuer=federated.stub.issuer, subject="u-bob")
    link = await db.write(links.add, bob.id, "corp", theirs, 1_800_000_000)
    browser, page = await at_page(federated)

    taken = await connect(federated, browser, page, "u-bob")
    assert (taken.status_code, taken.url.path) == (409, "/login/failed")
    guessed = await browser.submit(page, act="disconnect", link=str(link.id))
    assert guessed.status_code == 404
    assert await db.read(links.list_of, bob.id) == [link]
    assert await listed(federated) == []


async def test_connecting_wants_a_proof_of_the_last_five_minutes(federated: Federated, clock: FakeClock):
    await federated.add()
    browser, page = await at_page(federated)
    clock.advance(301)

    again = await browser.follow(await browser.post_form(page, act="connect", provider="corp"))
    assert again.url.path == "/login"
    held = await browser.submit(again, username="alice", password=PASSWORDS["alice"])
    assert "Connect it now" in held.text
    assert "form-action" not in held.headers["content-security-policy"]  # Chromium asks it of the whole way there
    sent = await browser.post_form(held, act="connect")
    assert sent.headers["location"].startswith(federated.stub.issuer)


async def test_ACC_07_what_a_session_began_is_connected_to_nobody_once_it_has_ended(federated: Federated):
    """Who finds a browser before a provider's page, or had stolen a session, would have a way in that stays."""
    await federated.add()
    browser, page = await at_page(federated)
    sent = await browser.post_form(page, act="connect", provider="corp")
    on = federated.world.foundation
    await on.db.write(endings.change_password, alice(federated), "another hash", on.clock.now())

    answer = federated.stub.answer(sent.headers["location"], "thief", email="thief@corp.test")
    told = await browser.follow(await browser.get("/callback/corp?" + urlencode(answer)))

    assert told.url.path == "/login/failed"
    assert await listed(federated) == []


async def test_a_provider_that_is_not_there_connects_nothing(federated: Federated):
    await federated.add()
    browser, page = await at_page(federated)
    assert (await browser.post_form(page, act="connect", provider="other")).status_code == 404


async def test_the_owner_is_told_by_mail(federated: Federated):
    await federated.add()
    browser, page = await at_page(federated)
    page = await connect(federated, browser, page)
    link = re.findall(r'name="link" value="(\d+)"', page.text)[0]
    await browser.submit(page, act="disconnect", link=link)

    on = federated.world.foundation
    waiting = await on.db.read(outbox.due, "mail", on.clock.now(), 10)
    assert [parcel.template for parcel in waiting] == ["linked", "unlinked"]
