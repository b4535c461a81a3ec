"""Signing in with another provider, page by page: who is known, who is not, and what an attacker gets."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.conftest import FakeClock
from tests.federated import Federated, button_on
from tests.world import PASSWORDS, exchange

from gatelodge.protocol import jose
from gatelodge.protocol.provider import UpstreamIdentity
from gatelodge.stores import audit, credentials, links, users

pytestmark = pytest.mark.anyio

PROVED: dict[str, Any] = {"email": "new@corp.test", "email_verified": True, "name": "New Person"}


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    return dict(jose.take_apart(tokens["id_token"]).claims)


async def linked(federated: Federated, name: str = "alice", sub: str = "u-1") -> None:
    """Connect somebody's account there to the one they have here."""
    identity = UpstreamIdentity(issuer=federated.stub.issuer, subject=sub)
    person = federated.world.people[name]
    await federated.world.foundation.db.write(links.add, person.id, "corp", identity, 1_800_000_000)


async def test_who_is_connected_signs_in_and_gets_to_the_application(federated: Federated):
    await federated.add()
    await linked(federated)
    browser = federated.world.browser()

    page = await federated.sign_in(browser, auth_time=1_799_999_000, amr=["pwd", "mfa"], acr="high")
    answer = (await browser.allow(page)).headers["location"]
    code = parse_qs(urlsplit(answer).query)["code"][0]
    told = claims_of((await exchange(federated.world, code)).json())

    assert (told["sub"], told["amr"], told["acr"], told["auth_time"]) == ("sub-alice", ["fed"], "1", 1_799_999_000)
    entries = await federated.world.foundation.db.read(audit.list_recent, 20)
    assert {"upstream_signed_in", "signed_in"} <= {entry.event for entry in entries}


async def test_what_a_sign_in_there_is_worth_is_the_operators_word(federated: Federated):
    await federated.add(levels={"mfa": "2"})
    await linked(federated)
    browser = federated.world.browser()

    page = await federated.sign_in(browser, amr=["pwd", "mfa", "made-up"])
    code = parse_qs(urlsplit((await browser.allow(page)).headers["location"]).query)["code"][0]
    told = claims_of((await exchange(federated.world, code)).json())

    assert (told["acr"], told["amr"]) == ("2", ["fed", "mfa"])


async def test_a_person_nobody_knows_gets_an_account_if_the_operator_wants_that(federated: Federated):
    await federated.add(new_accounts=True)

    page = await federated.sign_in(federated.world.browser(), **PROVED)
    assert page.url.path == "/consent"
    person = await federated.person("new@corp.test")
    assert person is not None
    assert (person.email, person.email_verified, person.name) == ("new@corp.test", True, "New Person")

    again = await federated.sign_in(federated.world.browser(), **PROVED | {"email": "renamed@corp.test"})
    assert again.url.path == "/consent"
    assert await federated.person("renamed@corp.test") is None


async def test_a_person_nobody_knows_is_turned_away_otherwise_and_told_how_to_go_on(federated: Federated):
    await federated.add()

    page = await federated.sign_in(federated.world.browser(), **PROVED)

    assert page.url.path == "/link"
    assert "Do you have an account here?" in page.text
    assert 'id="begin"' not in page.text
    assert await federated.person("new@corp.test") is None


async def test_the_owner_of_an_address_signs_in_once_and_is_connected(federated: Federated):
    await federated.add()
    browser = federated.world.browser()

    page = await federated.sign_in(browser, email="alice@example.org", email_verified=True)
    assert "You have an account here" in page.text
    assert "alice@example.org" in page.text
    login = await browser.follow(await browser.http.get(link_of(page, "sign-in")))
    page = await browser.submit(login, username="alice", password=PASSWORDS["alice"])
    assert page.url.path == "/link"
    assert "Connect Corp?" in page.text
    page = await browser.submit(page)
    assert page.url.path == "/consent"

    found = await federated.world.foundation.db.read(links.find, federated.stub.issuer, "u-1")
    assert found is not None
    assert found.user_id == federated.world.people["alice"].id
    assert (await federated.sign_in(federated.world.browser())).url.path == "/consent"


def link_of(page: Any, element: str) -> str:
    import re
    from html import unescape

    found = re.search(rf'id="{element}" href="([^"]+)"', page.text)
    assert found is not None, page.text[:2000]
    return unescape(found[1])


