"""What does not depend on the framework: bounds, stores, two connections at once, strange requests."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.client.conftest import ISSUER, Server, at_another, json_answer, signed
from tests.client.conftest import OTHER_KEY as WRONG
from tests.client.keeping.conftest import KEY, OTHER_KEY
from tests.client.login.conftest import Open
from tests.client.login.sites import Browser, asked_of
from tests.client.login.test_frameworks import error_of
from tests.conftest import FakeClock

from gatelodge.client import ClientConfig, Moment, OAuthClient, SecretBasic
from gatelodge.client.keeping import StoreUnavailable, memory_store, sqlite_store
from gatelodge.client.keeping.sealed import Seals
from gatelodge.client.login import Login, Visit
from gatelodge.client.login.pending import MOST, TIDIED_EVERY


def test_CL_04_the_answer_of_one_connection_gets_nowhere_at_another(open_site: Open, server: Server, moment: Moment):
    """Two servers, two `Login`s, one browser, one store: an answer that arrives at the other's callback is refused."""
    store = memory_store()
    evil = at_another(server, "https://evil.test")
    client = OAuthClient(
        ClientConfig(issuer=evil.issuer, client_id="app", auth=SecretBasic("hush")), send=evil, moment=moment
    )
    first = open_site("fastapi", store=store)
    second = open_site("starlette", store=store, client=client)
    browser, other = Browser(first), Browser(second)
    other.cookies = browser.cookies

    asked = browser.begin()
    query = f"code=a-code&state={asked['state']}&iss={ISSUER}"
    page = other.go(f"/callback?{query}", came_from="cross-site")
    assert page.status_code == 400
    assert server.asked("/token") == []
    assert evil.asked("/token") == []


def test_CL_03_a_code_is_not_sent_to_the_server_that_did_not_issue_it(open_site: Open, server: Server):
    browser = Browser(open_site())
    asked = browser.begin()
    assert "(issuer_mismatch)" in error_of(browser.answer(server, asked, iss="https://evil.test"))
    assert server.asked("/token") == []


def test_a_login_that_wants_signed_answers_takes_no_other(open_site: Open, server: Server, moment: Moment):
    config = ClientConfig(issuer=ISSUER, client_id="app", auth=SecretBasic("hush"), signed_answers=True)
    browser = Browser(open_site(client=OAuthClient(config, send=server, moment=moment)))
    asked = browser.begin()
    assert asked["response_mode"] == "jwt"
    assert "(unsigned)" in error_of(browser.answer(server, asked))

    asked = browser.begin()
    server.claims["nonce"] = asked["nonce"]
    said = {"code": "a-code", "state": asked["state"], "iss": ISSUER, "aud": "app", "exp": moment.now() + 300}
    assert "(signature_invalid)" in error_of(browser.go(f"/callback?response={signed(said, WRONG)}"))
    assert browser.who is None

    asked = browser.begin()
    server.claims["nonce"] = asked["nonce"]
    assert browser.go(f"/callback?response={signed(said | {'state': asked['state']})}").status_code == 303
    assert browser.who == "alice"


