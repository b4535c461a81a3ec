"""Registering: nobody is told who has an account, and there is none before its address is proved."""

import json
from dataclasses import replace
from html import unescape
from typing import Any

import httpx2
import pytest
from tests.authenticator import SoftwareKey
from tests.authn.test_passkeys import enrol as give_passkey
from tests.conftest import FakeClock
from tests.entry.conftest import OPEN, SENDER, Mailbox, code_on
from tests.world import Browser, World, answer_of, audited, config_for, open_world

from gatelodge.authn.passkey_acts import LastWay
from gatelodge.config.policies import AccountsPolicy, DatabasePolicy
from gatelodge.ops.limits import LetterLimits
from gatelodge.ops.registration import Newcomers
from gatelodge.sessions.mailed_links import TRIES
from gatelodge.stores import audit, credentials, users
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NEW = "four old bicycles in the rain"


async def ask(browser: Browser, email: str) -> httpx2.Response:
    return await browser.post_form(await browser.get("/register"), email=email)


async def make(browser: Browser, link: str, **fields: str) -> httpx2.Response:
    return await browser.post_form(await browser.get(link), **({"password": NEW, "name": "Eve"} | fields))


async def exists(world: World, login: str) -> bool:
    return await world.foundation.db.read(users.find_by_login, login) is not None


async def test_an_account_is_made_by_whoever_proves_the_address(entered: World, mailbox: Mailbox) -> None:
    browser = entered.browser()
    page = await browser.authorize()
    assert "Create an account" in page.text
    register = await browser.get(page.text.split('id="register" href="')[1].split('"')[0].replace("&amp;", "&"))
    told = await browser.post_form(register, email=" Eve@Example.org ")
    assert "Look into your mailbox" in told.text
    assert not await exists(entered, "eve@example.org"), "nobody has proved anything"

    done = await make(browser, await mailbox.link("eve@example.org", "confirm_registration"))

    assert "Your account is made" in done.text
    user = await entered.foundation.db.read(users.find_by_login, "eve@example.org")
    assert user is not None
    assert (user.email, user.email_verified, user.name, user.username) == (
        "eve@example.org", True, "Eve", "eve@example.org",
    )  # fmt: skip
    login = await browser.get(done.text.split('id="sign-in" href="')[1].split('"')[0].replace("&amp;", "&"))
    assert "code" in answer_of(await browser.walk(login, "eve@example.org", NEW)), "back to the application"


async def test_ACC_01_known_unknown_and_blocked_addresses_get_one_answer_and_cost_one_work(
    entered: World, mailbox: Mailbox
) -> None:
    seen = []
    for email in ("alice@example.org", "stranger@ex.org", "alice@blocked.example"):
        browser, before = entered.browser(), entered.foundation.db.statements
        page = await ask(browser, email)
        cost = entered.foundation.db.statements - before
        body = page.text.replace(email, "").replace(code_on(page.text), "")
        headers = sorted(name for name in page.headers if name != "content-length")
        seen.append((page.status_code, headers, body, cost))

    assert seen[0] == seen[1] == seen[2]
    letters = {name for name, _ in await mailbox.letters()}
    assert letters == {"account_exists", "confirm_registration", "registration_refused"}


async def test_ACC_02_letters_to_one_address_are_bounded_and_no_network_keeps_it_busy_alone(
    entered: World, mailbox: Mailbox
) -> None:
    for email in ("alice@example.org", "eve@example.org"):
        begun = entered.browser("198.51.100.200")
        await ask(begun, email)
        answers = [
            (await ask(entered.browser(f"198.51.{network}.1"), email)).status_code
            for network in range(4)
            for _ in "four"
        ]
        assert answers == [200, 200, 200, 429] * 3 + [200, 200, 429, 429]
        assert len(await mailbox.letters(email)) == 12
    links = [str(said["link"]) for _, said in await mailbox.letters("eve@example.org")]
    assert (await begun.get(links[-1])).status_code == 200, "nobody's asking ended it"
    assert "Your account is made" in (await make(begun, links[-1])).text
    assert (await make(begun, links[0])).status_code in (400, 410), "and now there is an account"


async def test_ACC_20_a_program_that_follows_every_link_makes_nothing(entered: World, mailbox: Mailbox) -> None:
    await ask(entered.browser(), "eve@example.org")
    link = await mailbox.link("eve@example.org", "confirm_registration")
    scanner = entered.browser("198.51.100.1")
    for _ in range(3):
        assert (await scanner.get(link)).status_code == 200
        assert (await scanner.http.head(link)).status_code == 200

    assert not await exists(entered, "eve@example.org")