@pytest.mark.parametrize("verified", [False, None, "true"], ids=["false", "not-said", "as-text"])
async def test_ACC_19_an_address_that_is_not_believed_tells_nothing_and_leads_nowhere(
    federated: Federated, verified: object
):
    await federated.add(new_accounts=True, link="verified_address")
    pages = [
        await federated.sign_in(federated.world.browser(), sub, email=address, email_verified=verified)
        for sub, address in (("u-1", "alice@example.org"), ("u-2", "nobody@example.org"))
    ]

    known, unknown = (page.text.replace("nobody@", "alice@") for page in pages)
    assert [page.status_code for page in pages] == [200, 200]
    assert _without_secrets(known) == _without_secrets(unknown)
    assert "Do you have an account here?" in known
    assert await federated.world.foundation.db.read(links.list_of, federated.world.people["alice"].id) == []


def _without_secrets(page: str) -> str:
    import re

    return re.sub(r'(waiting=|value=")[\w-]{40,}', r"\1", page)


async def test_ACC_19_a_subject_of_another_issuer_is_another_person(federated: Federated):
    await federated.add()
    identity = UpstreamIdentity(issuer="https://other.test", subject="u-1")
    alice = federated.world.people["alice"]
    await federated.world.foundation.db.write(links.add, alice.id, "corp", identity, 1_800_000_000)

    assert (await federated.sign_in(federated.world.browser())).url.path == "/link"


async def test_linking_at_once_is_the_operators_choice_and_never_for_administrators(federated: Federated):
    await federated.add(link="verified_address")
    proved: dict[str, Any] = {"email": "alice@example.org", "email_verified": True}
    assert (await federated.sign_in(federated.world.browser(), **proved)).url.path == "/consent"

    alice = federated.world.people["alice"]
    await federated.world.foundation.db.write(users.set_admin, alice.id, True)
    assert (await federated.sign_in(federated.world.browser(), "u-2", **proved)).url.path == "/link"


async def test_an_account_whose_address_was_never_proved_is_emptied_before_it_is_given(federated: Federated):
    await federated.add(link="verified_address")
    bob = federated.world.people["bob"]  # whoever made it never proved the address
    squatter = federated.world.browser()
    await squatter.sign_in(await squatter.authorize(), "bob")
    await linked(federated, "bob", "squatter")

    page = await federated.sign_in(federated.world.browser(), email="bob@example.org", email_verified=True)

    assert page.url.path == "/consent"
    db = federated.world.foundation.db
    assert await db.read(credentials.password, bob.id) is None
    assert [link.subject for link in await db.read(links.list_of, bob.id)] == ["u-1"]
    assert (await squatter.authorize()).url.path == "/login"
    person = await federated.person("bob")
    assert person is not None
    assert person.email_verified
    assert "account_reclaimed" in {entry.event for entry in await db.read(audit.list_recent, 20)}


async def test_somebody_begins_anew_without_an_address_if_they_may(federated: Federated):
    await federated.add(new_accounts=True, trusts_address=False)
    browser = federated.world.browser()

    page = await federated.sign_in(browser, email="alice@example.org", email_verified=True, name="Mallory")
    begun = await browser.follow(
        await browser.http.post(
            "/link/begin", data={"waiting": _field(page, "waiting")}, headers={"origin": "http://localhost:8000"}
        )
    )

    assert begun.url.path == "/consent"
    found = await federated.world.foundation.db.read(links.find, federated.stub.issuer, "u-1")
    assert found is not None
    person = await federated.world.foundation.db.read(users.find, found.user_id)
    assert person is not None
    assert (person.email, person.name, person.username[:5]) == (None, "Mallory", "corp-")


def _field(page: Any, name: str) -> str:
    import re

    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found is not None, page.text[:2000]
    return found[1]


# What an attacker gets


async def test_WEB_02_an_answer_that_was_begun_in_another_browser_signs_nobody_in(federated: Federated):
    await federated.add(new_accounts=True)
    mallory, victim = federated.world.browser(), federated.world.browser()
    await victim.authorize()
    sent = await federated.go(mallory, await mallory.authorize())
    answer = federated.stub.answer(sent.headers["location"], "mallory", **PROVED)

    page = await victim.follow(await victim.http.get("/callback/corp?" + urlencode(answer)))

    assert (page.status_code, page.url.path) == (403, "/login/failed")
    assert "gatelodge-session" not in str(victim.http.cookies)
    assert [path for path, _ in federated.stub.heard if path == "/token"] == []
    mine = await mallory.follow(await mallory.http.get("/callback/corp?" + urlencode(answer)))
    assert mine.url.path == "/consent"  # the victim spent nothing of mallory's either


