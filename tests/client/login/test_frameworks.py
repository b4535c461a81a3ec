"""The same shop in every framework: people sign in and out, and nobody is signed in by anybody else."""

import re
from urllib.parse import quote, urljoin, urlsplit

import httpx2
import pytest
from tests.client.conftest import ISSUER, Server, json_answer, signed
from tests.client.login.conftest import Open
from tests.client.login.sites import Browser, Site, asked_of
from tests.conftest import FakeClock

from gatelodge.client import HttpResponse
from gatelodge.protocol.logout_token import EVENT


def error_of(page: httpx2.Response) -> str:
    found = re.search(r'<p id="error">(.*?)</p>', page.text)
    assert found, page.text
    return found[1]


def test_a_person_signs_in_and_comes_back_to_where_they_were_going(browser: Browser, server: Server):
    turned_away = browser.page("home?a=b%20c&d=1")
    assert turned_away.status_code == 303
    login = turned_away.headers["location"]
    assert login.startswith(f"{browser.site.prefix}/login?next=")

    came = browser.answer(server, asked := asked_of(browser.go(login)))
    assert asked["code_challenge_method"] == "S256"
    assert (came.status_code, came.headers["location"]) == (303, f"{browser.site.below}/home?a=b%20c&d=1")
    assert browser.page("home").json() == {"sub": "alice", "name": "Alice Liddell"}
    assert browser.who == "alice"


def test_nobody_is_signed_in_at_first(browser: Browser):
    assert browser.who is None
    assert browser.page("token").json() == {"token": None}


def test_a_script_is_told_and_not_sent_to_sign_in(browser: Browser):
    assert browser.page("home", **{"sec-fetch-mode": "cors"}).status_code == 401


def test_the_browser_holds_random_ids_and_nothing_else(browser: Browser, server: Server):
    browser.sign_in(server)
    held = browser.cookies["shop.test"]
    assert set(held) == {"__Host-gatelodge-session", "__Host-gatelodge-signin"}
    assert all(re.fullmatch(r"[\w-]{43}", value) for value in held.values())
    for header in browser.set:
        attributes = {part.strip().lower() for part in header.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)


def test_on_this_machine_it_works_without_tls(site: Site, server: Server):
    browser = Browser(site, "http://localhost:5000")
    assert browser.begin()["redirect_uri"] == f"http://localhost:5000{site.prefix}/callback"
    browser.sign_in(server)
    assert browser.who == "alice"
    assert set(browser.cookies["localhost"]) == {"gatelodge-session", "gatelodge-signin"}


def test_the_session_id_changes_at_each_sign_in(browser: Browser, server: Server):
    planted = "p" * 43
    browser.cookies["shop.test"] = {"__Host-gatelodge-session": planted}
    browser.sign_in(server)
    first = browser.cookies["shop.test"]["__Host-gatelodge-session"]
    browser.sign_in(server)
    second = browser.cookies["shop.test"]["__Host-gatelodge-session"]
    assert len({planted, first, second}) == 3
    assert browser.who == "alice"

    browser.cookies["shop.test"]["__Host-gatelodge-session"] = first
    assert browser.who is None


def test_a_session_ends_in_time(browser: Browser, server: Server, clock: FakeClock):
    browser.sign_in(server)
    clock.advance(12 * 3600 - 1)
    assert browser.who == "alice"
    clock.advance(1)
    assert browser.who is None


def test_an_access_token_is_at_hand_and_renewed(browser: Browser, server: Server, clock: FakeClock):
    browser.sign_in(server)
    assert browser.page("token").json() == {"token": "an-access-token"}
    server.answers["/token"] = lambda _: json_answer(server.granted(access_token="a-renewed-token", id_token=None))
    clock.advance(600)
    assert browser.page("token").json() == {"token": "a-renewed-token"}
    assert browser.page("token").json() == {"token": "a-renewed-token"}
    assert len(server.asked("/token")) == 2


# Open redirects


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "/%09/evil.test",
        "%09//evil.test",
        "/%0A/evil.test",
        "javascript:alert(1)",
        "evil.test",
        "https:evil.test",
        "%2F%2Fevil.test",
        "/\\/evil.test",
        "/a" * 1001,
        "",
    ],
)
def test_after_signing_in_nobody_is_sent_to_another_site(browser: Browser, server: Server, where: str):
    assert browser.sign_in(server, where).headers["location"] == "/"


