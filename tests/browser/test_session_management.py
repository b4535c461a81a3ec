"""A page of another site asks the frame whether somebody is still signed in, as its specification has it do."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.sync_api import expect
from tests.browser.accounts import Accounts
from tests.browser.conftest import Demo, NewVisitor
from tests.browser.running import running
from tests.ports import free_port
from tests.server_process import eventually

from gatelodge.protocol.client import Client

pytestmark = pytest.mark.browser

CLIENT_ID = "asks-in-a-frame"

PAGE = '<!doctype html><link rel="icon" href="data:,"><title>RP</title><iframe id="op" src="{frame}"></iframe>'
ASK = """([message, origin]) => new Promise((resolve) => {
  addEventListener("message", (event) => event.origin === origin && resolve(event.data), { once: true });
  document.getElementById("op").contentWindow.postMessage(message, origin);
  setTimeout(() => resolve("no answer"), 20_000);
})"""


@contextmanager
def serving(page: str) -> Generator[str]:
    """Serve one page at an origin of its own, and return where."""

    class Serves(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serves)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def asked(tmp_path: Path) -> Generator[Demo]:
    """A server that has it switched on, with an address of its own."""
    site, database = f"http://localhost:{(port := free_port())}", f"sqlite:///{tmp_path / 'gatelodge.db'}"
    settings = {
        "GATELODGE_ISSUER": site,
        "GATELODGE_DATABASE": database,
        "GATELODGE_SECRET_KEY": "s" * 43,
        "GATELODGE_LEGACY_SESSION_MANAGEMENT": "true",
    }
    with running(("serve", "--port", str(port)), site, tmp_path, settings):
        yield Demo(site, Accounts(database), tmp_path)


def test_an_application_sees_that_somebody_signed_out(new_visitor: NewVisitor, asked: Demo) -> None:
    """At the site of the issuer: to one of another site this browser gives no cookie, so all has changed there."""
    visitor = new_visitor(asked.site)
    with serving(PAGE.format(frame=f"{asked.site}/check-session")) as origin:
        asked.accounts.add_client(client_at(origin))
        wanted = {"client_id": CLIENT_ID, "redirect_uri": origin, "response_type": "code", "scope": "openid"}
        proof = {"code_challenge": "c" * 43, "code_challenge_method": "S256"}
        beginning = f"{asked.site}/authorize?{urlencode(wanted | proof)}"
        eventually(lambda: httpx2.get(beginning).status_code == 303, "the application is known")
        visitor.open(beginning)
        visitor.sign_in(asked.accounts.new_person())
        visitor.page.click("#allow")
        visitor.page.wait_for_url(f"{origin}/?**")
        said = visitor.page.evaluate("new URLSearchParams(location.search).get('session_state')")

        def answer(message: str) -> str:
            return visitor.page.evaluate(ASK, [message, asked.site])

        expect(visitor.page.frame_locator("#op").locator("script")).to_have_count(1)
        assert answer(f"{CLIENT_ID} {said}") == "unchanged"
        assert answer(f"another {said}") == "changed"
        assert answer("nothing that is understood") == "error"

        elsewhere = visitor.context.new_page()
        elsewhere.goto(f"{asked.site}/logout")
        elsewhere.click("button[value=sign_out]")
        elsewhere.wait_for_load_state()
        assert answer(f"{CLIENT_ID} {said}") == "changed"
        elsewhere.close()


def client_at(origin: str) -> Client:
    return Client(
        id=CLIENT_ID,
        name="An application that asks",
        type="spa",
        auth_method="none",
        redirect_uris=(origin,),
        grants=frozenset({"authorization_code"}),
        response_types=frozenset({"code"}),
        scopes=frozenset({"openid"}),
    )
