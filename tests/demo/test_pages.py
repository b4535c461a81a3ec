"""The demo's applications, as the clients they are: what they check before they use an answer."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from msgspec.structs import replace
from tests.web.conftest import Randomness, Visitor

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.demo import data as demo_data
from gatelodge.demo.data import SECRETS
from gatelodge.demo.pages import legacy, routes, web
from gatelodge.demo.pages.visits import MOST, DemoVisit, Visits
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.protocol.client import Client
from gatelodge.protocol.reply import Reply
from gatelodge.web.home import HomePage
from gatelodge.web.pages import Pages

pytestmark = pytest.mark.anyio
ISSUER = "http://localhost:8000"
PAGES = Pages(ISSUER, demo=True)


@dataclass
class Server:
    """The server's side of the line: notes what it is asked, answers with what it was given."""

    nonce: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])
    refusing: bool = False

    async def fetch(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.calls.append((f"{method} {url}", dict(form or {})))
        if self.refusing:
            return 400, {}, b'{"error": "invalid_grant"}'
        if url.endswith("/userinfo"):
            return 200, {}, b'{"sub": "demo-alice"}'
        if url.endswith("/revoke"):
            return 200, {}, b""
        body = {
            "access_token": "secret-access",
            "refresh_token": "secret-refresh",
            "id_token": jwt({"nonce": self.nonce, "sid": "a-session"}),
        }
        return 200, {}, json.dumps(body).encode()

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise ServerUnavailable(request.url, "away", sent=False)


def jwt(claims: dict[str, str]) -> str:
    payload = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


class Demo:
    """The demo's pages in one browser."""

    def __init__(self) -> None:
        self.server = Server()
        self.visitor = Visitor()
        found: tuple[Route, ...] = routes(PAGES, self.server.fetch, self.server.send, Randomness())
        self._routes = {route.path: route for route in found}

    async def get(self, path: str, **query: str) -> Reply:
        request = self.visitor.request("GET", path, urlencode(query), {})
        return self.visitor.take(await self._routes[path].handlers["GET"](request))

    async def post(self, path: str, **form: str) -> Reply:
        request = self.visitor.request("POST", path, "", dict(form))
        return self.visitor.take(await self._routes[path].handlers["POST"](request))

    async def login(self, **query: str) -> dict[str, str]:
        """Start a sign-in; return the parameters of the authorization request."""
        location = urlsplit(dict((await self.get("/demo/web/login", **query)).headers)["location"])
        asked = {name: values[0] for name, values in parse_qs(location.query).items()}
        self.server.nonce = asked["nonce"]
        return asked


async def test_the_web_application_asks_with_pkce_state_and_nonce() -> None:
    asked = await Demo().login()

    assert asked["client_id"] == "demo-web"
    assert asked["redirect_uri"] == f"{ISSUER}/demo/web/callback"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert {"state", "nonce"} <= asked.keys()


async def test_it_exchanges_the_code_with_the_verifier_of_its_challenge_and_shows_no_secret() -> None:
    demo = Demo()
    asked = await demo.login()

    page = await demo.get("/demo/web/callback", code="a-code-to-be-masked", state=asked["state"], iss=ISSUER)

    call, form = demo.server.calls[0]
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert call == f"POST {ISSUER}/token"
    assert challenge == asked["code_challenge"]
    html = page.body.decode()
    assert "a-code-t…" in html
    assert not re.search("a-code-to-be-masked|secret-access|secret-refresh|demo-web-secret", html)


@pytest.mark.parametrize(
    "changes", [{"state": "another"}, {"state": ""}, {"iss": "https://evil.test"}, {"iss": ""}], ids=str
)
async def test_CL_01_and_CL_02_an_answer_that_was_not_asked_for_is_not_used(changes: dict[str, str]) -> None:
    demo = Demo()
    asked = await demo.login()

    page = await demo.get("/demo/web/callback", **{"code": "c", "state": asked["state"], "iss": ISSUER, **changes})

    assert demo.server.calls == []
    assert 'role="alert"' in page.body.decode()


async def test_a_code_that_somebody_else_asked_for_is_shown_and_left_alone() -> None:
    demo = Demo()

    page = await demo.get("/demo/web/callback", code="code-of-a-script", state="its-own", iss=ISSUER)

    assert page.status == 200
    assert "What came back" in page.body.decode()
    assert demo.server.calls == []


async def test_CL_01_a_reloaded_callback_exchanges_nothing_again() -> None:
    demo = Demo()
    asked = await demo.login()
    await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)
    before = list(demo.server.calls)

    await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)

    assert demo.server.calls == before


