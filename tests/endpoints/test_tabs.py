"""One browser and many tabs: first requests at once, forms of other sites, pages that were left open (TAB-01 to 03)."""

from itertools import permutations
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
from tests.world import Browser, World, answer_of, assert_redirected, form_of, request_for

from gatelodge.sessions.arrivals import MOST

pytestmark = pytest.mark.anyio

SIGN_IN = {"username": "alice", "password": "wonderland"}
HOUR = 3_600


async def first_requests(browser: Browser, count: int, method: str) -> list[httpx2.Response]:
    """Send them at once: none brings what another was given. All that was given arrives before anything goes on."""
    given: list[httpx2.Response] = []
    for number in range(count):
        fresh = browser.world.browser()
        members = request_for("trusted1", state=f"tab {number}")
        asked, form = (members, None) if method == "GET" else (None, members)
        given.append(await fresh.http.request(method, "/authorize", params=asked, data=form))
        for cookie in fresh.http.cookies.jar:
            browser.http.cookies.jar.set_cookie(cookie)
    return given


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("order", [*permutations(range(3)), (4, 2, 0, 3, 1)])
async def test_TAB_01_first_requests_at_once_all_end_well_in_any_order(
    sqlite_world: World, order: tuple[int, ...], method: str
):
    browser = sqlite_world.browser()
    tabs = await first_requests(browser, len(order), method)
    pages = {number: await browser.follow(tabs[number]) for number in order}
    assert {page.url.path for page in pages.values()} == {"/login"}

    codes = set[str]()
    for number in order:
        answer = answer_of(await browser.submit(pages[number], **SIGN_IN))
        assert answer["state"] == f"tab {number}"
        codes.add(answer["code"])

    assert len(codes) == len(order)


@pytest.mark.parametrize("prompt", ["none", None])
async def test_TAB_02_a_form_of_another_site_finds_who_is_signed_in_and_leaves_other_tabs_alone(
    world: World, prompt: str | None
):
    browser = world.browser()
    open_tab = await browser.authorize("trusted1", state="open")
    await browser.answer("trusted1")
    before = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}

    sent = await cross_site(browser, "trusted1", state="posted", prompt=prompt)

    assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, "/authorize")
    assert answer_of(await browser.follow(sent))["state"] == "posted"
    assert {cookie.name: cookie.value for cookie in browser.http.cookies.jar} == before
    assert answer_of(await browser.submit(open_tab, **SIGN_IN))["state"] == "open"


async def cross_site(browser: Browser, client_id: str = "web1", **changes: str | None) -> httpx2.Response:
    """Post a request as a page of another site does: no cookie of ours goes along, what we set is kept."""
    kept = list(browser.http.cookies.jar)
    browser.http.cookies.clear()
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document", "origin": "https://rp.test"}
    sent = await browser.http.post("/authorize", data=request_for(client_id, **changes), headers=headers)
    for cookie in kept:
        browser.http.cookies.jar.set_cookie(cookie)
    return sent


async def test_TAB_02_what_was_posted_waits_for_the_browser_that_posted_it_and_for_no_other(world: World):
    attacker, victim = world.browser(), world.browser()
    await victim.answer("trusted1")
    sent = await cross_site(attacker, "trusted1")

    lured = await victim.get(sent.headers["location"])

    assert (lured.status_code, "location" in lured.headers) == (400, False)
    assert (await attacker.follow(sent)).url.path == "/login"


async def test_TAB_02_what_was_posted_is_answered_once(world: World):
    browser = world.browser()
    await browser.answer("trusted1")
    sent = await cross_site(browser, "trusted1")
    assert "code" in answer_of(await browser.follow(sent))

    again = await browser.follow(await browser.get(sent.headers["location"]))

    assert (again.status_code, again.url.path) == (200, "/select-account")