async def test_in_another_browser_the_code_of_the_first_one_is_asked_for(entered: World, mailbox: Mailbox) -> None:
    code = code_on((await ask(entered.browser(), "eve@example.org")).text)
    link, other = await mailbox.link("eve@example.org", "confirm_registration"), entered.browser("198.51.100.1")

    refused = await make(other, link, code="BBB-BBB")
    assert (refused.status_code, "That is not the code" in refused.text) == (400, True)
    assert not await exists(entered, "eve@example.org")
    assert "Your account is made" in (await make(other, link, code=code.lower().replace("-", " "))).text


async def test_a_code_is_guessed_five_times_and_not_more(entered: World, mailbox: Mailbox) -> None:
    code = code_on((await ask(entered.browser(), "eve@example.org")).text)
    link, other = await mailbox.link("eve@example.org", "confirm_registration"), entered.browser("198.51.100.1")
    answers = [(await make(other, link, code="BBB-BBB")).status_code for _ in range(TRIES + 1)]

    assert answers == [400] * TRIES + [410]
    assert (await make(other, link, code=code)).status_code == 410


async def test_ACC_08_a_link_works_once_and_a_newer_one_ends_the_older(
    entered: World, mailbox: Mailbox, clock: FakeClock
) -> None:
    browser = entered.browser()
    await ask(browser, "eve@example.org")
    older = await mailbox.link("eve@example.org", "confirm_registration")
    clock.advance(1)
    await ask(browser, "eve@example.org")
    newer = await mailbox.link("eve@example.org", "confirm_registration")

    assert (await browser.get(older)).status_code == 410
    form = await browser.get(newer)
    assert "Your account is made" in (await browser.post_form(form, password=NEW, name="")).text
    assert (await browser.post_form(form, password=NEW, name="")).status_code == 410
    assert (await browser.get(newer)).status_code == 410


async def test_a_link_expires_and_is_good_for_nothing_else(entered: World, mailbox: Mailbox, clock: FakeClock) -> None:
    browser = entered.browser()
    await ask(browser, "eve@example.org")
    link = await mailbox.link("eve@example.org", "confirm_registration")

    assert (await browser.get(link.replace("/register/", "/recover/"))).status_code == 410
    clock.advance(86_401)
    assert (await browser.get(link)).status_code == 410


async def test_a_password_that_anybody_would_try_is_not_taken_and_the_link_stays(
    entered: World, mailbox: Mailbox
) -> None:
    browser = entered.browser()
    await ask(browser, "eve@example.org")
    link = await mailbox.link("eve@example.org", "confirm_registration")
    for password, words in (
        ("short", "at least 15"),
        ("eve@example.org Eve", "your name"),
        ("x" * 20, "easy to guess"),
    ):
        refused = await make(browser, link, password=password)
        assert (refused.status_code, words in refused.text) == (400, True), password

    assert "Your account is made" in (await make(browser, link)).text


async def test_ACC_09_a_letter_leads_to_the_issuer_whatever_the_request_says(entered: World, mailbox: Mailbox) -> None:
    browser = entered.browser()
    page = await browser.get("/register")
    browser.http.headers.update({"x-forwarded-host": "evil.test", "forwarded": "host=evil.test"})
    await browser.post_form(page, email="eve@example.org")

    assert (await mailbox.link("eve@example.org", "confirm_registration")).startswith("/register/")
    refused = await browser.http.post("/register", data={"email": "a@ex.org"}, headers={"host": "evil.test"})
    assert refused.status_code == 421


async def test_a_letter_to_a_strangers_address_carries_nothing_that_was_typed(entered: World, mailbox: Mailbox) -> None:
    await ask(entered.browser(), "victim@example.org")
    ((_, said),) = await mailbox.letters("victim@example.org")
    assert set(said) == {"link", "until"}


@pytest.mark.parametrize(
    "email", ["", "eve", "eve@localhost", "a@evil.test@example.org", "a@b.test,c@d.test", "x" * 300]
)
async def test_what_is_no_address_is_said_to_be_none(entered: World, mailbox: Mailbox, email: str) -> None:
    page = await ask(entered.browser(), email)
    assert (page.status_code, "no e-mail address" in page.text) == (400, True)
    assert await mailbox.letters() == []


