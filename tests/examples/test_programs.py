"""The examples that are programs, each started by its own command."""

import asyncio
import sys
import threading
from pathlib import Path
from queue import Queue

import httpx2
import pytest
from mcp.client import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from playwright.sync_api import expect
from pydantic import AnyUrl
from tests.browser.accounts import Person
from tests.browser.listener import Listener, listening
from tests.examples.conftest import Demo, NewVisitor, anybody_at
from tests.ports import free_port
from tests.server_process import eventually

PATIENCE = 60  # seconds
ORDERS = "1. a looking glass\n2. a pocket watch\n"


@pytest.mark.browser
def test_the_command_line_app_signs_somebody_in_with_the_browser(
    demo: Demo, new_visitor: NewVisitor, person: Person
) -> None:
    visitor = new_visitor(demo.site)
    with demo.start("cli_app.py") as app:
        assert app.stdout is not None
        address = next(line for line in app.stdout if line.startswith("http")).strip()
        visitor.open(address)
        visitor.sign_in(person)
        visitor.allow()
        expect(visitor.page.locator("h1")).to_contain_text("You are signed in.")
        said = app.stdout.read()
        assert app.wait(10) == 0
    assert said.strip() == f"Signed in as {person.name}.\n{ORDERS}".strip()


def test_the_command_line_app_waits_on_when_somebody_else_knocks(demo: Demo) -> None:
    with demo.start("cli_app.py") as app:
        assert app.stdout is not None
        asked = httpx2.URL(next(line for line in app.stdout if line.startswith("http")).strip())
        back = asked.params["redirect_uri"]
        assert httpx2.get(back.replace("/callback", "/favicon.ico")).status_code == 404
        assert httpx2.get(f"{back}?code=stolen&state=forged&iss={demo.site}").status_code == 400
        assert app.poll() is None


@pytest.mark.browser
def test_the_command_line_app_says_that_it_was_not_allowed(demo: Demo, new_visitor: NewVisitor, person: Person) -> None:
    visitor = new_visitor(demo.site)
    with demo.start("cli_app.py") as app:
        assert app.stdout is not None
        visitor.open(next(line for line in app.stdout if line.startswith("http")).strip())
        visitor.sign_in(person)
        visitor.page.uncheck('input[value="orders:read"]')
        visitor.allow()
        said = app.communicate(timeout=20)
    assert app.returncode == 1
    assert "You did not allow it to see your orders." in said[1]
    assert "Traceback" not in said[1]


def test_the_nightly_job_has_run_once_when_the_demo_began(demo: Demo) -> None:
    told = eventually(lambda: demo.said().partition("The nightly job ran once:")[2], "the nightly job")
    assert told.split("Placing an order: 403.")[0].split() == ORDERS.split()


def test_the_nightly_job_reads_and_can_do_nothing_else(demo: Demo) -> None:
    done = demo.run("daemon.py")
    assert done.stdout.startswith(ORDERS), done.stderr
    assert "Placing an order: 403." in done.stdout


def test_the_password_program_works_between_its_warning_and_the_way_out(demo: Demo) -> None:
    done = demo.run("legacy_password.py", stdin="alice\nwonderland\n")
    assert done.returncode == 0, done.stderr
    warning, way_out = done.stdout.index("WARNING"), done.stdout.index("THE WAY OUT")
    assert warning < done.stdout.index(ORDERS) < way_out
    assert "wonderland" not in done.stdout


def test_the_password_program_says_that_the_password_is_wrong(demo: Demo) -> None:
    done = demo.run("legacy_password.py", stdin="bob\nwrong\n")
    assert done.returncode == 1
    assert "The server refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_orders_api_takes_the_place_of_the_demos(demo: Demo) -> None:
    port = free_port()
    here = f"http://localhost:{port}"
    with demo.start("orders_api.py", PORT=str(port)):
        eventually(lambda: anybody_at(here), "the orders API")
        done = demo.run("daemon.py", ORDERS_API=here)
        assert done.stdout.startswith(ORDERS), done.stderr
        assert "Placing an order: 403." in done.stdout
        refused = httpx2.get(here + "/orders")
        assert refused.status_code == 401
        assert 'scope="orders:read"' in refused.headers["www-authenticate"]
        assert place(here, person_token(demo), "a hatter's hat").json() == {
            "placed": {"number": 3, "item": "a hatter's hat"}
        }
        assert place(here, person_token(demo), "").status_code == 422


