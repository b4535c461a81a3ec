"""The page of a single-page application that the playground gives away: copied, served, signed in at."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo
from tests.browser.visitor import Visitor
from tests.ports import free_port
from tests.server_process import answers, eventually

from gatelodge.protocol.client import Client

pytestmark = pytest.mark.browser
ORDERS = "a looking glass\na pocket watch"


@pytest.fixture
def copied(visitor: Visitor, demo: Demo, tmp_path: Path) -> Generator[Page]:
    """The page as it is copied from the playground, on a port of its own, registered as its comment says."""
    port = free_port()
    here = f"http://localhost:{port}/"
    demo.accounts.add_client(
        Client(
            id=f"my-page-{port}",
            name="My page",
            type="spa",
            auth_method="none",
            redirect_uris=(here,),
            grants=frozenset({"authorization_code", "refresh_token"}),
            scopes=frozenset({"offline_access", "orders:read"}),
            response_types=frozenset({"code"}),
        )
    )
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.open("/playground/public")
    visitor.page.locator(".snippet:has(#code-public-javascript) .copy").click()
    text = visitor.page.evaluate("navigator.clipboard.readText()")
    own = text.replace("http://localhost:5000/", here).replace('"my-page"', f'"my-page-{port}"')
    (tmp_path / "index.html").write_text(own)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "localhost"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: answers(here), "the page is served")
            visitor.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
            visitor.open(here)
            yield visitor.page
        finally:
            server.terminate()


def sign_in(page: Page, visitor: Visitor, person: Person) -> None:
    page.click("#sign-in")
    visitor.sign_in(person)
    visitor.allow()


def test_it_signs_a_person_in_and_calls_the_api(copied: Page, visitor: Visitor, person: Person) -> None:
    sign_in(copied, visitor, person)

    expect(copied.locator("#orders")).to_have_text(ORDERS)
    assert "code=" not in copied.url


def test_it_refreshes_a_token_that_has_ended(copied: Page, visitor: Visitor, person: Person) -> None:
    refused: list[str] = []

    def refuse_the_first(route: Route) -> None:
        bearer = route.request.headers.get("authorization", "")
        if refused:
            route.fallback()
        else:
            refused.append(bearer)
            route.fulfill(status=401, headers={"access-control-allow-origin": "*"})

    visitor.context.route("**/demo/api/orders", refuse_the_first)
    sign_in(copied, visitor, person)

    expect(copied.locator("#orders")).to_have_text(ORDERS)
    assert refused[0].startswith("Bearer ")


@pytest.mark.parametrize(("name", "value"), [("state", "another"), ("iss", "https://another.test"), ("iss", "")])
def test_it_takes_nothing_from_an_answer_that_is_not_its_own(
    copied: Page, visitor: Visitor, name: str, value: str
) -> None:
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    copied.evaluate("sessionStorage.setItem('asked', JSON.stringify({ state: 's', verifier: 'v' }))")
    query = {"code": "c", "state": "s", "iss": visitor.site} | {name: value}
    copied.goto(copied.url + "?" + "&".join(f"{key}={said}" for key, said in query.items()))

    expect(copied.locator("#orders")).to_have_text("this is not the answer to what this tab asked")
    assert not [url for url in asked if url.endswith("/token")]


def test_it_asks_for_tokens_with_an_answer_that_is_its_own(copied: Page, visitor: Visitor) -> None:
    copied.evaluate("sessionStorage.setItem('asked', JSON.stringify({ state: 's', verifier: 'v' }))")
    copied.goto(f"{copied.url}?code=c&state=s&iss={visitor.site}")

    expect(copied.locator("#orders")).to_have_text("invalid_grant")
