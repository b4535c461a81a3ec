"""Which answers the login button of Swagger takes: those of its own server to what it asked, and no others."""

from collections.abc import Generator
from threading import Thread
from urllib.parse import urlencode

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page, Route
from tests.browser.conftest import NewVisitor
from tests.ports import free_port
from tests.server_process import eventually

from gatelodge.resource import TokenVerifier
from gatelodge.resource.fastapi import Auth

pytestmark = pytest.mark.browser
ISSUER = "https://id.test"

SWAGGER = "function SwaggerUIBundle() { return { initOAuth() {} }; } SwaggerUIBundle.presets = {};"
# What Swagger UI sets when its button is pressed, and what it is told in the end.
ASKED = """
window.taken = [];
window.swaggerUIRedirectOauth2 = {
  state: "s",
  auth: { name: "OAuth2" },
  callback: ({ auth }) => taken.push(auth.code),
  errCb: ({ message }) => taken.push(message),
};
"""


@pytest.fixture(scope="module")
def api() -> Generator[str]:
    """Two APIs: at /docs for Gatelodge, at /other for a server that may say no `iss`."""
    app, port = FastAPI(docs_url=None), free_port()
    verifier = TokenVerifier(ISSUER, "https://api.test")
    elsewhere = Auth(verifier, authorization_url=f"{ISSUER}/oauth/begin", token_url=f"{ISSUER}/oauth/token")
    app.include_router(Auth(verifier).docs("swagger"))
    app.include_router(elsewhere.docs("swagger", "/other"))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, "the API is served")
    yield f"http://localhost:{port}"
    server.should_exit = True
    thread.join(10)


def taken(new_visitor: NewVisitor, docs: str, **answer: str) -> list[str]:
    """Open the page, let an answer come to it in another window, then one that is good; return what it took."""
    visitor = new_visitor(docs)
    visitor.context.route(lambda url: url.startswith("https://"), _swagger)
    visitor.page.goto(docs)
    visitor.page.evaluate(ASKED)
    for one in (answer, {"code": "good", "state": "s", "iss": ISSUER}):
        _bring(visitor.page, f"{docs}/oauth2-redirect?{urlencode(one)}")
    visitor.page.wait_for_function("taken.length > 0")
    return visitor.page.evaluate("taken")


def _swagger(route: Route) -> None:
    """Answer for the machines Swagger UI comes from, with as much of it as its page calls."""
    kind = "text/javascript" if route.request.url.endswith(".js") else "text/css"
    route.fulfill(status=200, content_type=kind, body=SWAGGER if kind == "text/javascript" else "")


def _bring(page: Page, url: str) -> None:
    """Come back in a window of its own, which closes itself."""
    with page.expect_popup() as opened:
        page.evaluate("url => void window.open(url)", url)
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")


def test_an_answer_of_the_server_that_was_asked_is_taken_once(api: str, new_visitor: NewVisitor) -> None:
    assert taken(new_visitor, f"{api}/docs", code="c", state="s", iss=ISSUER) == ["c"]


def test_a_no_of_the_server_that_was_asked_is_told(api: str, new_visitor: NewVisitor) -> None:
    assert taken(new_visitor, f"{api}/docs", error="access_denied", state="s", iss=ISSUER) == ["access_denied"]


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "c", "state": "another", "iss": ISSUER},
        {"code": "c", "state": "s", "iss": "https://another.test"},
        {"code": "c", "state": "s"},
    ],
    ids=str,
)
def test_any_other_answer_is_dropped(api: str, new_visitor: NewVisitor, answer: dict[str, str]) -> None:
    assert taken(new_visitor, f"{api}/docs", **answer) == ["good"]


def test_a_server_that_never_promised_iss_may_leave_it_out(api: str, new_visitor: NewVisitor) -> None:
    assert taken(new_visitor, f"{api}/other", code="c", state="s") == ["c"]


def test_a_server_that_never_promised_iss_may_not_say_another(api: str, new_visitor: NewVisitor) -> None:
    assert taken(new_visitor, f"{api}/other", code="c", state="s", iss="https://another.test") == ["good"]
