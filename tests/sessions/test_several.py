"""Several accounts in one browser: they wait, are chosen, signed out, and never taken for one another."""

import re
from html import unescape

import httpx2
from tests.world import RP, Browser, World, answer_of
from tests.worlds import world as world

from gatelodge.sessions.several import MOST
from gatelodge.stores import credentials, sessions, users
from gatelodge.stores.users import NewUser

OTHERS, SESSION = "__Host-gatelodge-others", "__Host-gatelodge-session"
ASK = {"prompt": "select_account", "scope": "openid"}


async def add_account(browser: Browser, name: str) -> httpx2.Response:
    """Sign one more account in, in this browser."""
    page = await browser.get("/login?page=account")
    return await browser.sign_in(page, name)


async def both(world: World) -> Browser:
    """Return a browser of Alice and Bob, in which Bob is signed in and Alice waits."""
    browser = world.browser()
    await add_account(browser, "alice")
    await add_account(browser, "bob")
    return browser


async def who(browser: Browser) -> str:
    page = await browser.get("/account")
    found = re.search(r"<strong>([^<]+)</strong>", page.text)
    return found[1] if page.status_code == 200 and found else ""


def shown(page: httpx2.Response) -> list[tuple[str, str]]:
    """The accounts on the page of choice: the session of each, and whose it is."""
    return re.findall(r'name="account" value="([^"]+)".*?<strong>([^<]+)</strong>', page.text, re.S)


async def test_one_is_signed_in_and_the_other_waits(world: World) -> None:
    browser = await both(world)
    assert await who(browser) == "Bob Builder"

    page = await browser.authorize(**ASK)

    assert [name for _, name in shown(page)] == ["Bob Builder", "Alice Liddell"]


async def test_whoever_is_chosen_is_whom_the_client_is_told_of(world: World) -> None:
    browser = await both(world)
    page = await browser.authorize(**ASK)
    [_, (alice, _)] = shown(page)

    answer = await browser.walk(await browser.submit(page, account=alice), "alice", "")

    assert "code" in answer_of(answer)
    assert await who(browser) == "Alice Liddell"
    assert [name for _, name in shown(await browser.authorize(**ASK))] == ["Alice Liddell", "Bob Builder"]


async def test_WEB_04_no_value_of_before_signs_anybody_in(world: World) -> None:
    browser = world.browser()
    await add_account(browser, "alice")
    first = browser.http.cookies[SESSION]
    await add_account(browser, "bob")
    waiting, second = browser.http.cookies[OTHERS], browser.http.cookies[SESSION]
    page = await browser.authorize(**ASK)
    await browser.submit(page, account=shown(page)[1][0])

    for old in (first, second, waiting):
        thief = world.browser()
        thief.http.cookies.set(SESSION, old)
        assert await who(thief) == ""
        thief.http.cookies.set(OTHERS, old)
        thief.http.cookies.delete(SESSION)
        assert await who(thief) == ""


async def test_signing_in_again_as_one_that_waits_goes_on_in_their_session(world: World) -> None:
    browser = await both(world)
    tokens_before = shown(await browser.authorize(**ASK))
    await add_account(browser, "alice")

    now = shown(await browser.authorize(**ASK))

    assert await who(browser) == "Alice Liddell"
    assert sorted(now) == sorted(tokens_before), "the same two sessions"


async def test_one_that_waits_is_signed_out_by_itself(world: World) -> None:
    browser = await both(world)
    page = await browser.authorize(**ASK)

    left = await browser.submit(page, remove=shown(page)[1][0])

    assert [name for _, name in shown(left)] == ["Bob Builder"]
    assert await who(browser) == "Bob Builder"


async def test_signing_out_signs_all_of_them_out(world: World) -> None:
    browser = await both(world)
    assert OTHERS in browser.http.cookies

    await browser.submit(await browser.get("/logout"), decision="sign_out")

    assert OTHERS not in browser.http.cookies
    for person in world.people.values():
        assert await world.foundation.db.read(sessions.of_person, person.id, world.foundation.clock.now()) == []


async def test_ADM_01_a_session_that_is_not_in_this_browser_is_neither_chosen_nor_ended(world: World) -> None:
    elsewhere, browser = world.browser(), await both(world)
    await add_account(elsewhere, "alice")
    [(theirs, _)] = shown(await elsewhere.authorize(**ASK))

    page = await browser.authorize(**ASK)
    await browser.submit(page, account=theirs)
    await browser.submit(page, remove=theirs)

    assert await who(browser) == "Bob Builder"
    assert await who(elsewhere) == "Alice Liddell"


async def test_a_proven_hint_chooses_without_asking(world: World) -> None:
    browser = world.browser()
    hint = (await browser.tokens("trusted1", scope="openid"))["id_token"]
    await add_account(browser, "bob")

    answer = await browser.authorize("trusted1", scope="openid", prompt="none", id_token_hint=hint)

    assert "code" in answer_of(answer)
    assert await who(browser) == "Alice Liddell"
    refused = await browser.authorize("web2", prompt="none", scope="openid", redirect_uri="https://evil.test/cb")
    assert answer_of(refused)["error"] == "consent_required"
    assert await who(browser) == "Alice Liddell"