async def test_a_form_of_another_site_has_nothing_sent(entered: World, mailbox: Mailbox) -> None:
    await entered.browser().http.post("/register", data={"email": "eve@example.org", "csrf": "x"})
    assert await mailbox.letters() == []


async def test_requests_are_counted_by_network_whatever_is_typed(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    accounts = AccountsPolicy(registration="open", network_requests=2)
    async with open_world(replace(config_for(database_policy.url), mail=SENDER, accounts=accounts), clock) as world:
        answers = [await ask(world.browser(), email) for email in ("alice@example.org", "x@ex.org", "y@ex.org")]
        assert [page.status_code for page in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "3600"
        assert (await ask(world.browser("198.51.100.7"), "y@ex.org")).status_code == 200
        clock.advance(3_601)
        assert (await ask(world.browser(), "y@ex.org")).status_code == 200


@pytest.mark.parametrize("mode", ["off", "invitation"])
async def test_where_nobody_may_register_there_is_no_page_and_no_way_to_it(
    database_policy: DatabasePolicy, clock: FakeClock, mode: str
) -> None:
    accounts = replace(OPEN, registration=mode)
    async with open_world(replace(config_for(database_policy.url), mail=SENDER, accounts=accounts), clock) as world:
        browser = world.browser()
        assert "Create an account" not in (await browser.authorize()).text
        assert (await browser.get("/register")).status_code == 404


async def test_without_mail_nobody_registers_or_recovers(database_policy: DatabasePolicy, clock: FakeClock) -> None:
    async with open_world(replace(config_for(database_policy.url), accounts=OPEN), clock) as world:
        browser = world.browser()
        page = await browser.authorize()
        assert "Create an account" not in page.text
        assert "Forgot" not in page.text
        assert [(await browser.get(path)).status_code for path in ("/register", "/recover")] == [404, 404]


async def test_what_happened_is_in_the_trail(entered: World, mailbox: Mailbox) -> None:
    browser = entered.browser()
    await ask(browser, "eve@example.org")
    await make(browser, await mailbox.link("eve@example.org", "confirm_registration"))
    told = [(one.event, one.actor.kind) for one in await entered.foundation.db.read(audit.list_recent, 2)]
    assert told == [("registered", "person"), ("registration_asked", "stranger")]


async def test_who_is_invited_makes_an_account_where_nobody_else_can(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    accounts = replace(OPEN, registration="invitation")
    async with open_world(replace(config_for(database_policy.url), mail=SENDER, accounts=accounts), clock) as world:
        on, links = world.foundation, world.server.sessions.links
        limits = LetterLimits(b"key", accounts)
        newcomers = Newcomers(links, on.letters, limits, accounts)
        await on.db.write(newcomers.invite, "Grace@Example.org", links.draw(), Origin(), clock.now())

        link = await Mailbox(world).link("grace@example.org", "invitation")
        assert "Your account is made" in (await make(world.browser(), link)).text
        assert await exists(world, "grace@example.org")


async def test_ACC_04_no_stranger_ends_an_invitation_by_asking_for_an_account(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    accounts = replace(OPEN, registration="domains", domains=("corp.example",))
    async with open_world(replace(config_for(database_policy.url), mail=SENDER, accounts=accounts), clock) as world:
        on, links = world.foundation, world.server.sessions.links
        newcomers = Newcomers(links, on.letters, LetterLimits(b"key", accounts), accounts)
        await on.db.write(newcomers.invite, "grace@example.org", links.draw(), Origin(), clock.now())

        await ask(world.browser(), "grace@example.org")

        link = await Mailbox(world).link("grace@example.org", "invitation")
        assert "Your account is made" in (await make(world.browser(), link)).text


async def passkey_page(world: World, mailbox: Mailbox, browser: Browser) -> tuple[httpx2.Response, dict[str, Any]]:
    """The page behind a link, and what it asks a browser for."""
    await ask(browser, "eve@example.org")
    page = await browser.get(await mailbox.link("eve@example.org", "confirm_registration"))
    options = json.loads(unescape(page.text.split("data-options='")[1].split("'")[0]))
    return page, options | await challenged(browser)


async def challenged(browser: Browser, purpose: str = "enrol") -> dict[str, Any]:
    ours = {"origin": "https://id.test", "sec-fetch-site": "same-origin"}
    return (await browser.http.post("/login/passkey/challenge", data={"purpose": purpose}, headers=ours)).json()


async def test_an_account_is_made_with_a_passkey_and_has_no_password(entered: World, mailbox: Mailbox) -> None:
    browser, key = entered.browser(), SoftwareKey()
    page, options = await passkey_page(entered, mailbox, browser)
    assert (options["user"]["name"], options["excludeCredentials"]) == ("eve@example.org", [])
    assert "script-src 'self'" in page.headers["content-security-policy"]

    done = await browser.post_form(page, name="Eve", passkey=key.create(options))

    assert "Your account is made" in done.text
    on = entered.foundation
    user = await on.db.read(users.find_by_login, "eve@example.org")
    assert user is not None
    assert await on.db.read(credentials.password, user.id) is None
    assert [event for event, _, _ in await audited(entered, done)] == ["passkey_added", "registered"]
    first = await browser.authorize()
    page = await browser.get("/login/passkey?" + first.url.query.decode())
    signed_in = await browser.submit(page, passkey=key.get(await challenged(browser, "sign_in")))
    assert signed_in.url.path == "/consent"
    assert len([name for name, _ in await mailbox.letters("eve@example.org")]) == 1, "nobody else had this done"


async def test_the_only_passkey_of_an_account_without_a_password_stays(entered: World, mailbox: Mailbox) -> None:
    browser = entered.browser()
    page, options = await passkey_page(entered, mailbox, browser)
    await browser.post_form(page, name="Eve", passkey=SoftwareKey().create(options))
    user = await entered.foundation.db.read(users.find_by_login, "eve@example.org")
    assert user is not None
    ceremonies = entered.server.authn.passkeys
    assert ceremonies is not None
    (kept,) = (await ceremonies.known(user.id)).passkeys
    assert kept.uv_seen

    with pytest.raises(LastWay):
        await ceremonies.remove(user.id, kept.id, Origin("test"))


async def test_ACC_15_a_passkey_that_is_refused_makes_nothing_and_leaves_the_link(
    entered: World, mailbox: Mailbox
) -> None:
    browser, key = entered.browser(), SoftwareKey()
    page, options = await passkey_page(entered, mailbox, browser)
    await give_passkey(entered, "alice", taken := SoftwareKey(credential_id=b"alice's"))
    for said in (
        key.create(options, origin="https://evil.test"),
        SoftwareKey(flags=0).create({**options, **await challenged(browser)}),
        SoftwareKey(flags=0).create({**options, **await challenged(browser, "offer")}),
        taken.create({**options, **await challenged(browser)}),
        key.create({**options, **await challenged(entered.browser())}),
        "{}",
    ):
        refused = await browser.post_form(page, name="Eve", passkey=said)
        assert (refused.status_code, 'id="problem"' in refused.text) == (400, True), said
    assert not await exists(entered, "eve@example.org")
    assert key.create(options)  # the page asks for another challenge by itself

    done = await browser.post_form(page, name="Eve", passkey=key.create({**options, **await challenged(browser)}))
    assert "Your account is made" in done.text
    assert (await browser.post_form(page, passkey=key.create(options))).status_code == 410


async def test_in_another_browser_a_passkey_needs_the_code_too(entered: World, mailbox: Mailbox) -> None:
    code = code_on((await ask(entered.browser(), "eve@example.org")).text)
    other = entered.browser("198.51.100.1")
    page = await other.get(await mailbox.link("eve@example.org", "confirm_registration"))
    options = json.loads(unescape(page.text.split("data-options='")[1].split("'")[0]))
    said = SoftwareKey().create({**options, **await challenged(other)})

    refused = await other.post_form(page, code="BBB-BBB", passkey=said)
    assert (refused.status_code, "That is not the code" in refused.text) == (400, True)
    assert "Your account is made" in (await other.post_form(page, code=code, passkey=said)).text


async def test_where_the_issuer_is_an_address_an_account_has_a_password(
    database_policy: DatabasePolicy, clock: FakeClock
) -> None:
    config = replace(config_for(database_policy.url, "http://127.0.0.1:8000"), mail=SENDER, accounts=OPEN)
    async with open_world(config, clock) as world:
        browser = world.browser()
        await ask(browser, "eve@example.org")
        page = await browser.get(await Mailbox(world).link("eve@example.org", "confirm_registration"))
        assert ("passkey" in page.text, "script" in page.text) == (False, False)