def test_whoever_opens_the_sign_in_page_for_ever_fills_nothing(open_site: Open, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gatelodge.client.login.pending.MOST", 20)
    store = memory_store()
    login = open_site(store=store).login
    for _ in range(4 * TIDIED_EVERY):
        login.respond("login", Visit("GET", "https://shop.test/login"))
    with store.rows._opened() as table:  # type: ignore[attr-defined]
        assert len(table) <= 20 + TIDIED_EVERY
    assert MOST == 10_000


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def test_processes_that_share_a_store_share_sign_ins_and_sessions(open_site: Open, server: Server, kept: Path):
    first, second = (Browser(open_site(store=sqlite_store(kept, [KEY]))) for _ in range(2))
    second.cookies = first.cookies
    assert second.answer(server, first.begin()).status_code == 303
    assert (first.who, second.who) == ("alice", "alice")
    assert first.page("token").json() == {"token": "an-access-token"}
    second.ours("logout", method="POST", came_from="same-origin")
    assert first.who is None


def test_processes_that_share_nothing_are_told_to(open_site: Open, server: Server):
    first, second = Browser(open_site()), Browser(open_site())
    second.cookies = first.cookies
    page = second.answer(server, first.begin())
    assert "(state_mismatch)" in error_of(page)
    assert "share" in error_of(page)


def test_neither_ids_nor_tokens_nor_people_are_in_the_store(open_site: Open, server: Server, kept: Path):
    browser = Browser(open_site(store=sqlite_store(kept, [KEY])))
    pending = browser.begin()
    browser.sign_in(server)
    everything = b"".join(file.read_bytes() for file in kept.parent.iterdir())
    secrets = [*browser.cookies["shop.test"].values(), pending["state"], "refresh-token", "access-token", "alice"]
    assert [secret for secret in secrets if secret.encode() in everything] == []


def test_when_the_keys_of_the_store_are_gone_nobody_is_signed_in(open_site: Open, server: Server, kept: Path):
    browser = Browser(open_site(store=sqlite_store(kept, [KEY])))
    pending = browser.begin()
    browser.sign_in(server)
    browser.site = open_site(store=sqlite_store(kept, [OTHER_KEY]))
    assert browser.who is None
    assert "(state_mismatch)" in error_of(browser.answer(server, pending))
    assert browser.sign_in(server).status_code == 303
    assert browser.who == "alice"


def test_a_store_that_fails_is_said_to(open_site: Open, monkeypatch: pytest.MonkeyPatch):
    store = memory_store()
    site = open_site(store=replace(store, seals=Seals([KEY])))

    def fail(*_: object) -> None:
        raise StoreUnavailable("no disk")

    monkeypatch.setattr(store.rows, "add", fail)
    page = Browser(site).ours("login")
    assert page.status_code == 503
    assert "no disk" in error_of(page)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.test/login",  # a proxy that does not say that it speaks https
        "http://[/login",
        "https://shop test/login",
        "https://user@shop.test/login",
        "https:///login",
        "https://shop.test:x/login",
    ],
)
def test_a_request_that_came_to_no_place_of_ours_is_told_what_to_set(open_site: Open, url: str):
    reply = open_site().login.respond("login", Visit("GET", url))
    assert reply.status == 502
    assert b"base_url" in reply.body
    assert reply.cookies == ()


def test_behind_a_proxy_the_base_url_counts(open_site: Open, server: Server):
    browser = Browser(open_site(base_url="https://shop.test"), "http://shop.test")
    assert browser.begin()["redirect_uri"] == "https://shop.test/callback"
    assert all(name.startswith("__Host-") for name in browser.cookies["shop.test"])


@pytest.mark.parametrize("value", ["", "x", "../../etc", "x" * 43, "x" * 5000, "\xff"])
def test_a_cookie_that_is_none_of_ours_is_nobody(open_site: Open, value: str):
    login = open_site().login
    cookies = {"__Host-gatelodge-session": value, "__Host-gatelodge-signin": value}
    assert login.user_of(Visit("GET", "https://shop.test/", cookies)) is None
    assert login.access_token_of(Visit("GET", "https://shop.test/", cookies)) is None
    assert login.respond("login", Visit("GET", "https://shop.test/login", cookies)).status == 303


def test_on_https_a_cookie_without_the_prefix_is_not_believed(open_site: Open, server: Server):
    """Another host of the same domain can set one; `__Host-` it cannot (login CSRF by cookie)."""
    browser = Browser(open_site())
    browser.sign_in(server)
    held = {name.removeprefix("__Host-"): value for name, value in browser.cookies["shop.test"].items()}
    browser.cookies["shop.test"] = held
    assert browser.who is None


def test_two_logins_of_a_site_do_not_disturb_each_other(open_site: Open, server: Server):
    one, two = Browser(open_site(cookie="staff")), Browser(open_site())
    two.cookies = one.cookies
    one.sign_in(server)
    assert (one.who, two.who) == ("alice", None)
    assert two.begin()["state"]


