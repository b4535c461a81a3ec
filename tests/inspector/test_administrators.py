"""The inspector of a server that is no demo: for administrators only, who are asked for at every request."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import structlog
from tests.conftest import FakeClock
from tests.inspector.conftest import traced
from tests.world import PASSWORDS, RP, Browser, World, assert_page400, form_of, open_world, request_for

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy, SessionPolicy
from gatelodge.database.tx import Body, Tx, Unavailable
from gatelodge.mail.letters import Letters
from gatelodge.ops import users
from gatelodge.sessions.interactions import KIND
from gatelodge.stores import audit
from gatelodge.stores import users as people
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio
HOUR = 3_600


@pytest.fixture
async def world(database_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    """A server of each engine with the inspector on. Alice is an administrator, Bob is none."""
    async with open_world(traced(database_policy.url), clock) as opened:
        await change(opened, users.grant_admin, "alice")
        yield opened


async def change(world: World, verb: Body[..., object], login: str) -> None:
    await world.foundation.db.write(verb, login, Letters(None), Origin("test"), world.foundation.clock.now())


async def arrive(world: World, name: str = "alice", path: str = "/inspector") -> tuple[Browser, httpx2.Response]:
    """Open a page in a new browser and sign in on the way."""
    browser = world.browser()
    asked = await browser.follow(await browser.get(path))
    return browser, await browser.sign_in(asked, name)


async def refused_request(world: World) -> str:
    """The id of a request that was refused."""
    async with world.http() as http:
        answer = await http.get("/authorize", params=request_for(redirect_uri=RP + "/"))
    return answer.headers["x-request-id"]


def shows_traces(response: httpx2.Response) -> bool:
    return response.status_code == 200 and 'id="traces"' in response.text


def asks_to_sign_in(response: httpx2.Response) -> bool:
    """Whether it sends to the sign-in page and shows nothing."""
    return response.status_code == 303 and response.headers["location"].startswith("/login?") and not response.text


# Who may look


async def test_an_administrator_signs_in_and_is_at_the_page_they_wanted(world: World):
    _, shown = await arrive(world, path="/inspector?client=web1&outcome=refused&live=off")

    assert shows_traces(shown)
    assert parse_qs(shown.url.query.decode()) == {"client": ["web1"], "outcome": ["refused"], "live": ["off"]}


async def test_an_administrator_signs_in_and_is_at_the_trace_they_wanted(world: World):
    request_id = await refused_request(world)
    _, shown = await arrive(world, path=f"/inspector/{request_id}")

    assert shown.url.path == f"/inspector/{request_id}"
    assert "yours has a trailing slash" in shown.text


async def test_the_sign_in_page_says_what_for(world: World):
    browser = world.browser()
    page = await browser.follow(await browser.get("/inspector"))

    assert "to continue to <strong>the inspector</strong>" in page.text


async def test_whoever_signed_in_to_an_application_need_not_sign_in_again(world: World):
    browser = world.browser()
    await browser.code()

    assert shows_traces(await browser.get("/inspector"))


async def test_nobody_else_sees_anything(world: World):
    request_id = await refused_request(world)
    bob, at_list = await arrive(world, "bob")
    at_trace = await bob.get(f"/inspector/{request_id}")
    at_nothing = await bob.get("/inspector/0123456789abcdef")

    for answer in (at_list, at_trace, at_nothing):
        assert answer.status_code == 403
        assert "Bob Builder" in answer.text
        assert request_id not in re.sub(r'href="[^"]*"', "", answer.text)
        assert "trailing slash" not in answer.text
    assert "location" not in at_list.headers


async def test_who_took_the_wrong_account_can_take_another(world: World):
    browser, refused = await arrive(world, "bob", f"/inspector/{await refused_request(world)}")
    link = re.search(r'href="(/login[^"]*)" id="another"', refused.text)
    assert link is not None
    shown = await browser.sign_in(await browser.get(link[1].replace("&amp;", "&")), "alice")

    assert "yours has a trailing slash" in shown.text


async def test_a_refusal_is_logged_and_not_written_down(world: World):
    with structlog.testing.capture_logs() as logged:
        await arrive(world, "bob")
    told = [line for line in logged if line["event"] == "admin_refused"]
    entries = await world.foundation.db.read(audit.list_recent, 9)

    assert [(line["page"], line["user_id"]) for line in told] == [("inspector", world.people["bob"].id)]
    assert [entry.event for entry in entries if entry.request_id != "start"] == ["signed_in", "admin_granted"]


@pytest.mark.parametrize(
    "name", ["x", "0123456789ABCDEF", "0123456789abcdef0", "..%2f", "%22%3E", "0123456789abcde%0a"]
)
async def test_what_is_no_requests_id_is_not_found_whoever_asks(world: World, name: str):
    alice, _ = await arrive(world)
    for browser in (world.browser(), alice):
        answer = await browser.get(f"/inspector/{name}")
        assert answer.status_code in (400, 404)
        assert "location" not in answer.headers


# For how long


async def test_a_revoked_administrator_gets_no_further_list(world: World):
    alice, shown = await arrive(world)
    await change(world, users.revoke_admin, "alice")
    polled = await alice.get("/inspector")

    assert shows_traces(shown)
    assert polled.status_code == 403


async def test_after_signing_out_there_is_no_further_list(world: World):
    alice, shown = await arrive(world)
    await alice.submit(await alice.get("/logout"), decision="sign_out")

    assert shows_traces(shown)
    assert asks_to_sign_in(await alice.get("/inspector"))


async def test_a_session_that_was_ended_elsewhere_ends_here(world: World):
    alice, _ = await arrive(world)
    await world.foundation.db.write(
        users.set_password, "alice", "hash", Letters(None), Origin("test"), world.foundation.clock.now()
    )

    assert asks_to_sign_in(await alice.get("/inspector"))


async def test_a_disabled_administrator_is_none(world: World):
    alice, _ = await arrive(world)
    await change(world, users.disable, "alice")
    polled = await alice.get("/inspector")
    page = await alice.sign_in(await alice.follow(polled))

    assert asks_to_sign_in(polled)
    assert page.status_code == 400


async def test_a_new_administrator_is_one_at_their_next_request(world: World):
    bob, refused = await arrive(world, "bob")
    await change(world, users.grant_admin, "bob")

    assert refused.status_code == 403
    assert shows_traces(await bob.get("/inspector"))


async def test_ADM_08_after_eight_hours_an_administrator_signs_in_again(world: World, clock: FakeClock):
    alice, _ = await arrive(world)
    clock.advance(8 * HOUR - 1)
    before = await alice.get("/inspector")
    clock.advance(1)
    after = await alice.get("/inspector")
    again = await alice.sign_in(await alice.follow(after))

    assert shows_traces(before)
    assert asks_to_sign_in(after)
    assert shows_traces(again)


async def test_ADM_08_an_operator_may_demand_it_sooner(sqlite_policy: DatabasePolicy, clock: FakeClock):
    config = replace(traced(sqlite_policy.url), sessions=SessionPolicy(admin_lifetime=600))
    async with open_world(config, clock) as world:
        await change(world, users.grant_admin, "alice")
        alice, shown = await arrive(world)
        clock.advance(600)

        assert shows_traces(shown)
        assert asks_to_sign_in(await alice.get("/inspector"))


async def test_without_the_database_nobody_is_let_in(world: World, monkeypatch: pytest.MonkeyPatch):
    alice, _ = await arrive(world)

    async def lost(*_args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(people, "find", lost)

    assert_page400(await alice.get("/inspector"), status=503)


# Where a sign-in may lead


@pytest.mark.parametrize(
    "query",
    [
        "page=https://evil.test/",
        "page=//evil.test",
        "page=/inspector",
        "page=inspector.",
        "page=home",
        "page=authorization",
        "page=inspector_trace",
        "page=inspector_trace&request_id=//evil.test",
        "page=inspector_trace&request_id=..",
        "page=inspector_trace&request_id=0123456789abcdef/../..",
        "page=inspector_trace&request_id=0123456789abcdef%0d%0alocation:evil",
        "page=inspector&page=inspector_trace",
        "page=inspector&client=%0d%0alocation:evil",
    ],
)
async def test_RED_OWN_a_page_that_is_not_ours_is_no_page_to_sign_in_for(world: World, query: str):
    async with world.http() as http:
        shown, sent = await http.get(f"/login?{query}"), await http.post(f"/login?{query}", data={"username": "alice"})

    for answer in (shown, sent):
        assert answer.status_code in (400, 404)
        assert "location" not in answer.headers
        assert "<form" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "client=//evil.test",
        "client=https://evil.test/%3F%23",
        "client=a%26page=//evil.test",
        "next=https://evil.test",
        "return_to=//evil.test&redirect_uri=//evil.test",
        "client=\\evil.test",
        "base=//evil.test&path=//evil.test",
    ],
)
async def test_RED_OWN_whatever_a_link_adds_the_sign_in_leads_to_our_page(world: World, query: str):
    browser = world.browser()
    page = await browser.get(f"/login?page=inspector&{query}")
    answer = await browser.post_form(page, username="alice", password=PASSWORDS["alice"])
    location = urlsplit(answer.headers["location"])

    assert answer.status_code == 303
    assert (location.scheme, location.netloc, location.path, location.fragment) == ("", "", "/inspector", "")
    assert set(parse_qs(location.query)) <= {"client"}


async def test_RED_OWN_an_applications_request_is_not_led_astray(world: World):
    browser = world.browser()
    page = await browser.authorize()
    action, hidden = form_of(page)
    form = {**hidden, "username": "alice", "password": PASSWORDS["alice"]}
    answer = await browser.http.post(f"{action}&page=inspector", data=form)

    assert answer.headers["location"].startswith("/authorize?interaction=")


# Who may submit the form


async def test_WEB_02_a_form_for_one_page_is_no_form_for_another(world: World):
    browser = world.browser()
    own = form_of(await browser.get("/login?page=inspector"))
    parked = form_of(await browser.authorize())
    tries = (
        (parked[0], own[1]),
        (own[0], parked[1]),
        ("/login?page=inspector_trace&request_id=0123456789abcdef", own[1]),
        ("/login?page=inspector&client=web1", own[1]),
        (own[0], {}),
        (own[0], {"csrf": "x"}),
    )
    for action, hidden in tries:
        form = {**hidden, "username": "alice", "password": PASSWORDS["alice"]}
        assert_page400(await browser.http.post(action, data=form), status=403)
    assert asks_to_sign_in(await browser.get("/inspector"))


async def test_WEB_02_the_form_of_another_browser_signs_nobody_in(world: World):
    attacker, victim = world.browser(), world.browser()
    action, hidden = form_of(await attacker.get("/login?page=inspector"))
    await victim.get("/login?page=inspector")
    form = {**hidden, "username": "bob", "password": PASSWORDS["bob"]}

    assert_page400(await victim.http.post(action, data=form), status=403)


async def test_WEB_02_a_page_of_another_site_signs_nobody_in(world: World):
    browser = world.browser()
    action, hidden = form_of(await browser.get("/login?page=inspector"))
    form = {**hidden, "username": "alice", "password": PASSWORDS["alice"]}
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.test"}):
        assert_page400(await browser.http.post(action, data=form, headers=headers), status=403)


async def test_guesses_are_counted_as_at_any_sign_in(world: World):
    browser = world.browser()
    page = await browser.get("/login?page=inspector")
    most = world.foundation.config.sign_in.account_failures
    wrong = [await browser.post_form(page, username="alice", password="wrong") for _ in range(most)]
    right = await browser.post_form(page, username="alice", password=PASSWORDS["alice"])

    assert {answer.status_code for answer in wrong} == {400}
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0


async def test_a_stranger_who_asks_leaves_no_row(world: World):
    async def waiting(tx: Tx) -> int:
        return len(await tx.all("select id from tickets where kind = $1", KIND))

    for _ in range(3):
        browser = world.browser()
        await browser.follow(await browser.get("/inspector"))

    assert await world.foundation.db.read(waiting) == 0


async def test_no_answer_is_kept_framed_or_read_from_elsewhere(world: World):
    request_id = await refused_request(world)
    alice, shown = await arrive(world)
    _, refused = await arrive(world, "bob")
    sign_in = await world.browser().get("/login?page=inspector")
    pages = (shown, refused, sign_in, await alice.get(f"/inspector/{request_id}"), await alice.get("/"))

    for answer in pages:
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (await world.browser().get("/inspector")).headers["cache-control"] == "no-store"
    assert "form-action 'self'" in sign_in.headers["content-security-policy"]


async def test_only_a_get_is_answered(world: World):
    alice, _ = await arrive(world)

    assert_page400(await alice.http.post("/inspector"), status=405)


# Finding the way


async def test_the_home_page_shows_the_way_to_administrators_only(world: World):
    alice, _ = await arrive(world)
    bob, _ = await arrive(world, "bob")
    seen = [await browser.get("/") for browser in (alice, bob, world.browser())]

    assert ['href="/inspector"' in page.text for page in seen] == [True, False, False]
    assert ["dministrator" in page.text for page in seen] == [True, False, False]
    await change(world, users.revoke_admin, "alice")
    assert "/inspector" not in (await alice.get("/")).text


async def test_error_pages_do_not_show_strangers_the_way(world: World):
    async with world.http() as http:
        error = await http.get("/authorize", params=request_for(redirect_uri=RP + "/"))

    assert "/inspector" not in error.text


async def test_where_it_is_off_administrators_are_told_how_to_turn_it_on(sqlite_policy: DatabasePolicy, clock: Clock):
    async with open_world(traced(sqlite_policy.url, inspector=False), clock) as world:
        await change(world, users.grant_admin, "alice")
        alice, at_list = await arrive(world)
        at_trace = await alice.get("/inspector/0123456789abcdef")
        _, refused = await arrive(world, "bob")

        for answer in (at_list, at_trace):
            assert answer.status_code == 404
            assert "GATELODGE_SERVER_INSPECTOR=true" in answer.text
        assert refused.status_code == 403
        assert "GATELODGE" not in refused.text
        assert asks_to_sign_in(await world.browser().get("/inspector"))


async def test_below_a_path_a_sign_in_leads_back_below_it(sqlite_policy: DatabasePolicy, clock: Clock):
    config = traced(sqlite_policy.url)
    config = replace(config, server=replace(config.server, issuer="https://id.test/p"))
    async with open_world(config, clock) as world:
        await change(world, users.grant_admin, "alice")
        browser = world.browser()
        location = (await browser.get("/inspector")).headers["location"]  # the client adds /p itself
        page = await browser.get(location.removeprefix("/p"))
        action, hidden = form_of(page)
        form = {**hidden, "username": "alice", "password": PASSWORDS["alice"]}
        answer = await browser.http.post(action.removeprefix("/p"), data=form)

        assert (location, action) == ("/p/login?page=inspector", "/p/login?page=inspector")
        assert answer.headers["location"] == "/p/inspector"
        assert shows_traces(await browser.get("/inspector"))