async def test_CL_01_an_answer_works_once(federated: Federated):
    await federated.add(new_accounts=True)
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize())
    answer = federated.stub.answer(sent.headers["location"], **PROVED)

    assert (await browser.follow(await browser.http.get("/callback/corp?" + urlencode(answer)))).url.path == "/consent"
    again = await browser.follow(await browser.http.get("/callback/corp?" + urlencode(answer)))
    assert again.status_code == 403
    for wrong in ({}, {"state": "x"}, {"error": "access_denied", "state": "x"}, {"code": "c"}):
        assert (await browser.follow(await browser.http.get("/callback/corp?" + urlencode(wrong)))).status_code == 403


async def test_CL_03_and_CL_04_an_answer_of_one_provider_ends_no_sign_in_with_another(federated: Federated):
    await federated.add("corp", new_accounts=True)
    await federated.add("evil", new_accounts=True)
    browser = federated.world.browser()
    login = await browser.authorize()
    sent = await federated.go(browser, login, "corp")
    answer = federated.stub.answer(sent.headers["location"], **PROVED)

    crossed = await browser.follow(await browser.http.get("/callback/evil?" + urlencode(answer)))

    assert crossed.status_code == 403
    assert [path for path, _ in federated.stub.heard if path == "/token"] == []
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["redirect_uri"] == ["http://localhost:8000/callback/corp"]
    assert (await browser.follow(await browser.http.get("/callback/corp?" + urlencode(answer)))).url.path == "/consent"


async def test_nobody_connects_what_waits_for_another_browser(federated: Federated):
    await federated.add()
    mallory, alice = federated.world.browser(), federated.world.browser()
    page = await federated.sign_in(mallory, "mallory", email="alice@example.org", email_verified=True)
    waiting = parse_qs(page.url.query.decode())["waiting"][0]

    assert (await alice.http.get(f"/link?waiting={waiting}")).status_code == 403
    assert (await alice.http.post(f"/link?waiting={waiting}", data={"csrf": "x"})).status_code == 403


async def test_connecting_wants_a_proof_of_now_and_a_form_of_ours(federated: Federated, clock: FakeClock):
    await federated.add()
    browser = federated.world.browser()
    await browser.sign_in(await browser.authorize(), "alice")
    clock.advance(400)

    sent = await federated.go(browser, await browser.authorize(prompt="login"))
    page = await federated.come_back(browser, sent, auth_time=clock.now())

    assert 'id="sign-in"' in page.text  # signed in, but not lately
    clock.advance(-400)
    page = await browser.http.get(str(page.url))
    assert 'id="connect"' in page.text
    forged = await browser.http.post(str(page.url), data={"csrf": "forged"})
    assert forged.status_code == 403
    assert await federated.world.foundation.db.read(links.list_of, federated.world.people["alice"].id) == []


async def test_ACC_15_a_proof_of_before_is_none_where_one_of_now_is_wanted(federated: Federated, clock: FakeClock):
    await federated.add()
    browser = federated.world.browser()
    await browser.sign_in(await browser.authorize(scope="openid"), "alice")
    clock.advance(100)

    sent = await federated.go(browser, await browser.authorize(prompt="login", scope="openid"))
    page = await federated.come_back(browser, sent, auth_time=clock.now())
    assert 'id="connect"' in page.text  # proved lately enough to connect, and not enough for the application
    asked = await browser.submit(page)

    assert asked.url.path == "/login"
    again = await federated.come_back(browser, await federated.go(browser, asked), auth_time=clock.now())
    assert again.url.path == "/consent", "what was connected proves it, and nothing goes round"


async def test_making_an_account_wants_a_page_of_ours(federated: Federated):
    await federated.add(new_accounts=True, trusts_address=False)
    browser = federated.world.browser()
    page = await federated.sign_in(browser)

    for elsewhere in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}):
        data = {"waiting": _field(page, "waiting")}
        refused = await browser.follow(await browser.http.post("/link/begin", data=data, headers=elsewhere))
        assert refused.status_code == 403
    assert await federated.world.foundation.db.read(links.find, federated.stub.issuer, "u-1") is None


async def test_who_is_disabled_is_told_no_more_than_that_it_did_not_work(federated: Federated):
    await federated.add()
    await linked(federated)
    from gatelodge.stores import endings

    await federated.world.foundation.db.write(endings.disable, federated.world.people["alice"].id, 1_800_000_000)

    page = await federated.sign_in(federated.world.browser())

    assert (page.status_code, page.url.path) == (403, "/login/failed")


# A provider that is away


