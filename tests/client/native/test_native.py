"""Signing in from a program on a person's machine: the loopback redirect, the device grant, and who else knocks."""

import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.client.conftest import Server, json_answer, metadata_of
from tests.conftest import FakeClock

from gatelodge.client import AddressRefused, AuthorizationRefused, ClientConfig, Moment, NoAuth, OAuthClient, Wanted
from gatelodge.client.errors import TokenRefused
from gatelodge.client.native.loopback import Loopback
from gatelodge.client.native.sign_in import (
    EnterCode,
    InBrowser,
    Native,
    Open,
    OpenUrl,
    Prompt,
    SignInTimedOut,
    open_in_browser,
    system_browser,
)
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol.device import GRANT_TYPE

WANTED = Wanted(scope="openid orders:read")


@pytest.fixture
def client(server: Server, moment: Moment) -> OAuthClient:
    return OAuthClient(ClientConfig(issuer=server.issuer, client_id="app", auth=NoAuth()), send=server, moment=moment)


@dataclass
class Person:
    """A browser in a thread of its own. `acts` does what the person does, given the parameters and the redirect URI."""

    server: Server
    acts: Callable[[dict[str, str], str], None]
    opened: list[str] = field(default_factory=list[str])
    threads: list[threading.Thread] = field(default_factory=list[threading.Thread])
    problems: list[Exception] = field(default_factory=list[Exception])

    def __call__(self, url: str) -> bool:
        self.opened.append(url)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.server.claims["nonce"] = asked["nonce"]
        self.threads.append(threading.Thread(target=self._act, args=(asked,)))
        self.threads[-1].start()
        return True

    def _act(self, asked: dict[str, str]) -> None:
        try:
            self.acts(asked, asked["redirect_uri"])
        except Exception as problem:  # noqa: BLE001 - raised where the test sees it
            self.problems.append(problem)

    def done(self) -> None:
        for thread in self.threads:
            thread.join(10)
        if self.problems:
            raise self.problems[0]


def answer(asked: dict[str, str], **changes: str) -> dict[str, str]:
    return {"code": "a-code", "state": asked["state"], "iss": "https://id.test"} | changes


def shown(prompts: list[Prompt], browser: Open | None, **changes: object) -> Native:
    whole: dict[str, object] = {"tell": prompts.append, "browser": browser, "patience": 10} | changes
    return Native(**whole)  # pyright: ignore[reportArgumentType]


def test_a_person_signs_in_with_the_browser(server: Server, client: OAuthClient):
    pages: list[httpx2.Response] = []
    browser = Person(server, lambda asked, uri: pages.append(httpx2.get(uri, params=answer(asked))))
    prompts: list[Prompt] = []
    tokens = shown(prompts, browser).sign_in(client, WANTED)
    browser.done()

    assert tokens.person is not None
    assert tokens.person.sub == "alice"
    assert prompts == [InBrowser(browser.opened[0])]
    assert pages[0].status_code == 200
    assert "You are signed in" in pages[0].text
    assert "a-code" not in pages[0].text


def test_the_page_is_for_nobody_else_and_is_not_kept(server: Server, client: OAuthClient):
    pages: list[httpx2.Response] = []
    browser = Person(server, lambda asked, uri: pages.append(httpx2.get(uri, params=answer(asked))))
    shown([], browser).sign_in(client, WANTED)
    browser.done()
    headers = pages[0].headers

    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_redirect_uri_is_a_free_port_of_loopback(server: Server, client: OAuthClient):
    browser = Person(server, lambda asked, uri: httpx2.get(uri, params=answer(asked)) and None)
    shown([], browser, path="/cb").sign_in(client, WANTED)
    browser.done()
    uri = urlsplit(parse_qs(urlsplit(browser.opened[0]).query)["redirect_uri"][0])

    assert (uri.scheme, uri.hostname, uri.path) == ("http", "127.0.0.1", "/cb")
    assert uri.port not in (None, 80)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", uri.port or 0))


@pytest.mark.parametrize(
    "wrong",
    [{"state": "another"}, {"iss": "https://evil.test"}, {"error": "access_denied", "state": "forged"}],
    ids=["state", "issuer", "forged refusal"],
)
def test_CL_01_whoever_knocks_with_something_else_ends_nothing(
    server: Server, client: OAuthClient, wrong: dict[str, str]
):
    statuses: list[int] = []

    def act(asked: dict[str, str], uri: str) -> None:
        statuses.append(httpx2.get(uri, params=answer(asked, **wrong)).status_code)
        assert server.asked("/token") == []
        statuses.append(httpx2.get(uri, params=answer(asked)).status_code)

    browser = Person(server, act)
    assert shown([], browser).sign_in(client, WANTED).person is not None
    browser.done()
    assert statuses == [400, 200]


