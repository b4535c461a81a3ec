"""Coming back without a second factor: after a day, told by mail, and stopped by one click or one sign-in."""

import re
from dataclasses import replace

import pytest
from tests.authn.factors import code_of, give_app, give_codes
from tests.conftest import FakeClock
from tests.entry.conftest import SENDER, Mailbox, code_on
from tests.world import Browser, World, answer_of, config_for, open_world

from gatelodge.config.policies import DAY, AccountsPolicy, DatabasePolicy
from gatelodge.mail.letters import KIND, Letters
from gatelodge.ops import users as verbs
from gatelodge.stores import authenticators, outbox, recoveries, recovery_codes, users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NEW = "four old bicycles in the rain"
ALICE = "alice@example.org"
OWN = "198.51.100.9"


async def ask(world: World, mailbox: Mailbox) -> tuple[Browser, str]:
    """Have alice's mailbox hold a link for a new password, and return the browser that asked."""
    browser = world.browser()
    await browser.post_form(await browser.get("/recover"), email=ALICE)
    return browser, await mailbox.link(ALICE, "set_password")


async def begin(world: World, mailbox: Mailbox) -> str:
    """Have alice say that everything is lost; return the page that follows."""
    browser, link = await ask(world, mailbox)
    return (await browser.post_form(await browser.get(link), act="later", password="")).text


async def regain(browser: Browser, link: str) -> int:
    page = await browser.get(link)
    return page.status_code if page.status_code != 200 else (await browser.post_form(page, password=NEW)).status_code


async def stands(world: World) -> bool:
    """Whether alice is asked for the code of her app as ever, with her old password."""
    browser = world.browser(OWN)
    asked = await browser.sign_in(await browser.authorize(), "alice")
    return asked.url.path == "/login/code"


async def waits(mailbox: Mailbox) -> list[str]:
    """The templates of letters that wait for their time."""
    on = mailbox.world.foundation
    found = await on.db.read(outbox.list_recent, KIND, 1_000)
    return sorted(one.template for one in found if one.sent_at is None and one.since > on.clock.now())


@pytest.fixture
async def lost(entered: World) -> World:
    """Alice has an app and codes, and lost them."""
    await give_app(entered.foundation, entered.people["alice"].id)
    await give_codes(entered.foundation, entered.people["alice"].id)
    return entered