async def test_a_no_is_told_and_nothing_is_exchanged() -> None:
    demo = Demo()
    asked = await demo.login()

    page = await demo.get("/demo/web/callback", error="access_denied", state=asked["state"], iss=ISSUER)

    assert "The answer was no" in page.body.decode()
    assert demo.server.calls == []


async def test_an_id_token_with_another_nonce_is_thrown_away() -> None:
    demo = Demo()
    asked = await demo.login()
    demo.server.nonce = "another"

    page = await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)

    assert "made for another request" in page.body.decode()
    assert "Sign in with Gatelodge" in page.body.decode()


async def test_a_refused_code_is_shown_as_what_it_is() -> None:
    demo = Demo()
    asked = await demo.login()
    demo.server.refusing = True

    page = await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)

    assert "invalid_grant" in page.body.decode()
    assert "refused the code" in page.body.decode()


async def test_the_buttons_call_userinfo_refresh_and_revoke() -> None:
    demo = Demo()
    asked = await demo.login()
    await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)
    demo.server.calls.clear()

    for action in ("userinfo", "refresh", "revoke"):
        await demo.post("/demo/web/act", action=action)

    assert demo.server.calls == [
        (f"GET {ISSUER}/userinfo", {}),
        (f"POST {ISSUER}/token", {"grant_type": "refresh_token", "refresh_token": "secret-refresh"}),
        (f"POST {ISSUER}/revoke", {"token": "secret-refresh"}),
    ]


async def test_signing_out_forgets_the_tokens_and_leads_to_the_servers_logout() -> None:
    demo = Demo()
    asked = await demo.login()
    await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)

    reply = await demo.post("/demo/web/act", action="sign_out")

    location = dict(reply.headers)["location"]
    back = parse_qs(urlsplit(location).query)["post_logout_redirect_uri"][0]
    assert location.startswith(f"{ISSUER}/logout?")
    assert back in client("demo-web").post_logout_redirect_uris
    assert "Sign in with Gatelodge" in (await demo.get("/demo/web")).body.decode()


async def test_what_is_no_logout_token_signs_nobody_out() -> None:
    demo = Demo()
    asked = await demo.login()
    await demo.get("/demo/web/callback", code="c", state=asked["state"], iss=ISSUER)

    for token in (
        "",
        "x",
        jwt({"sid": "a-session"}),
        "eyJhbGciOiJub25lIn0." + jwt({"sid": "a-session"}).split(".")[1] + ".",
    ):
        assert (await demo.post("/demo/web/backchannel-logout", logout_token=token)).status == 400

    assert 'id="signed-in"' in (await demo.get("/demo/web")).body.decode()


async def test_a_session_that_is_over_takes_its_own_visits() -> None:
    visits, browsers = Visits(Randomness()), [Visitor() for _ in range(3)]
    for browser, sid in zip(browsers, ("a", "b", ""), strict=True):
        browser.take(Reply(200, cookies=(visits.keep(browser.request("GET", "/", "", {}), DemoVisit(sid=sid)),)))

    for sid in ("a", ""):
        visits.end(sid)

    assert [visits.find(browser.request("GET", "/", "", {})) for browser in browsers] == [
        DemoVisit(told_to_leave=True),
        DemoVisit(sid="b"),
        DemoVisit(),
    ]