def place(api: str, token: str, item: str) -> httpx2.Response:
    return httpx2.post(api + "/orders", data={"item": item}, headers={"authorization": f"Bearer {token}"})


def person_token(demo: Demo) -> str:
    form = {"grant_type": "password", "username": "alice", "password": "wonderland", "scope": "orders:write"}
    answer = httpx2.post(demo.site + "/token", data=form, auth=("demo-legacy", "demo-legacy-secret"))
    return answer.json()["access_token"]


def test_the_mcp_server_alone_says_where_to_sign_in(demo: Demo) -> None:
    port = free_port()
    here = f"http://localhost:{port}"
    with demo.start("mcp_server.py", PORT=str(port)):
        eventually(lambda: anybody_at(here), "the MCP server")
        refused = httpx2.post(here + "/mcp", json={})
        metadata = httpx2.get(here + "/.well-known/oauth-protected-resource/mcp").json()
    assert refused.status_code == 401
    assert metadata["authorization_servers"] == [demo.site]
    assert metadata["resource"] == here + "/mcp"


def test_the_mcp_server_says_in_one_line_what_it_lacks(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError")
    done = demo.run("mcp_server.py", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"This needs mcp, version 2: {sys.executable} -m pip install 'mcp>=2'\n"


@pytest.mark.browser
@pytest.mark.interop
def test_an_assistant_finds_out_where_to_sign_in_and_keeps_a_wish_list(
    demo: Demo, new_visitor: NewVisitor, person: Person
) -> None:
    here, visitor = demo.at["mcp_server"], new_visitor(demo.site)
    with listening() as listener:
        assert httpx2.post(here + "/mcp", json={}).status_code == 401
        assistant = Assistant(here + "/mcp", listener)
        assistant.start()
        visitor.open(assistant.address.get(timeout=PATIENCE))
        visitor.sign_in(person)
        expect(visitor.page.locator("main")).to_contain_text("Read and change your wish list")
        visitor.allow()
        assistant.join(PATIENCE)
    assert assistant.said == ["a vorpal sword"]


class Assistant(threading.Thread):
    """The MCP SDK's client with its own OAuth, in a thread: the browser has this one."""

    def __init__(self, url: str, listener: Listener) -> None:
        super().__init__(daemon=True)
        self.address = Queue[str]()
        self.said: list[str] = []
        self._url = url
        self._listener = listener
        self._tokens: OAuthToken | None = None
        self._client = OAuthClientInformationFull(
            client_id="demo-assistant",
            redirect_uris=[AnyUrl(listener.uri)],
            token_endpoint_auth_method="none",
            scope="wishes",
        )

    def run(self) -> None:
        asyncio.run(self._wish())

    async def _wish(self) -> None:
        asked = OAuthClientMetadata(redirect_uris=[AnyUrl(self._listener.uri)], token_endpoint_auth_method="none")
        auth = OAuthClientProvider(self._url, asked, self, self._send_person, self._wait_for_person)
        async with (
            httpx2.AsyncClient(auth=auth, timeout=30, follow_redirects=True) as http,
            Client(streamable_http_client(self._url, http_client=http)) as client,
        ):
            await client.call_tool("wish_for", {"item": "a vorpal sword"})
            listed = await client.call_tool("my_wishes", {})
            assert listed.structured_content is not None
            self.said = listed.structured_content["result"]

    async def _send_person(self, url: str) -> None:
        self.address.put(url)

    async def _wait_for_person(self) -> AuthorizationCodeResult:
        answer = await asyncio.to_thread(self._listener.answer)
        return AuthorizationCodeResult.model_validate(answer.members)

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._client = client_info