async def test_a_refusal_after_a_hint_loses_nobody(world: World) -> None:
    browser = world.browser()
    hint = (await browser.tokens("web1", scope="openid"))["id_token"]
    await add_account(browser, "bob")

    refused = await browser.authorize("post1", scope="openid", prompt="none", id_token_hint=hint, redirect_uri=RP)

    assert "error" in answer_of(refused)
    assert len(shown(await browser.authorize(**ASK))) == 2


async def test_the_login_hint_comes_first(world: World) -> None:
    browser = await both(world)
    page = await browser.authorize(**ASK, login_hint="alice@example.org")
    assert [name for _, name in shown(page)] == ["Alice Liddell", "Bob Builder"]


async def test_beyond_the_most_the_one_that_waited_longest_is_signed_out(world: World) -> None:
    browser, write = world.browser(), world.foundation.db.write
    hashed = await world.server.authn.passwords.hash("one-for-all-of-us")
    for number in range(MOST + 2):
        user = await write(users.add, NewUser(sub=f"sub-{number}", username=f"user{number}"), 0)
        await write(credentials.set_password, user.id, hashed, 0)
        await browser.sign_in(await browser.get("/login?page=account"), f"user{number}", "one-for-all-of-us")

    names = [name for _, name in shown(await browser.authorize(**ASK))]
    assert names == [f"user{number}" for number in range(MOST + 1, 0, -1)]


async def test_a_login_hint_chooses_the_account_that_waits(world: World) -> None:
    browser = await both(world)

    page = await browser.authorize(login_hint=" Alice@Example.org ")

    assert (page.url.path, "Alice Liddell" in page.text) == ("/consent", True)
    assert await who(browser) == "Alice Liddell"
    assert len(shown(await browser.authorize(**ASK))) == 2, "the other one waits now"


async def test_a_login_hint_of_nobody_here_has_the_person_choose_and_fills_in_the_name(world: World) -> None:
    browser = world.browser()
    await add_account(browser, "bob")
    for known in ("alice@example.org", "stranger@example.com"):  # who exists is not told
        page = await browser.authorize(login_hint=known, scope="openid")
        assert (page.url.path, [name for _, name in shown(page)]) == ("/select-account", ["Bob Builder"])
        another = unescape(page.text.split('id="another" href="')[1].split('"')[0])
        assert f'value="{known}"' in (await browser.get(another)).text

    chosen = await browser.submit(page, account=shown(page)[0][0])
    assert chosen.url.path == "/consent", "the person's word is above a hint"
    assert "code" in answer_of(await browser.allow(chosen))
    for hint in ("bob", "BOB@example.org", "sub-bob"):
        assert "code" in answer_of(await browser.authorize(login_hint=hint, scope="openid")), hint


async def test_whoever_was_chosen_or_signed_in_stays_whatever_the_hint_says(world: World) -> None:
    browser = await both(world)
    page = await browser.authorize(login_hint="carol", scope="openid")
    alice = next(sid for sid, name in shown(page) if name == "Alice Liddell")
    chosen = await browser.submit(page, account=alice)
    assert "code" in answer_of(await browser.allow(chosen))

    again = await browser.authorize(login_hint="bob", prompt="login", scope="openid")
    assert again.url.path == "/login"
    signed_in = await browser.sign_in(again, "alice")
    assert "code" in answer_of(signed_in)
    assert await who(browser) == "Alice Liddell"


async def test_ACC_01_a_login_hint_answers_nothing_where_no_page_is_shown(world: World) -> None:
    """Else any client would learn from `prompt=none` whose accounts are in a browser."""
    browser, alone = await both(world), world.browser()
    await add_account(alone, "bob")
    ask = {"scope": "openid", "prompt": "none"}
    answers = [
        answer_of(await one.authorize(**ask, login_hint=hint))
        for one in (browser, alone)
        for hint in ("alice", "bob", "stranger")
    ]

    assert {answer["error"] for answer in answers} == {"consent_required"}
    assert all(answer == answers[0] for answer in answers)
    assert await who(browser) == "Bob Builder"


async def test_the_account_page_leads_to_the_accounts_of_the_browser(world: World) -> None:
    browser = await both(world)
    assert 'href="/account/switch"' in (await browser.get("/account")).text
    page = await browser.get("/account/switch")
    assert [name for _, name in shown(page)] == ["Bob Builder", "Alice Liddell"]
    assert 'href="/login?page=account"' in page.text

    assert (await browser.submit(page, account=shown(page)[0][0])).url.path == "/account"
    assert await who(browser) == "Bob Builder"
    await browser.submit(page, account=shown(page)[1][0])
    assert await who(browser) == "Alice Liddell"

    page = await browser.get("/account/switch")
    left = await browser.submit(page, remove=shown(page)[1][0])
    assert (left.url.path, [name for _, name in shown(left)]) == ("/account/switch", ["Alice Liddell"])


async def test_WEB_02_nobody_is_switched_by_a_form_of_elsewhere_or_to_a_session_of_elsewhere(world: World) -> None:
    browser, elsewhere = await both(world), world.browser()
    page = await browser.get("/account/switch")
    alice = shown(page)[1][0]
    forged = await browser.http.post("/account/switch", data={"account": alice})
    assert forged.status_code == 403
    await add_account(elsewhere, "alice")
    theirs = shown(await elsewhere.get("/account/switch"))[0][0]

    refused = await browser.post_form(page, account=theirs)

    assert (refused.status_code, await who(browser), await who(elsewhere)) == (200, "Bob Builder", "Alice Liddell")
