"""A server that ends TLS itself: what its cookies and headers are, and that a person can sign in there."""

import re
from collections.abc import Generator
from dataclasses import dataclass

import pytest
import trustme
from playwright.sync_api import Page, Response, expect
from tests.browser.accounts import Accounts
from tests.browser.conftest import NewVisitor
from tests.browser.listener import CLIENT_ID, Listener
from tests.browser.running import running
from tests.browser.visitor import Visitor
from tests.ports import free_port

from gatelodge.protocol.client import Client

pytestmark = pytest.mark.browser
APPLICATION = Client(
    id=CLIENT_ID,
    name="Command line",
    type="native",
    auth_method="none",
    redirect_uris=("http://127.0.0.1/callback",),
    grants=frozenset({"authorization_code"}),
    response_types=frozenset({"code"}),
    scopes=frozenset({"openid", "email"}),
)
YEAR = 31_536_000  # seconds
BITS_128 = 22  # characters of base64
NO_SECRET = {"__Host-gatelodge-passkeys", "__Host-gatelodge-no-passkey"}  # what this browser can and did


@dataclass(frozen=True)
class Lodge:
    """A running `gatelodge serve` on https."""

    site: str
    accounts: Accounts


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Generator[Lodge]:
    folder, port = tmp_path_factory.mktemp("https"), free_port()
    site, database = f"https://localhost:{port}", f"sqlite:///{folder / 'gatelodge.db'}"
    certificate = trustme.CA().issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "tls.pem"))
    settings = {"GATELODGE_ISSUER": site, "GATELODGE_DATABASE": database, "GATELODGE_SECRET_KEY": "s" * 43}
    arguments = ("serve", "--port", str(port), "--tls-cert", "tls.pem", "--tls-key", "tls.pem")
    with running(arguments, site, folder, settings):
        accounts = Accounts(database)
        accounts.add_client(APPLICATION)
        yield Lodge(site, accounts)


@pytest.fixture
def visitor(new_visitor: NewVisitor, lodge: Lodge) -> Visitor:
    return new_visitor(lodge.site, ignore_https_errors=True)


def responses_of(page: Page) -> list[Response]:
    """Return the list into which every answer the page gets from now on is put."""
    found: list[Response] = []
    page.on("response", lambda response: found.append(response))
    return found


def test_WEB_05_every_cookie_is_bound_to_this_host_and_kept_from_scripts(
    visitor: Visitor, lodge: Lodge, application: Listener
) -> None:
    answers = responses_of(visitor.page)
    visitor.open(application.request(lodge.site))
    visitor.sign_in(lodge.accounts.new_person())
    visitor.allow()
    application.answer()

    cookies = [line for answer in answers for line in answer.headers_array() if line["name"].lower() == "set-cookie"]
    kinds = {re.sub("(-[0-9a-f]{8})?=.*", "", cookie["value"]) for cookie in cookies}
    assert kinds >= {"__Host-gatelodge-browser", "__Host-gatelodge-session"}
    for cookie in (line["value"] for line in cookies):
        pair, *attributes = cookie.split("; ")
        name, _, value = pair.partition("=")
        kept = {attribute for attribute in attributes if not attribute.startswith("Max-Age=")}
        assert name.startswith("__Host-")
        assert kept == {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"}
        assert len(value) >= BITS_128 or name in NO_SECRET
        assert len(cookie.encode()) < 4096


def test_WEB_05_the_browser_takes_the_cookies_as_they_are_meant(
    visitor: Visitor, lodge: Lodge, application: Listener
) -> None:
    visitor.open(application.request(lodge.site))
    visitor.sign_in(lodge.accounts.new_person())
    expect(visitor.page.locator("#allow")).to_be_visible()

    cookies = visitor.context.cookies()
    assert len(cookies) >= 2
    for cookie in cookies:
        assert (cookie.get("secure"), cookie.get("httpOnly"), cookie.get("sameSite")) == (True, True, "Lax")
        assert (cookie.get("domain"), cookie.get("path")) == ("localhost", "/")
    assert visitor.page.evaluate("document.cookie") == ""


def test_WEB_04_signing_in_changes_the_session_and_a_planted_one_is_never_taken(
    visitor: Visitor, lodge: Lodge, application: Listener
) -> None:
    person = lodge.accounts.new_person()
    planted = "p" * 43
    visitor.context.add_cookies(
        [{"name": "__Host-gatelodge-session", "value": planted, "url": lodge.site, "secure": True}]
    )
    values: list[str] = [planted]
    for query in ({}, {"prompt": "login"}):
        visitor.open(application.request(lodge.site, **query))
        visitor.sign_in(person)
        expect(visitor.page.locator("#allow")).to_be_visible()
        values += [
            str(c.get("value")) for c in visitor.context.cookies() if c.get("name") == "__Host-gatelodge-session"
        ]

    assert len(values) == 3
    assert len(set(values)) == 3


def test_WEB_13_every_page_is_https_for_years_and_kept_from_frames_caches_and_referrers(
    visitor: Visitor, lodge: Lodge, application: Listener
) -> None:
    answers = responses_of(visitor.page)
    visitor.open(application.request(lodge.site, response_mode="form_post"))
    visitor.sign_in(lodge.accounts.new_person())
    visitor.allow()
    application.answer()
    visitor.page.wait_for_url(application.uri + "*")
    visitor.open("/nothing-here")

    ours = [answer for answer in answers if answer.url.startswith(lodge.site)]
    pages = [answer for answer in ours if answer.request.resource_type == "document"]
    assert len(pages) >= 6
    for headers in (answer.headers for answer in ours):
        assert int(headers["strict-transport-security"].partition("max-age=")[2].partition(";")[0]) >= YEAR
        assert headers["x-content-type-options"] == "nosniff"
    for headers in (answer.headers for answer in pages):
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert {answer.request.resource_type for answer in ours} <= {
        *("document", "stylesheet", "image", "script", "fetch", "other"),
    }


def test_a_person_signs_in_and_the_application_gets_its_code(
    visitor: Visitor, lodge: Lodge, application: Listener
) -> None:
    visitor.open(application.request(lodge.site))
    visitor.sign_in(lodge.accounts.new_person())
    visitor.allow()

    answer = application.answer()
    assert (answer.members["state"], answer.members["iss"]) == (application.asked.state, lodge.site)
    expect(visitor.page.locator("#thanks")).to_be_visible()


def test_WEB_17_plain_http_is_answered_with_nothing(lodge: Lodge, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(lodge.site.replace("https:", "http:"))

    with pytest.raises(Exception, match=r"ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_INVALID_HTTP_RESPONSE"):
        visitor.open("/")
