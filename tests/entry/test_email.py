"""Another address: proved before anything changes, by whoever asked, told to the old one, which can take it back."""

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.entry.conftest import Mailbox
from tests.world import Browser, World, answer_of

from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import links, users
from gatelodge.stores.users import UserRecord

pytestmark = pytest.mark.anyio

ALICE, NEW = "alice@example.org", "alice@new.example"


async def signed_in(world: World, name: str = "alice") -> Browser:
    browser = world.browser()
    await browser.sign_in(await browser.follow(await browser.get("/account/email")), name)
    return browser


async def ask(browser: Browser, email: str = NEW) -> httpx2.Response:
    page = await browser.get("/account/email")
    return await browser.submit(page, email=email, act="change")


async def alice(world: World) -> UserRecord:
    user = await world.foundation.db.read(users.find, world.people["alice"].id)
    assert user is not None
    return user


async def test_an_address_is_theirs_once_it_is_proved_by_whoever_asked(entered: World, mailbox: Mailbox) -> None:
    here = await signed_in(entered)
    assert "on its way" in (await ask(here)).text
    link = await mailbox.link(NEW, "confirm_email")
    assert (await alice(entered)).email == ALICE
    stranger, bob = entered.browser(), await signed_in(entered, "bob")
    for other in (stranger, bob):
        page = await other.get(link)
        assert "First sign in" in page.text
        await other.http.post(link)
    assert (await alice(entered)).email == ALICE, "nobody else can"

    done = await here.post_form(await here.get(link))

    assert "Your address is changed" in done.text
    user = await alice(entered)
    assert (user.email, user.email_verified, user.username) == (NEW, True, "alice")
    assert [name for name, _ in await mailbox.letters(ALICE)] == ["email_changed"]
    assert (await here.get(link)).status_code == 410
    assert await entered.foundation.db.read(users.find_by_login, ALICE) is None


async def test_the_old_address_takes_it_back_and_shuts_everybody_out(entered: World, mailbox: Mailbox) -> None:
    thief = await signed_in(entered)
    tokens = await thief.tokens()
    await ask(thief)
    await thief.post_form(await thief.get(await mailbox.link(NEW, "confirm_email")))
    owner, undo = entered.browser("198.51.100.9"), await mailbox.link(ALICE, "email_changed")
    assert (await owner.get(undo)).status_code == 200
    assert (await alice(entered)).email == NEW, "nothing happens by looking"

    told = await owner.post_form(await owner.get(undo))

    assert "Look into your mailbox" in told.text
    assert (await alice(entered)).email == ALICE
    await entered.assert_dead(tokens)
    late = await thief.walk(await thief.authorize(), "alice", "wonderland")
    assert "do not match" in late.text
    page = await owner.get(await mailbox.link(ALICE, "set_password"))
    assert "Your password is set" in (await owner.post_form(page, password="four old bicycles in the rain")).text
    walked = await owner.walk(await owner.authorize(), "alice", "four old bicycles in the rain")
    assert "code" in answer_of(walked)


async def test_ACC_19_who_took_it_back_does_not_lose_it_to_a_link_of_a_later_change(
    entered: World, mailbox: Mailbox
) -> None:
    db, first, second = entered.foundation.db, "thief@evil.example", "thief@worse.example"
    thief, who = await signed_in(entered), entered.people["alice"].id
    elsewhere = UpstreamIdentity(issuer="https://idp.evil.example", subject="thief")
    await db.write(links.add, who, "corp", elsewhere, 1)
    for email in (first, second):
        await ask(thief, email)
        await thief.post_form(await thief.get(await mailbox.link(email, "confirm_email")))
    of_owner, of_thief = [await mailbox.link(to, "email_changed") for to in (ALICE, first)]
    owner, late = entered.browser("198.51.100.9"), await thief.get(of_thief)
    await owner.post_form(await owner.get(of_owner))

    assert (await thief.get(of_thief)).status_code == 410
    assert (await thief.post_form(late)).status_code == 410

    assert (await alice(entered)).email == ALICE
    assert await db.read(links.list_of, who) == [], "what the thief put there signs nobody in"


async def test_a_link_of_an_earlier_change_outlives_that_a_later_one_was_taken_back(
    entered: World, mailbox: Mailbox
) -> None:
    thief, first, second = await signed_in(entered), "thief@evil.example", "thief@worse.example"
    for email in (first, second):
        await ask(thief, email)
        await thief.post_form(await thief.get(await mailbox.link(email, "confirm_email")))
    of_owner, of_thief = [await mailbox.link(to, "email_changed") for to in (ALICE, first)]
    await thief.post_form(await thief.get(of_thief))
    assert (await alice(entered)).email == first

    owner = entered.browser("198.51.100.9")
    assert (await owner.post_form(await owner.get(of_owner))).status_code == 200
    assert (await alice(entered)).email == ALICE


async def test_ACC_01_an_address_of_somebody_else_is_told_nothing_and_nobody(entered: World, mailbox: Mailbox) -> None:
    here = await signed_in(entered)
    costs = []
    for email in ("bob@example.org", NEW):
        before = entered.foundation.db.statements
        assert "on its way" in (await ask(here, email)).text
        costs.append(entered.foundation.db.statements - before)
    assert costs[0] == costs[1]
    assert [name for name, _ in await mailbox.letters()] == ["confirm_email"]


async def test_ACC_07_a_change_wants_a_recent_proof(entered: World, mailbox: Mailbox, clock: FakeClock) -> None:
    here = await signed_in(entered)
    clock.advance(301)
    assert "/login" in str((await ask(here)).url)
    assert await mailbox.letters() == []


async def test_a_link_to_a_lost_address_recovers_nothing(entered: World, mailbox: Mailbox) -> None:
    here = await signed_in(entered)
    await here.post_form(await here.get("/recover"), email=ALICE)
    lost = await mailbox.link(ALICE, "set_password")
    await ask(here)
    await here.post_form(await here.get(await mailbox.link(NEW, "confirm_email")))
    assert (await here.get(lost)).status_code == 410


@pytest.mark.parametrize("email", ["", "eve", ALICE, "a@b.test,c@d.test"])
async def test_what_cannot_be_the_new_address_is_refused(entered: World, mailbox: Mailbox, email: str) -> None:
    here = await signed_in(entered)
    assert (await ask(here, email)).status_code == 400
    assert await mailbox.letters() == []