@pytest.mark.parametrize("where", ["/", "/a?b=//c", "/a%2Fb", "/@evil.test", "/..//evil", "/%C3%A9?q=%C3%A9"])
def test_a_path_of_this_site_is_kept(browser: Browser, server: Server, where: str):
    came = browser.sign_in(server, quote(where, safe="")).headers["location"]
    assert came == where
    assert urlsplit(urljoin("https://shop.test/x", came)).netloc == "shop.test"


# CL: answers that are not ours


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"state": None}, "state_missing"),
        ({"state": "another"}, "state_mismatch"),
        ({"state": "another", "code": None, "error": "access_denied"}, "state_mismatch"),
        ({"iss": None}, "issuer_missing"),
        ({"iss": "https://evil.test"}, "issuer_mismatch"),
        ({"code": None}, "code_missing"),
    ],
)
def test_CL_01_CL_02_an_answer_that_is_not_ours_gets_nowhere(
    browser: Browser, server: Server, changes: dict[str, str | None], cause: str
):
    page = browser.sign_in(server, **changes)
    assert page.status_code == 400
    assert f"({cause})" in error_of(page)
    assert server.asked("/token") == []
    assert browser.who is None


def test_CL_01_an_answer_works_once(browser: Browser, server: Server):
    asked = browser.begin()
    assert browser.answer(server, asked).status_code == 303
    again = browser.answer(server, asked)
    assert "(state_reused)" in error_of(again)
    assert len(server.asked("/token")) == 1


@pytest.mark.parametrize("name", ["state", "iss", "code"])
def test_CL_02_a_parameter_that_comes_twice_is_refused(browser: Browser, server: Server, name: str):
    asked = browser.begin()
    query = f"code=a-code&state={asked['state']}&iss={ISSUER}&{name}=more"
    page = browser.go(f"{asked['redirect_uri']}?{query}", came_from="cross-site")
    assert page.status_code == 400
    assert server.asked("/token") == []


def test_CL_32_the_answer_to_a_sign_in_of_another_browser_signs_nobody_in(site: Site, server: Server):
    """Mallory begins a sign-in, keeps her answer, and has Alice open it."""
    mallory, alice, carol = Browser(site), Browser(site), Browser(site)
    asked = mallory.begin()
    assert "(cookie_missing)" in error_of(alice.answer(server, asked))
    carol.begin()
    assert "(other_browser)" in error_of(carol.answer(server, asked))
    assert server.asked("/token") == []
    assert (alice.who, carol.who) == (None, None)
    assert mallory.answer(server, asked).status_code == 303


def test_a_sign_in_that_comes_back_to_another_name_of_the_machine_is_told_so(
    open_site: Open, framework: str, server: Server
):
    browser = Browser(open_site(framework, base_url="http://127.0.0.1:5000"), "http://localhost:5000")
    page = browser.sign_in(server)
    assert "(other_host)" in error_of(page)
    assert "localhost" in error_of(page)
    assert "127.0.0.1" in error_of(page)


def test_a_sign_in_that_took_too_long_is_told_so(browser: Browser, server: Server, clock: FakeClock):
    asked = browser.begin()
    clock.advance(3600)
    assert "(expired)" in error_of(browser.answer(server, asked))
    assert server.asked("/token") == []


def test_two_tabs_of_a_browser_sign_in_both(browser: Browser, server: Server):
    first, second = browser.begin("/1"), browser.begin("/2")
    assert browser.answer(server, first).headers["location"] == "/1"
    assert browser.answer(server, second).headers["location"] == "/2"
    assert browser.who == "alice"


def test_what_a_server_says_is_shown_as_text(browser: Browser, server: Server):
    page = browser.sign_in(server, code=None, error="access_denied", error_description="<script>alert(1)</script>")
    assert page.status_code == 403
    assert "<script>" not in page.text
    assert "access_denied" in error_of(page)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_code_in_a_post_is_not_taken(browser: Browser, server: Server):
    asked = browser.begin()
    page = browser.go(f"{asked['redirect_uri']}?code=a&state={asked['state']}", method="POST")
    assert page.status_code == 405
    assert server.asked("/token") == []


# Signing out


