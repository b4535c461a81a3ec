"""A server without a slot for another password: whoever chooses one is told to wait, and their link stays good."""

from contextlib import ExitStack, suppress

import pytest
from tests.authn.factors import give_app
from tests.conftest import FakeClock
from tests.entry.conftest import Mailbox
from tests.world import Browser, World

from gatelodge.config.policies import DAY
from gatelodge.database.tx import Unavailable

pytestmark = pytest.mark.anyio

ALICE = "alice@example.org"
NEWCOMER = "eve@example.org"


async def register(browser: Browser, mailbox: Mailbox, clock: FakeClock) -> str:
    await browser.post_form(await browser.get("/register"), email=NEWCOMER)
    return await mailbox.link(NEWCOMER, "confirm_registration")


async def recover(browser: Browser, mailbox: Mailbox, clock: FakeClock) -> str:
    await browser.post_form(await browser.get("/recover"), email=ALICE)
    return await mailbox.link(ALICE, "set_password")


async def regain(browser: Browser, mailbox: Mailbox, clock: FakeClock) -> str:
    await give_app(mailbox.world.foundation, mailbox.world.people["alice"].id)
    link = await browser.get(await recover(browser, mailbox, clock))
    await browser.post_form(link, act="later", password="")
    clock.advance(DAY)
    return await mailbox.link(ALICE, "recovery_due")


@pytest.mark.parametrize("arrive", [register, recover, regain])
async def test_HTTP_08_who_chooses_a_password_while_every_slot_is_taken_is_told_to_wait_and_nothing_is_lost(
    entered: World, mailbox: Mailbox, clock: FakeClock, arrive
) -> None:
    browser, passwords = entered.browser(), entered.server.authn.passwords
    page = await browser.get(await arrive(browser, mailbox, clock))

    with ExitStack() as held:
        with suppress(Unavailable):
            while True:
                held.enter_context(passwords.slot())
        busy = await browser.post_form(page, password="four old bicycles in the rain")

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
    assert "This server is busy" in busy.text
    assert (await browser.post_form(busy, password="four old bicycles in the rain")).status_code == 200