async def test_after_a_day_a_link_gives_a_new_password_and_takes_all_else_off(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    on, alice = lost.foundation, lost.people["alice"].id
    elsewhere = lost.browser("198.51.100.3")
    first = await elsewhere.sign_in(await elsewhere.authorize(), "alice")
    await elsewhere.post_form(first, code=code_of(on))
    shown = await begin(lost, mailbox)
    assert "24 hours" in shown
    assert await stands(lost), "nothing changed yet"
    assert await waits(mailbox) == ["recovery_begun", "recovery_due"]

    clock.advance(DAY)
    browser = lost.browser()
    link = await mailbox.link(ALICE, "recovery_due")
    assert await regain(browser, link) == 200
    assert (await browser.get(link)).status_code == 410, "once"

    assert "code" in answer_of(await browser.walk(await browser.authorize(), "alice", NEW)), "no code is asked for"
    assert (await elsewhere.authorize(prompt="none")).headers["location"].find("login_required") > 0
    assert await on.db.read(authenticators.find, alice) is None
    assert (await on.db.read(recovery_codes.left, alice))[0] == 0
    assert (await mailbox.letters(ALICE))[0][0] == "account_recovered"


async def test_ACC_10_the_ordinary_link_takes_no_second_factor_off_and_ends_a_recovery_that_waits(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    await begin(lost, mailbox)
    browser, link = await ask(lost, mailbox)
    assert (await browser.post_form(await browser.get(link), password=NEW)).status_code == 200
    asked = await browser.sign_in(await browser.authorize(), "alice", NEW)
    assert asked.url.path == "/login/code"

    late = await mailbox.link(ALICE, "set_password")
    assert await waits(mailbox) == []
    clock.advance(DAY)
    assert (await browser.get(late)).status_code == 410


async def test_one_click_from_any_browser_stops_it_and_looking_does_not(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    await begin(lost, mailbox)
    stop, link = await mailbox.link(ALICE, "recovery_begun"), await mailbox.link(ALICE, "recovery_due")
    anywhere = lost.browser(OWN)
    page = await anywhere.get(stop)
    alice = lost.people["alice"].id
    assert await lost.foundation.db.read(recoveries.find, alice, clock.now()) is not None, "a scanner looked"

    assert "It is stopped" in (await anywhere.post_form(page)).text
    assert await waits(mailbox) == []
    assert (await mailbox.letters(ALICE))[0] == ("recovery_stopped", {"at": clock.now(), "signed_in": 0})
    assert (await anywhere.get(stop)).status_code == 410
    clock.advance(DAY)
    assert await regain(lost.browser(), link) == 410
    assert await stands(lost)


async def test_the_letter_at_the_end_stops_it_too(lost: World, mailbox: Mailbox, clock: FakeClock) -> None:
    await begin(lost, mailbox)
    said = next(said for name, said in await mailbox.letters(ALICE) if name == "recovery_due")
    clock.advance(DAY + 60)
    anywhere, thief = lost.browser(OWN), lost.browser()
    form = await thief.get(str(said["link"]))
    assert form.status_code == 200
    assert "It is stopped" in (await anywhere.post_form(await anywhere.get(str(said["stop"])))).text
    assert (await thief.post_form(form, password=NEW)).status_code == 410
    assert await regain(lost.browser(), str(said["link"])) == 410


async def test_a_whole_sign_in_stops_it_and_half_a_one_does_not(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    await begin(lost, mailbox)
    alice, on = lost.people["alice"].id, lost.foundation
    link = await mailbox.link(ALICE, "recovery_due")
    owner = lost.browser(OWN)
    half = await owner.sign_in(await owner.authorize(), "alice")
    assert half.url.path == "/login/code"
    assert await on.db.read(recoveries.find, alice, clock.now()) is not None

    await owner.post_form(half, code=code_of(on))

    assert await on.db.read(recoveries.find, alice, clock.now()) is None
    assert await waits(mailbox) == []
    assert (await mailbox.letters(ALICE))[0] == ("recovery_stopped", {"at": clock.now(), "signed_in": 1})
    again = lost.browser(OWN)
    await again.post_form(await again.sign_in(await again.authorize(), "alice"), code=code_of(on, away=1))
    assert [name for name, _ in await mailbox.letters(ALICE)].count("recovery_stopped") == 1, (
        "nothing was to be stopped"
    )
    clock.advance(DAY)
    assert await regain(lost.browser(), link) == 410


async def test_it_can_be_neither_shortened_nor_used_late_nor_prolonged_by_asking_again(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    await begin(lost, mailbox)
    link, alice, on = await mailbox.link(ALICE, "recovery_due"), lost.people["alice"].id, lost.foundation
    first = await on.db.read(recoveries.find, alice, clock.now())
    sent = len(await mailbox.letters(ALICE))
    clock.advance(DAY - 7_200)
    assert await regain(lost.browser(), link) == 410, "early"

    assert "2 hours" in await begin(lost, mailbox)
    assert await on.db.read(recoveries.find, alice, clock.now()) == first
    assert len(await mailbox.letters(ALICE)) == sent + 1, "the link that was asked for, and nothing else"
    clock.advance(7_199)
    assert await regain(lost.browser(), link) == 410, "a second too early"
    clock.advance(1 + DAY)
    assert await regain(lost.browser(), link) == 410, "late"
    assert await stands(lost)
    assert "24 hours" in await begin(lost, mailbox), "it can be begun again"
    assert await regain(lost.browser(), link) == 410, "and the link of the first one is good for nothing"


async def test_a_stranger_who_knows_the_address_begins_nothing_and_sends_few_letters(
    lost: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    for hour in range(24):
        stranger = lost.browser(f"203.0.113.{hour}")
        for _ in range(5):
            await stranger.post_form(await stranger.get("/recover"), email=ALICE)
        clock.advance(3_600)
    assert len(await mailbox.letters(ALICE)) == 24 * 3
    assert await lost.foundation.db.read(recoveries.find, lost.people["alice"].id, clock.now()) is None
    other = lost.browser(OWN)
    page = await other.get(await mailbox.link(ALICE, "set_password"))
    if page.status_code == 200:  # a program, or the owner, in another browser than asked
        assert (await other.post_form(page, act="later", password="")).status_code == 400
    assert await stands(lost)


async def test_who_reads_the_mail_begins_three_a_day(lost: World, mailbox: Mailbox, clock: FakeClock) -> None:
    for _ in range(3):
        assert "24 hours" in await begin(lost, mailbox)
        owner = lost.browser(OWN)
        await owner.post_form(await owner.get(await mailbox.link(ALICE, "recovery_begun")))
        clock.advance(3_601)
    assert "Too many tries" in await begin(lost, mailbox)
    assert await stands(lost)


async def test_links_are_of_one_purpose_and_of_one_account(lost: World, mailbox: Mailbox, clock: FakeClock) -> None:
    await begin(lost, mailbox)
    stop, use = await mailbox.link(ALICE, "recovery_begun"), await mailbox.link(ALICE, "recovery_due")
    clock.advance(DAY)
    browser = lost.browser()
    handles = [path.rpartition("/")[2] for path in (stop, use)]
    for path in (f"/regain/{handles[0]}", f"/stop/{handles[1]}", f"/recover/{handles[1]}", f"/undo/{handles[1]}"):
        assert (await browser.get(path)).status_code == 410
    bob = lost.people["bob"].id
    row, rest = re.split(r"(?<=^.)", handles[1], maxsplit=1) if len(handles[1]) > 1 else (handles[1], "")
    assert (await browser.get(f"/regain/{'B' if row != 'B' else 'C'}{rest}")).status_code == 410
    await regain(browser, use)
    assert await lost.foundation.db.read(users.find, bob) == lost.people["bob"]


@pytest.mark.parametrize("what", ["disabled", "disabled for a moment", "password", "admin"])
async def test_ACC_05_what_happens_to_the_account_meanwhile_ends_it(
    lost: World, mailbox: Mailbox, clock: FakeClock, what: str
) -> None:
    await begin(lost, mailbox)
    link, on, none = await mailbox.link(ALICE, "recovery_due"), lost.foundation, Letters(None)
    if what.startswith("disabled"):
        await on.db.write(verbs.disable, "alice", none, Origin(), clock.now())
    if what == "disabled for a moment":
        await on.db.write(verbs.enable, "alice", none, Origin(), clock.now())
    if what == "password":
        await on.db.write(verbs.set_password, "alice", "another hash", none, Origin(), clock.now())
    if what == "admin":
        await on.db.write(verbs.grant_admin, "alice", none, Origin(), clock.now())
    clock.advance(DAY)

    assert await regain(lost.browser(), link) == 410
    assert await on.db.read(authenticators.find, lost.people["alice"].id) is not None


async def test_nobody_begins_it_without_need_and_no_administrator_does(lost: World, mailbox: Mailbox) -> None:
    on, alice = lost.foundation, lost.people["alice"].id
    await on.db.write(verbs.grant_admin, "alice", Letters(None), Origin(), on.clock.now())
    browser, link = await ask(lost, mailbox)
    page = await browser.get(link)
    assert 'value="later"' not in page.text
    assert (await browser.post_form(page, act="later", password="")).status_code == 410

    await on.db.write(verbs.revoke_admin, "alice", Letters(None), Origin(), on.clock.now())
    await on.db.write(authenticators.remove, alice)
    assert 'value="later"' not in (await browser.get(link)).text
    assert await on.db.read(recoveries.find, alice, on.clock.now()) is None


async def test_another_browser_than_asked_needs_the_code_to_begin(lost: World, mailbox: Mailbox) -> None:
    browser = lost.browser()
    code = code_on((await browser.post_form(await browser.get("/recover"), email=ALICE)).text)
    link, other = await mailbox.link(ALICE, "set_password"), lost.browser(OWN)
    assert (await other.post_form(await other.get(link), act="later", password="")).status_code == 400
    assert "24 hours" in (await other.post_form(await other.get(link), act="later", password="", code=code)).text


async def test_the_page_of_a_code_says_what_to_do_without_any(lost: World) -> None:
    browser = lost.browser()
    asked = await browser.sign_in(await browser.authorize(), "alice")
    found = re.search(r'id="lost" href="([^"]+)"', asked.text)
    assert found is not None
    page = await browser.get(found[1].replace("&amp;", "&"))
    assert "Lost your phone and your codes?" in page.text
    assert "24 hours" in page.text
    assert "/recover?" in page.text


async def test_where_it_is_off_nothing_leads_there(database_policy: DatabasePolicy, clock: FakeClock) -> None:
    off = AccountsPolicy(recovery_delay_hours=0)
    config = replace(config_for(database_policy.url), mail=SENDER, accounts=off)
    async with open_world(config, clock) as world:
        await give_app(world.foundation, world.people["alice"].id)
        browser = world.browser()
        assert 'id="lost"' not in (await browser.sign_in(await browser.authorize(), "alice")).text
        assert (await browser.get("/lost")).status_code == 404
        asker, link = await ask(world, Mailbox(world))
        assert 'value="later"' not in (await asker.get(link)).text