async def test_a_button_pressed_by_another_site_does_nothing() -> None:
    demo = Demo()
    found = {route.path: route for route in routes(PAGES, demo.server.fetch, demo.server.send, Randomness())}
    request = demo.visitor.request("POST", "/demo/web/act", "", {"action": "revoke"})
    request = replace(request, headers={"sec-fetch-site": "cross-site", "origin": "https://evil.test"})

    with pytest.raises(HttpRefusal):
        await found["/demo/web/act"].handlers["POST"](request)


async def test_without_tokens_the_buttons_do_nothing() -> None:
    demo = Demo()

    for action in ("userinfo", "refresh", "revoke", "sign_out", "dance", ""):
        assert (await demo.post("/demo/web/act", action=action)).status == 303
    assert demo.server.calls == []


async def test_a_prompt_outside_the_list_is_not_passed_on() -> None:
    assert (await Demo().login(prompt="consent"))["prompt"] == "consent"
    assert "prompt" not in await Demo().login(prompt="evil&scope=all")


async def test_the_memory_of_visits_is_bounded() -> None:
    visits = Visits(Randomness())
    first = Visitor()
    first.take(Reply(200, cookies=(visits.keep(first.request("GET", "/", "", {}), DemoVisit(exchanges=())),)))
    for _ in range(MOST):
        visits.keep(Visitor().request("GET", "/", "", {}), DemoVisit())

    assert len(visits) == MOST


async def test_a_planted_cookie_does_not_name_a_visit() -> None:
    visits = Visits(Randomness())
    planted = Visitor({"gatelodge-demo": "planted"})

    cookie = visits.keep(planted.request("GET", "/", "", {}), DemoVisit())

    assert cookie.value != "planted"


@pytest.mark.parametrize("flow", legacy.FLOWS)
async def test_the_legacy_flows_are_ones_their_client_may_use(flow: str) -> None:
    reply = await Demo().get("/demo/legacy/start", flow=flow)

    asked = parse_qs(urlsplit(dict(reply.headers)["location"]).query)
    assert asked["response_type"] == [flow]
    assert flow in client("demo-legacy").response_types
    assert ("code_challenge" in asked) == ("code" in flow.split())


async def test_no_other_flow_is_started() -> None:
    reply = await Demo().get("/demo/legacy/start", flow="code")

    assert dict(reply.headers)["location"] == "/demo/legacy"


async def test_the_password_grant_is_shown_without_the_password() -> None:
    demo = Demo()

    page = await demo.post("/demo/legacy/password", username="alice", password="wonderland-secret")

    assert demo.server.calls[0][1]["password"] == "wonderland-secret"
    assert "wonderland-secret" not in page.body.decode()


async def test_the_demos_constants_are_those_of_its_clients() -> None:
    for module in (web, legacy):
        registered = client(module.CLIENT_ID)
        assert registered.secrets[0].digest == sha256(SECRETS[module.CLIENT_ID].encode()).digest()
        assert frozenset(module.SCOPE.split()) <= registered.scopes


async def nobody(request: Request) -> bool:
    """No administrator is signed in."""
    del request
    return False


async def home(page: HomePage) -> str:
    return (await page.show(Visitor().request("GET", "/", "", {}))).body.decode()


async def test_the_home_page_names_the_people_and_clients_that_are_there() -> None:
    page = await home(HomePage(PAGES, nobody, demo_data.shown(ISSUER)))

    for person in demo_data.PEOPLE:
        assert person.new.username in page
        assert person.password in page
    for registered in demo_data.clients(ISSUER):
        assert registered.id in page or registered.id.startswith("playground")


async def test_a_server_that_is_no_demo_says_nothing_of_one() -> None:
    page = await home(HomePage(Pages("https://id.test"), nobody, {}))

    assert "demo" not in page
    assert "wonderland" not in page


def client(client_id: str) -> Client:
    return next(found for found in demo_data.clients(ISSUER) if found.id == client_id)