def test_signing_out_ends_the_session_here_and_at_the_server(browser: Browser, server: Server):
    browser.sign_in(server)
    held = dict(browser.cookies["shop.test"])
    left = browser.ours("logout", method="POST", came_from="same-origin")
    assert left.status_code == 303
    target = left.headers["location"]
    assert target.startswith(f"{ISSUER}/logout?id_token_hint=")
    assert "post_logout_redirect_uri=https%3A%2F%2Fshop.test%2Fbye" in target
    assert "__Host-gatelodge-session" not in browser.cookies["shop.test"]

    browser.cookies["shop.test"] = held
    assert browser.who is None
    assert browser.page("token").json() == {"token": None}
    (revoked,) = server.asked("/revoke")
    assert dict(revoked.form or ())["token"] == "a-refresh-token"


@pytest.mark.parametrize(("method", "came_from"), [("GET", "cross-site"), ("GET", ""), ("POST", "same-site")])
def test_another_site_signs_nobody_out(browser: Browser, server: Server, method: str, came_from: str):
    browser.sign_in(server)
    page = browser.ours("logout", method=method, came_from=came_from)
    assert page.status_code == 200
    assert f'action="{browser.site.prefix}/logout"' in page.text
    assert browser.who == "alice"


def test_a_link_of_our_own_signs_out(browser: Browser, server: Server):
    browser.sign_in(server)
    assert browser.ours("logout", came_from="same-origin").status_code == 303
    assert browser.who is None


def test_signing_out_twice_goes_home(browser: Browser):
    assert browser.ours("logout", method="POST", came_from="same-origin").headers["location"] == "/"


def logout_token(server: Server, **changes: object) -> str:
    now = server.clock.now()
    claims = {"iss": ISSUER, "aud": "app", "iat": now, "exp": now + 120, "jti": "1", "events": {EVENT: {}}} | changes
    return signed(claims, typ="logout+jwt")


def hear(site: Site, token: str) -> int:
    url = f"https://shop.test{site.prefix}/backchannel-logout"
    return site.send(httpx2.Request("POST", url, data={"logout_token": token})).status_code


def test_the_server_signs_a_session_out_and_no_other(site: Site, server: Server):
    first, second = Browser(site), Browser(site)
    server.claims["sid"] = "sid-1"
    first.sign_in(server)
    server.claims["sid"] = "sid-2"
    second.sign_in(server)

    assert hear(site, logout_token(server, sid="sid-1", sub="alice")) == 200
    assert (first.who, second.who) == (None, "alice")
    assert hear(site, logout_token(server, sub="alice", jti="2")) == 200
    assert second.who is None


def test_a_logout_token_that_is_repeated_signs_nobody_out(site: Site, server: Server):
    browser = Browser(site)
    browser.sign_in(server)
    token = logout_token(server, sub="alice")
    assert hear(site, token) == 200
    browser.sign_in(server)
    assert hear(site, token) == 200
    assert browser.who == "alice"


@pytest.mark.parametrize(
    "changes", [{"iss": "https://evil.test"}, {"aud": "other"}, {"events": {}}, {"nonce": "n"}, {"exp": 1}]
)
def test_what_is_no_logout_token_signs_nobody_out(site: Site, server: Server, changes: dict[str, object]):
    browser = Browser(site)
    browser.sign_in(server)
    assert hear(site, logout_token(server, sub="alice", **changes)) == 400
    assert hear(site, "nonsense") == 400
    assert browser.who == "alice"


def test_a_frame_of_the_server_signs_out_the_session_it_names_and_no_other(site: Site, server: Server):
    first, second = Browser(site), Browser(site)
    for browser, sid in ((first, "sid-1"), (second, "sid-2")):
        server.claims["sid"] = sid
        browser.sign_in(server)

    def load(**query: str) -> httpx2.Response:
        return site.send(httpx2.Request("GET", f"https://shop.test{site.prefix}/frontchannel-logout", params=query))

    for wrong in ({}, {"sid": "sid-1"}, {"iss": "https://evil.test", "sid": "sid-1"}, {"iss": ISSUER}):
        assert load(**wrong).status_code == 400
    assert first.who == "alice"
    framed = load(iss=ISSUER, sid="sid-1")
    assert framed.status_code == 200
    assert f"frame-ancestors {ISSUER}" in framed.headers["content-security-policy"]
    assert "x-frame-options" not in framed.headers
    assert (first.who, second.who) == (None, "alice")


# When the server is not there


def test_a_server_that_is_down_is_said_to_be(browser: Browser, server: Server):
    asked = browser.begin()
    server.answers["/token"] = lambda _: HttpResponse(503)
    assert browser.answer(server, asked).status_code == 503
    assert browser.who is None
