"""Coming back: a mailed link sets a password and nothing else, and nobody is told who has an account."""

import httpx2
import pytest
from tests.authn.factors import give_app
from tests.conftest import FakeClock
from tests.entry.conftest import Mailbox, code_on
from tests.world import Browser, World, answer_of

from gatelodge.mail.letters import Letters
from gatelodge.ops import users as verbs
from gatelodge.stores import users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NEW = "four old bicycles in the rain"
ALICE = "alice@example.org"


async def ask(browser: Browser, email: str = ALICE) -> httpx2.Response:
    return await browser.post_form(await browser.get("/recover"), email=email)


async def set_new(browser: Browser, link: str, **fields: str) -> httpx2.Response:
    return await browser.post_form(await browser.get(link), **({"password": NEW} | fields))


async def test_a_new_password_is_set_and_everything_else_ends(entered: World, mailbox: Mailbox) -> None:
    elsewhere = entered.browser("198.51.100.3")
    tokens = await elsewhere.tokens()
    browser = entered.browser()
    await ask(browser)

    done = await set_new(browser, await mailbox.link(ALICE, "set_password"))

    assert "Your password is set" in done.text
    await entered.assert_dead(tokens)
    assert (await elsewhere.authorize(prompt="none")).headers["location"].find("login_required") > 0
    assert "code" in answer_of(await browser.walk(await browser.authorize(), "alice", NEW))
    assert [name for name, _ in await mailbox.letters(ALICE)] == ["password_changed", "set_password"]


async def test_ACC_01_known_unknown_unproved_and_disabled_get_one_answer_and_cost_one_work(
    entered: World, mailbox: Mailbox
) -> None:
    on = entered.foundation
    member = users.NewUser(sub="sub-carol", username="carol", email="carol@example.org", email_verified=True)
    await on.db.write(users.add, member, on.clock.now())
    await on.db.write(verbs.disable, "carol", Letters(None), Origin(), on.clock.now())
    seen = []
    for email in (ALICE, "nobody@example.org", "bob@example.org", "carol@example.org"):
        browser, before = entered.browser(), on.db.statements
        page = await ask(browser, email)
        body = page.text.replace(email, "").replace(code_on(page.text), "")
        headers = sorted(name for name in page.headers if name != "content-length")
        seen.append((page.status_code, headers, body, on.db.statements - before))

    assert all(one == seen[0] for one in seen)
    assert await mailbox.letters() == await mailbox.letters(ALICE), "and nobody else is written to"


async def test_ACC_02_links_for_one_address_are_counted_whoever_asks(entered: World) -> None:
    for email in (ALICE, "nobody@example.org"):
        answers = [(await ask(entered.browser(f"198.51.100.{at}"), email)).status_code for at in range(4)]
        assert answers == [200, 200, 200, 429]


async def test_ACC_04_a_stranger_who_asks_ends_no_link_of_the_owner_and_uses_up_no_share_of_theirs(
    entered: World, mailbox: Mailbox
) -> None:
    owner, elsewhere = entered.browser("198.51.100.3"), entered.browser("198.51.100.4")
    await owner.answer()
    await ask(elsewhere)  # the owner too, where nobody knows them
    theirs = await mailbox.link(ALICE, "set_password")
    for at in range(3):
        await ask(entered.browser(f"203.0.113.{at}"))
    assert (await ask(entered.browser("203.0.113.9"))).status_code == 429, "letters are bounded"

    assert (await elsewhere.get(theirs)).status_code == 200
    assert [(await ask(owner)).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert (await ask(owner, "bob@example.org")).status_code == 200, "what it is known to is one account"
    moved = entered.browser("203.0.113.10")
    moved.http.cookies.update(owner.http.cookies)
    assert (await ask(moved)).status_code == 429, "the share goes along with the cookie"
    done = await set_new(owner, await mailbox.link(ALICE, "set_password"))
    assert "Your password is set" in done.text
    assert (await elsewhere.get(theirs)).status_code == 410, "and with the password every other link is over"


async def test_ACC_18_a_link_is_over_once_the_password_is_another_one(entered: World, mailbox: Mailbox) -> None:
    browser, on = entered.browser(), entered.foundation
    await ask(browser)
    link = await mailbox.link(ALICE, "set_password")
    await on.db.write(verbs.set_password, "alice", "another hash", Letters(None), Origin(), on.clock.now())

    assert (await browser.get(link)).status_code == 410


async def test_ACC_05_a_link_of_somebody_who_was_disabled_is_over(entered: World, mailbox: Mailbox) -> None:
    browser, on = entered.browser(), entered.foundation
    await ask(browser)
    form = await browser.get(await mailbox.link(ALICE, "set_password"))
    await on.db.write(verbs.disable, "alice", Letters(None), Origin(), on.clock.now())

    assert (await browser.post_form(form, password=NEW)).status_code == 410


async def test_ACC_20_a_program_that_follows_every_link_changes_nothing(entered: World, mailbox: Mailbox) -> None:
    await ask(entered.browser())
    link = await mailbox.link(ALICE, "set_password")
    assert (await entered.browser("198.51.100.1").get(link)).status_code == 200
    assert "code" in await entered.browser().answer()


async def test_another_browser_needs_the_code_and_a_link_is_good_once(
    entered: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    code = code_on((await ask(entered.browser())).text)
    link, other = await mailbox.link(ALICE, "set_password"), entered.browser("198.51.100.1")
    assert (await set_new(other, link)).status_code == 400
    assert "Your password is set" in (await set_new(other, link, code=code)).text
    assert (await other.get(link)).status_code == 410

    await ask(entered.browser())
    clock.advance(1_801)
    assert (await other.get(await mailbox.link(ALICE, "set_password"))).status_code == 410


async def test_ACC_10_a_second_factor_is_asked_for_after_a_new_password_as_ever(
    entered: World, mailbox: Mailbox
) -> None:
    await give_app(entered.foundation, entered.people["alice"].id)
    browser = entered.browser()
    await ask(browser)
    await set_new(browser, await mailbox.link(ALICE, "set_password"))

    asked = await browser.sign_in(await browser.authorize(), "alice", NEW)

    assert asked.url.path == "/login/code"
    assert (await browser.authorize(prompt="none")).headers["location"].find("login_required") > 0, (
        "nobody is signed in"
    )
