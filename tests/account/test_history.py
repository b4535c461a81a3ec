"""The history: what a person reads of it, page by page, and what follows when a sign-in was not theirs."""

import re

import httpx2
from tests.account.test_frame import signed_in
from tests.conftest import FakeClock
from tests.world import Browser, World, assert_page400, audited

from gatelodge.account.history import PER_PAGE
from gatelodge.config.policies import DAY
from gatelodge.stores import audit
from gatelodge.stores.audit import ROUTINE
from gatelodge.telemetry.event import Event
from gatelodge.telemetry.events import Origin, SignedIn

WORDS = "src/gatelodge/account/templates/history_words.html"


def told(page: httpx2.Response) -> list[str]:
    return [re.sub(r"\s+", " ", one).strip() for one in re.findall(r"<h2>(.*?)</h2>", page.text, re.S)]


def lines(page: httpx2.Response) -> list[str]:
    return re.findall(r'name="line" value="([^"]+)"', page.text)


async def at_page(browser: Browser, query: str = "") -> httpx2.Response:
    return await browser.get(f"/account/history{query}")


def test_every_event_that_a_person_may_read_has_words() -> None:
    """Or it is of what goes on by itself, or about something that is nobody's."""
    about_nobody = re.compile(
        r"(client|api|claim_scope|first_key|key|keys|provider|issuer|workload|epoch|pkce|custom|outbox|parcel)_|purged"
    )
    with open(WORDS) as file:
        known = set(re.findall(r'one\.event == "(\w+)"', file.read()))
    names = {kind.event_name() for kind in Event.__subclasses__() if kind.audited}
    assert {name for name in names - known - {*ROUTINE} if not about_nobody.match(name)} == {"user_removed"}
    assert known <= names


def test_what_is_routine_is_what_the_statement_leaves_out() -> None:
    assert str(ROUTINE) in audit.HISTORY


async def test_a_person_reads_what_happened_newest_first_and_nothing_of_others(world: World) -> None:
    bob = world.browser("198.51.100.66")
    await bob.tokens("web2", "bob")
    alice = world.browser()
    await alice.tokens()

    page = await at_page(alice)

    assert told(page) == ["You let Client web1 act for you", "You signed in"]
    assert "198.51.100.66" not in page.text


async def test_a_failed_sign_in_is_told(world: World) -> None:
    stranger = world.browser("192.0.2.66")
    await stranger.sign_in(await stranger.follow(await stranger.get("/account")), "alice", "a guess")

    page = await at_page(await signed_in(world))

    assert told(page)[1] == "Somebody tried to sign in as you, and failed"
    assert "192.0.2.66" in page.text


async def test_it_goes_on_page_by_page_without_a_gap_and_ends_after_ninety_days(world: World, clock: FakeClock) -> None:
    alice, write = world.people["alice"], world.foundation.db.write
    for number in range(PER_PAGE + 10):
        at = clock.now() - 90 * DAY + number // 3 - 2  # several in one second; some are too old
        await write(audit.record, SignedIn(user_id=alice.id, amr="pwd"), Origin("r", f"198.51.100.{number}"), at)
    browser = await signed_in(world)

    first = await at_page(browser)
    after = re.search(r"\?before=([\w-]+)", first.text)
    assert after is not None
    second = await at_page(browser, f"?before={after[1]}")

    seen = re.findall(r"198\.51\.100\.(\d+)", first.text + second.text)
    assert seen == [str(number) for number in range(PER_PAGE + 9, 5, -1)]
    assert 'rel="next"' in first.text
    assert 'rel="next"' not in second.text
    assert told(await at_page(browser, "?before=made-up"))[0] == told(first)[0]


async def test_a_sign_in_that_was_not_theirs_voids_the_password_and_ends_all_else(world: World) -> None:
    thief, owner = world.browser("192.0.2.66"), await signed_in(world)
    stolen = await thief.tokens()
    [line] = lines(await at_page(owner))

    answer = await owner.post_form(await at_page(owner), line=line, act="disown")
    page = await owner.follow(answer)

    assert [event for event, *_ in await audited(world, answer)] == ["sign_in_disowned"]
    assert page.url.path == "/account/password"
    assert "Choose a password" in page.text
    assert "Your old password is void" in page.text
    assert (await thief.get("/account")).status_code == 303
    await world.assert_dead(stolen)
    again = await thief.sign_in(await thief.follow(await thief.get("/account")))
    assert again.status_code == 400, "the old password is nothing any more"

    await owner.submit(page, new_password="a-better-wonderland", again="a-better-wonderland", act="change")
    assert (await signed_in(world, password="a-better-wonderland")).http.cookies


async def test_it_wants_a_recent_proof(world: World, clock: FakeClock) -> None:
    await signed_in(world)
    owner = await signed_in(world)
    page = await at_page(owner)
    clock.advance(world.foundation.config.sessions.change_lifetime)

    asked = await owner.submit(page, line=lines(page)[0], act="disown")

    assert asked.url.path == "/login"
    assert await audited(world, asked) == []


async def test_ADM_01_a_line_of_another_is_not_there(world: World) -> None:
    alice, bob, elsewhere = await signed_in(world), await signed_in(world, "bob"), await signed_in(world, "bob")
    [theirs] = lines(await at_page(bob))
    await signed_in(world)
    page = await at_page(alice)

    for line in (theirs, "made-up", ""):
        assert_page400(await alice.post_form(page, line=line, act="disown"), status=404)

    assert (await elsewhere.get("/account")).status_code == 200