async def test_a_provider_that_is_away_costs_its_button_and_nothing_else(federated: Federated, clock: FakeClock):
    await federated.add()
    browser = federated.world.browser()
    page = await browser.authorize()
    assert ">or</p>" in page.text.partition("Continue with Corp")[0]

    federated.stub.answers["/.well-known/openid-configuration"] = (503, b"", "text/plain")
    clock.advance(301)
    await federated.look()
    page = await browser.authorize()
    assert page.status_code == 200
    assert "Continue with Corp" not in page.text
    assert ">or</p>" not in page.text
    assert 'name="password"' in page.text

    federated.stub.answers.clear()
    clock.advance(61)
    await federated.look()
    assert "Continue with Corp" in (await browser.authorize()).text


async def test_who_is_on_the_way_when_it_goes_away_is_told_and_led_back(federated: Federated):
    await federated.add()
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize())
    federated.stub.answers["/token"] = (503, b"", "text/plain")

    page = await federated.come_back(browser, sent)

    assert (page.status_code, page.url.path) == (503, "/login/failed")
    assert "does not answer right now" in page.text
    back = await browser.follow(await browser.http.get(link_of(page, "again")))
    assert back.url.path == "/login"
    assert "Client web1" in back.text


async def test_who_says_no_there_is_led_back(federated: Federated):
    await federated.add()
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize())
    state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]

    page = await browser.follow(await browser.http.get(f"/callback/corp?error=access_denied&state={state}"))

    assert page.status_code == 200
    assert "You are not signed in" in page.text
    assert (await browser.http.get(link_of(page, "again"))).status_code == 200


async def test_a_provider_that_is_disabled_or_gone_is_over_at_once(federated: Federated):
    from tests.federated import OPERATOR

    from gatelodge.ops import providers as verbs

    await federated.add()
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize())
    await federated.world.foundation.db.write(verbs.disable, "corp", OPERATOR, 1_800_000_000)
    await federated.look()

    assert "Continue with Corp" not in (await federated.world.browser().authorize()).text
    assert (await federated.come_back(browser, sent)).status_code == 503


async def test_whoever_must_prove_themselves_anew_is_sent_so(federated: Federated):
    await federated.add()
    page = await federated.world.browser().authorize(prompt="login", login_hint="ada@corp.test")
    assert "anew=1" in button_on(page)
    assert "hint=ada%40corp.test" in button_on(page)


async def test_whoever_takes_that_out_of_the_address_has_not_proved_themselves_anew(federated: Federated):
    await federated.add()
    browser, alice = federated.world.browser(), federated.world.people["alice"].id
    theirs = UpstreamIdentity(issuer=federated.stub.issuer, subject="u-1")
    await federated.world.foundation.db.write(links.add, alice, "corp", theirs, 1_800_000_000)
    page = await browser.authorize(prompt="login")

    sent = await browser.http.get(button_on(page).replace("anew=1", "other=1"))
    told = await federated.come_back(browser, sent)

    assert (told.status_code, told.url.path) == (400, "/callback/corp")
    now = federated.world.foundation.clock.now()
    back = await federated.come_back(browser, await federated.go(browser, page), auth_time=now)
    assert back.url.path == "/consent"


async def test_apples_form_from_another_site_finds_its_browser(federated: Federated):
    from tests.authn.federation.test_kinds import APPLES_KEY

    federated.stub.members = {"client_secret": "is a token"}
    pem = APPLES_KEY.as_pem(private=True).decode()
    await federated.add("apple", "apple", pem, key_id="K", team="T", new_accounts=True)
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize(), "apple")
    answer = federated.stub.answer(sent.headers["location"], email="x@privaterelay.appleid.com", email_verified="true")
    cross_site = {"origin": "https://appleid.apple.com", "sec-fetch-site": "cross-site"}

    async with federated.world.http() as without_cookies:
        posted = await without_cookies.post("/callback/apple", data=answer, headers=cross_site)
        assert posted.status_code == 303
        assert "code" not in posted.headers["location"]
        stolen = await without_cookies.get(posted.headers["location"])  # whoever has the address alone gets nothing
        assert "/login/failed" in stolen.headers["location"]
        posted = await without_cookies.post("/callback/apple", data=answer, headers=cross_site)
        nobody = await without_cookies.post("/callback/apple", data=answer | {"state": "x"}, headers=cross_site)
        assert "/login/failed" in nobody.headers["location"]

    page = await browser.follow(await browser.http.get(posted.headers["location"]))
    assert page.url.path == "/consent"
    again = await browser.follow(await browser.http.get(posted.headers["location"]))
    assert again.status_code == 403


async def test_a_form_from_another_site_is_for_who_posts_back_alone(federated: Federated):
    await federated.add()
    browser = federated.world.browser()
    sent = await federated.go(browser, await browser.authorize())
    answer = federated.stub.answer(sent.headers["location"])

    posted = await browser.follow(await browser.http.post("/callback/corp", data=answer))

    assert posted.status_code == 403