def test_CL_33_the_answer_to_a_sign_in_that_somebody_else_began_signs_nobody_in(server: Server, client: OAuthClient):
    """Mallory begins one in the same program and has Alice's browser bring its answer here."""
    statuses: list[int] = []

    def act(asked: dict[str, str], uri: str) -> None:
        mallorys = client.begin(replace(WANTED, redirect_uri=uri)).transaction
        statuses.append(httpx2.get(uri, params=answer(asked, state=mallorys.state)).status_code)
        assert server.asked("/token") == []
        statuses.append(httpx2.get(uri, params=answer(asked)).status_code)

    browser = Person(server, act)
    assert shown([], browser).sign_in(client, WANTED).person is not None
    browser.done()
    assert statuses == [400, 200]


def test_other_paths_hosts_and_methods_are_nothing(server: Server, client: OAuthClient):
    statuses: list[int] = []

    def act(asked: dict[str, str], uri: str) -> None:
        root = uri.removesuffix("/callback")
        statuses.append(httpx2.get(f"{root}/favicon.ico").status_code)
        statuses.append(httpx2.get(uri, params=answer(asked), headers={"host": "evil.test"}).status_code)
        statuses.append(httpx2.post(uri, data=answer(asked)).status_code)
        statuses.append(httpx2.get(uri, params=answer(asked)).status_code)

    browser = Person(server, act)
    shown([], browser).sign_in(client, WANTED)
    browser.done()
    assert statuses == [404, 404, 501, 200]


def test_a_connection_that_says_nothing_keeps_nobody_out(server: Server, client: OAuthClient):
    held: list[socket.socket] = []

    def act(asked: dict[str, str], uri: str) -> None:
        parts = urlsplit(uri)
        held.extend(socket.create_connection((parts.hostname or "", parts.port or 0)) for _ in range(3))
        httpx2.get(uri, params=answer(asked))

    browser = Person(server, act)
    assert shown([], browser).sign_in(client, WANTED)
    browser.done()
    for connection in held:
        connection.close()


def test_a_person_says_no(server: Server, client: OAuthClient):
    pages: list[str] = []

    def act(asked: dict[str, str], uri: str) -> None:
        said = {"error": "access_denied", "state": asked["state"], "iss": "https://id.test"}
        pages.append(httpx2.get(uri, params=said).text)

    browser = Person(server, act)
    with pytest.raises(AuthorizationRefused, match="access_denied"):
        shown([], browser).sign_in(client, WANTED)
    browser.done()
    assert "You did not sign in" in pages[0]


def test_a_code_the_server_refuses_ends_it(server: Server, client: OAuthClient):
    server.answers["/token"] = lambda _: json_answer({"error": "invalid_grant"}, 400)
    pages: list[str] = []
    browser = Person(server, lambda asked, uri: pages.append(httpx2.get(uri, params=answer(asked)).text))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        shown([], browser).sign_in(client, WANTED)
    browser.done()
    assert "Signing in failed" in pages[0]


def test_a_person_who_never_comes_back_is_not_waited_for_for_ever(server: Server, client: OAuthClient):
    with pytest.raises(SignInTimedOut):
        shown([], Person(server, lambda asked, uri: None), patience=0.2).sign_in(client, WANTED)


def test_nothing_is_logged_or_printed(
    server: Server, client: OAuthClient, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    browser = Person(server, lambda asked, uri: httpx2.get(uri, params=answer(asked)) and None)
    with caplog.at_level("DEBUG", logger="gatelodge"):
        shown([], browser).sign_in(client, WANTED)
    browser.done()

    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("gatelodge")]


def test_without_a_browser_the_url_is_shown(server: Server, client: OAuthClient):
    server.metadata = metadata_of(device_authorization_endpoint=None)
    prompts: list[Prompt] = []
    person = Person(server, lambda asked, uri: httpx2.get(uri, params=answer(asked)) and None)

    def tell(prompt: Prompt) -> None:
        prompts.append(prompt)
        assert isinstance(prompt, OpenUrl)
        person(prompt.url)

    assert shown([], None, tell=tell).sign_in(client, WANTED).person is not None
    person.done()
    assert [type(prompt) for prompt in prompts] == [OpenUrl]


def test_a_browser_that_runs_until_it_is_left_finds_somebody_listening(server: Server, client: OAuthClient):
    """Such as one in the terminal."""

    def browse(url: str) -> bool:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        server.claims["nonce"] = asked["nonce"]
        return httpx2.get(asked["redirect_uri"], params=answer(asked)).status_code == 200

    assert shown([], browse).sign_in(client, WANTED).person is not None