def test_userinfo_cannot_change_who_it_is(open_site: Open, server: Server):
    browser = Browser(open_site())
    browser.sign_in(server)
    visit = Visit("GET", "https://shop.test/", browser.cookies["shop.test"])
    user = browser.site.login.user_of(visit)
    assert user is not None
    assert (user.claims["iss"], user.name, user.email) == (ISSUER, "Alice Liddell", None)

    server.answers["/userinfo"] = lambda _: json_answer({"sub": "bob"})
    assert browser.sign_in(server).status_code == 502


def test_a_server_without_userinfo_and_logout_will_do(open_site: Open, server: Server):
    for name in ("userinfo_endpoint", "end_session_endpoint", "revocation_endpoint"):
        del server.metadata[name]
    browser = Browser(open_site())
    browser.sign_in(server)
    assert browser.who == "alice"
    assert browser.ours("logout", method="POST", came_from="same-origin").headers["location"] == "/"
    assert browser.who is None


def test_who_has_to_sign_in_again_is_said_to(open_site: Open, server: Server, clock: FakeClock):
    from gatelodge.client import TokenExpired

    browser = Browser(open_site())
    browser.sign_in(server)
    server.answers["/token"] = lambda _: json_answer({"error": "invalid_grant"}, 400)
    clock.advance(600)
    visit = Visit("GET", "https://shop.test/", browser.cookies["shop.test"])
    with pytest.raises(TokenExpired, match="sign in again"):
        browser.site.login.access_token_of(visit)


def test_without_openid_there_is_nobody_to_log_in():
    with pytest.raises(ValueError, match="openid"):
        Login(ISSUER, "app", scope="profile")


def test_what_is_wanted_is_asked_for(open_site: Open):
    asked = Browser(open_site(scope="openid orders:read", resource=("https://api.test",), max_age=300)).begin()
    assert (asked["scope"], asked["resource"], asked["max_age"]) == ("openid orders:read", "https://api.test", "300")


@pytest.mark.parametrize("framework", ["starlette", "flask", "django"])
def test_an_adapter_whose_framework_is_missing_says_what_to_install(framework: str):
    program = f"import sys; sys.modules[{framework!r}] = None; import gatelodge.client.login.{framework}"
    failed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert failed.stderr.splitlines()[-1] == f"ImportError: this adapter needs {framework}: pip install {framework}"


def test_login_without_an_adapter_brings_no_framework_and_no_driver():
    program = "import sys, gatelodge.client.login, gatelodge.client.keeping; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "gatelodge.client.login.core" in loaded
    foreign = {"starlette", "flask", "django", "psycopg", "keyring", "structlog", "gatelodge.stores"}
    assert not foreign & set(loaded)


def test_the_place_a_browser_is_sent_to_is_the_servers(open_site: Open):
    reply = open_site().login.respond("login", Visit("GET", "https://shop.test/login"))
    assert urlsplit(dict(reply.headers)["location"]).netloc == urlsplit(ISSUER).netloc
    assert ("cache-control", "no-store") in reply.headers


ASKED = {"prompt": "consent", "acr_values": "urn:strong", "login_hint": "alice", "extra": {"audience": "api"}}


def test_what_is_fixed_is_asked_for_at_every_sign_in(open_site: Open, framework: str):
    asked = Browser(open_site(framework, **ASKED)).begin()
    assert {name: asked[name] for name in ("prompt", "acr_values", "login_hint", "audience")} == {
        **{name: value for name, value in ASKED.items() if name != "extra"},
        "audience": "api",
    }