async def test_TAB_02_prompt_and_max_age_mean_the_same_when_posted(world: World, clock):
    browser = world.browser()
    await browser.answer("trusted1")
    clock.advance(100)

    for asked in ({"prompt": "login"}, {"max_age": "0"}, {"max_age": "99"}):
        page = await browser.follow(await cross_site(browser, "trusted1", **asked))
        assert page.url.path == "/login", asked
    assert "code" in answer_of(await browser.follow(await cross_site(browser, "trusted1", max_age="100")))
    nobody = world.browser()
    assert_redirected(await nobody.follow(await cross_site(nobody, prompt="none")), "login_required")


async def test_TAB_02_in_a_frame_no_cookie_would_come_so_the_answer_is_given_at_once(world: World):
    async with world.http() as http:
        members = request_for(prompt="none")
        assert_redirected(
            await http.post("/authorize", data=members, headers={"sec-fetch-dest": "iframe"}), "login_required"
        )


async def test_TAB_02_a_stranger_posts_no_more_than_they_may_send(sqlite_world: World):
    async with sqlite_world.http() as stranger:
        answers = [await stranger.post("/authorize", data=request_for()) for _ in range(MOST + 1)]
    assert [answers[0].status_code, answers[-1].status_code] == [303, 429]


async def test_TAB_02_a_client_that_posts_a_sign_out_ends_the_session_that_is_there(world: World):
    browser = world.browser()
    hint = (await browser.tokens())["id_token"]
    bye = "https://rp.test/bye"
    async with world.http() as elsewhere:
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": bye, "state": "s"}
        sent = await elsewhere.post("/logout", data=asked)
        long = await elsewhere.post("/logout", data=asked | {"id_token_hint": "x" * 16_000})

    assert len(long.headers["location"]) < 8_000
    gone = await browser.get(sent.headers["location"])
    assert (gone.status_code, gone.headers["location"]) == (303, bye + "?state=s")
    assert_redirected(await browser.authorize(prompt="none"), "login_required")


async def late_pages(world: World, clock) -> list[tuple[Browser, httpx2.Response, dict[str, Any]]]:
    """A sign-in, a consent and an account page that were left open over lunch, and what is sent with each."""
    login, consent, choice = world.browser(), world.browser(), world.browser()
    await choice.answer(name="bob")
    found: list[tuple[Browser, httpx2.Response, dict[str, Any]]] = [
        (login, await login.authorize(), SIGN_IN),
        (
            consent,
            await consent.sign_in(await consent.authorize("two-uris")),
            {"scope": ["openid"], "decision": "allow"},
        ),
        (choice, await choice.authorize(prompt="select_account"), {}),
    ]
    clock.advance(HOUR)
    return found


async def test_TAB_03_a_page_left_open_begins_the_same_request_anew_with_a_sentence(world: World, clock):
    for browser, page, answer in await late_pages(world, clock):
        shown = await browser.submit(page, **answer)

        assert (shown.status_code, shown.url.path) == (200, page.url.path)
        assert "You were away for a while" in shown.text
        assert str(shown.url) != str(page.url)
        if page.url.path == "/login":
            assert_redirected(await browser.authorize(prompt="none"), "login_required")
            shown = await browser.submit(shown, **SIGN_IN)
        done = await (browser.allow(shown) if shown.url.path == "/consent" else browser.submit(shown))
        assert answer_of(done)["state"] == "a state"


async def test_TAB_03_a_reload_of_such_a_page_does_the_same(world: World, clock):
    for browser, page, _ in await late_pages(world, clock):
        shown = await browser.follow(await browser.get(str(page.url)))

        assert (shown.status_code, shown.url.path) == (200, page.url.path)
        assert "You were away for a while" in shown.text