def test_a_browser_that_does_not_open_leaves_the_url(server: Server, client: OAuthClient):
    prompts: list[Prompt] = []
    with pytest.raises(SignInTimedOut):
        shown(prompts, lambda _: False, patience=0.05).sign_in(client, WANTED)
    assert [type(prompt) for prompt in prompts] == [OpenUrl]


# Device grant


@dataclass
class Device:
    """What the server says, one after the other, to a device that asks."""

    server: Server
    says: list[HttpResponse]
    slept: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.server.answers["/device"] = self._begin
        self.server.answers["/token"] = self._ask

    def _begin(self, request: HttpRequest) -> HttpResponse:
        assert ("scope", "openid orders:read") in (request.form or ())
        page = f"{self.server.issuer}/device"
        return json_answer(
            {
                "device_code": "a-device-code",
                "user_code": "WDJB-MJHT",
                "verification_uri": page,
                "verification_uri_complete": page + "?user_code=WDJB-MJHT",
                "expires_in": 600,
                "interval": 5,
            }
        )

    def _ask(self, request: HttpRequest) -> HttpResponse:
        return self.says.pop(0) if self.says else json_answer(self.server.granted())

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert isinstance(self.server.clock, FakeClock)
        self.server.clock.advance(int(seconds))


def pending(error: str = "authorization_pending") -> HttpResponse:
    return json_answer({"error": error}, 400)


def test_without_a_browser_a_code_is_entered_elsewhere(server: Server, client: OAuthClient, moment: Moment):
    device = Device(server, [pending(), pending("slow_down"), HttpResponse(503), pending()])
    prompts: list[Prompt] = []
    tokens = shown(prompts, None, sleep=device.sleep).sign_in(client, WANTED)

    assert tokens.person is not None
    assert prompts == [
        EnterCode("https://id.test/device", "WDJB-MJHT", "https://id.test/device?user_code=WDJB-MJHT"),
    ]
    assert device.slept == [5, 5, 10, 20, 20]


def test_a_code_nobody_enters_is_given_up(server: Server, client: OAuthClient, moment: Moment):
    device = Device(server, [pending()] * 1_000)
    with pytest.raises(SignInTimedOut):
        shown([], None, sleep=device.sleep).sign_in(client, WANTED)
    assert 590 <= sum(device.slept) <= 600


@pytest.mark.parametrize("error", ["access_denied", "expired_token"])
def test_a_refusal_on_the_device_is_the_end(server: Server, client: OAuthClient, moment: Moment, error: str):
    device = Device(server, [pending(), pending(error)])
    with pytest.raises(TokenRefused, match=error):
        shown([], None, sleep=device.sleep).sign_in(client, WANTED)


def test_a_server_that_has_no_device_grant_is_not_asked_for_one(server: Server, client: OAuthClient):
    server.metadata = metadata_of(grant_types_supported=["authorization_code"])
    prompts: list[Prompt] = []
    with pytest.raises(SignInTimedOut):
        shown(prompts, None, patience=0.05).sign_in(client, WANTED)
    assert [type(prompt) for prompt in prompts] == [OpenUrl]
    assert GRANT_TYPE not in str(server.requests)


def test_a_client_that_may_not_use_the_device_grant_is_shown_the_url(server: Server, client: OAuthClient):
    server.answers["/device"] = lambda _: pending("unauthorized_client")
    prompts: list[Prompt] = []
    with pytest.raises(SignInTimedOut):
        shown(prompts, None, patience=0.05).sign_in(client, WANTED)
    assert [type(prompt) for prompt in prompts] == [OpenUrl]


# The browser


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:alert(1)", "-new-window", "http://evil.test/", "https://a b", "calc.exe"]
)
def test_nothing_but_a_web_page_is_ever_opened(url: str, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    with pytest.raises(AddressRefused):
        open_in_browser(url)
    assert opened == []

    assert open_in_browser("https://id.test/authorize?a=b")
    assert opened == ["https://id.test/authorize?a=b"]


@pytest.mark.parametrize(
    ("environ", "platform", "there"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "1 2 3 4"}, "darwin", False),
        ({}, "win32", True),
    ],
)
def test_a_browser_that_nobody_sees_is_none(
    environ: dict[str, str], platform: str, there: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webbrowser, "get", lambda: None)
    assert (system_browser(environ, platform) is not None) is there


def test_no_browser_at_all_is_none(monkeypatch: pytest.MonkeyPatch):
    def get() -> None:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", get)
    assert system_browser({"DISPLAY": ":0"}, "linux") is None


def test_a_port_that_is_taken_is_said():
    with Loopback() as first, pytest.raises(OSError, match="in use"):
        Loopback(port=urlsplit(first.redirect_uri).port or 0)
