"""Another address: proved before anything changes, by whoever asked, told to the old one, which can take it back."""

import httpx2
import pytest
from tests.conftest import FakeClock
from tests.entry.conftest import Mailbox
from tests.world import Browser, World, answer_of

from gatelodge.stores import users
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