def test_one_sign_in_may_ask_for_more_and_come_back_elsewhere(open_site: Open, framework: str, server: Server):
    browser = Browser(open_site(framework, prompt="login", extra={"audience": "api"}))
    asked = asked_of(browser.page("stronger"))
    assert (asked["prompt"], asked["acr_values"], asked["max_age"]) == ("consent", "urn:strong", "0")
    assert (asked["audience"], asked["tenant"]) == ("api", "wonderland")
    server.claims["auth_time"] = server.clock.now()
    assert browser.answer(server, asked).headers["location"] == "/orders"
    assert browser.who == "alice"


@pytest.mark.parametrize("name", ["state", "redirect_uri", "client_id", "code_challenge", "nonce", "request_uri"])
def test_nothing_extra_takes_the_place_of_what_protects_a_sign_in(open_site: Open, name: str):
    with pytest.raises(ValueError, match=f"extra cannot hold {name}"):
        open_site(extra={name: "x"})


def test_a_sign_in_cannot_do_without_openid(open_site: Open):
    with pytest.raises(ValueError, match="openid"):
        open_site("flask").login.begin(Visit("GET", "https://shop.test/"), "", scope="orders:read")  # type: ignore[union-attr]


# CL-31: two servers whose answers come to one address


def at_evil(server: Server, moment: Moment, **metadata: object) -> tuple[Server, OAuthClient]:
    """A server that is not what it seems: it sends browsers on to the honest one and has their codes come to it."""
    evil = at_another(server, "https://evil.test")
    evil.metadata = evil.metadata | {"authorization_endpoint": f"{ISSUER}/authorize"} | metadata
    config = ClientConfig(issuer=evil.issuer, client_id="app", auth=SecretBasic("hush"))
    return evil, OAuthClient(config, send=evil, moment=moment)


SILENT = {"authorization_response_iss_parameter_supported": False}


@pytest.mark.parametrize("silent", ["the honest one", "the other"])
@pytest.mark.parametrize("mounted", [True, False])
def test_CL_31_two_servers_on_one_callback_are_refused_unless_both_say_iss(
    open_site: Open, server: Server, moment: Moment, silent: str, mounted: bool
):
    """Whichever comes first: with a `base_url` it is known before anybody signs in whose callback it is."""
    evil, client = at_evil(server, moment, **(SILENT if silent == "the other" else {}))
    if silent == "the honest one":
        server.metadata |= SILENT
    known = {"base_url": "https://shop.test"} if mounted else {}
    honest, other = open_site(**known), open_site(client=client, **known)
    if not mounted:
        Browser(honest).begin()
    page = Browser(other).ours("login")
    assert page.status_code == 400
    assert "(callback_shared)" in error_of(page)
    assert ISSUER in error_of(page)
    assert evil.asked("/token") == []


def test_CL_31_a_sign_in_under_way_is_refused_as_soon_as_the_callback_is_shared(
    open_site: Open, server: Server, moment: Moment
):
    evil, client = at_evil(server, moment, **SILENT)
    browser = Browser(open_site(client=client))
    asked = browser.begin()
    Browser(honest := open_site()).ours("login")
    page = browser.go(f"{asked['redirect_uri']}?code=of-the-honest-one&state={asked['state']}", came_from="cross-site")
    assert "(callback_shared)" in error_of(page)
    assert evil.asked("/token") == []
    assert honest is not None


def test_CL_31_two_servers_that_say_iss_share_a_callback(open_site: Open, server: Server, moment: Moment):
    evil, client = at_evil(server, moment)
    honest, other = Browser(open_site()), Browser(open_site(client=client))
    assert honest.sign_in(server).status_code == 303
    asked = other.begin()
    page = other.answer(server, asked)  # the honest server's, which says so
    assert "(issuer_mismatch)" in error_of(page)
    assert evil.asked("/token") == []


def test_CL_31_a_path_of_its_own_is_enough(open_site: Open, server: Server, moment: Moment):
    _, client = at_evil(server, moment, **SILENT)
    assert Browser(open_site("starlette")).begin()["redirect_uri"] == "https://shop.test/callback"
    assert Browser(open_site("fastapi", client=client)).begin()["redirect_uri"] == "https://shop.test/auth/callback"