async def test_TAB_03_what_was_finished_is_not_done_again_for_going_back(world: World):
    browser = world.browser()
    login = await browser.authorize()
    consent = await browser.sign_in(login)
    await browser.allow(consent)
    bob = {"username": "bob", "password": "builder-of-things"}
    late_consent = {"decision": "deny"}

    backs = [await browser.get(str(page.url)) for page in (login, consent)]
    sent = [await browser.post_form(login, **bob), await browser.post_form(consent, **late_consent)]

    for response in (*backs, *sent):
        page = await browser.follow(response)
        assert (page.status_code, page.url.path) == (200, "/select-account")
        assert "This was finished before" in page.text
        assert "Alice Liddell" in page.text
    assert "code" in answer_of(await browser.authorize(prompt="none"))


async def test_TAB_03_a_form_that_is_sent_twice_signs_in_once_more_and_goes_on(world: World):
    browser = world.browser()
    page = await browser.authorize()
    await browser.post_form(page, **SIGN_IN)
    consent = await browser.follow(await browser.post_form(page, **SIGN_IN))
    sent = {"scope": ["openid", "profile"], "decision": "allow"}

    first, second = [await browser.post_form(consent, **sent) for _ in range(2)]

    assert "code" in answer_of(await browser.follow(second))
    assert (await browser.follow(first)).url.path == "/select-account"


@pytest.mark.parametrize("page", ["/login", "/consent"])
async def test_TAB_03_a_form_shown_to_somebody_else_is_asked_again(world: World, page: str):
    """Another tab signed out, or in as somebody else, while this one was open."""
    browser = world.browser()
    shown = await browser.authorize()
    if page == "/consent":
        shown = await browser.sign_in(shown)
        await browser.submit(await browser.get("/logout"), decision="sign_out")
    action, hidden = form_of(shown)
    ours = {"sec-fetch-site": "same-origin", "origin": "null"}
    wrong = hidden | {"csrf": hidden["csrf"][:-2] + "xx", "decision": "allow", **SIGN_IN}

    again = await browser.follow(await browser.http.post(action, data=wrong, headers=ours))
    elsewhere = [
        await browser.http.post(action, data=wrong, headers=headers)
        for headers in ({}, {"sec-fetch-site": "same-site"}, {**ours, "origin": "https://evil.test"})
    ]

    assert (again.status_code, again.url.path) == (200, "/login")
    assert "out of date" in again.text
    assert [answer.status_code for answer in elsewhere] == [403] * 3
    assert_redirected(await browser.authorize(prompt="none"), "login_required")


async def test_TAB_03_a_sign_out_page_shown_to_somebody_else_asks_again(world: World):
    browser = world.browser()
    await browser.answer()
    page = await browser.get("/logout")
    await browser.submit(await browser.authorize(prompt="login"), username="bob", password="builder-of-things")
    action, hidden = form_of(page)
    ours = {"sec-fetch-site": "same-origin", "origin": "null"}

    again = await browser.http.post(action, data=hidden | {"decision": "sign_out"}, headers=ours)

    assert (again.status_code, "Bob Builder" in again.text, 'id="again"' in again.text) == (200, True, True)
    assert (await browser.authorize(prompt="none", scope="openid")).status_code == 303


async def test_TAB_03_where_nothing_is_known_any_more_the_page_leads_on(world: World, clock):
    await world.change_client("web1", client_uri="https://rp.test/")
    browser = world.browser()
    page = await browser.authorize()
    other = world.browser()
    clock.advance(2 * 24 * HOUR)

    for shown in (await browser.get(str(page.url)), await other.get(str(page.url))):
        assert shown.status_code == 403
        assert 'id="onward" href="https://rp.test/"' in shown.text
    forged = str(page.url).partition("&app=")[0] + "&" + urlencode({"app": "AAAAAAAAAAAA.web1"})
    unknown = ("/login", "/consent", "/select-account", "/login?interaction=x", "/authorize?interaction=x")
    for address in (*unknown, forged):
        shown = await other.get(address)
        assert 'id="onward" href="/"' in shown.text, address
        assert "rp.test" not in shown.text
