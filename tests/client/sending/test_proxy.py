"""A forward proxy and a certificate authority of one's own: a real proxy, and a real TLS server behind it."""

import socket
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from time import time
from typing import Any

import anyio
import pytest
from tests.private_network import Private, private_server

from gatelodge.client import (
    AddressRefused,
    AsyncOAuthClient,
    ClientConfig,
    ClientCredentials,
    CredentialsMissing,
    NetworkRoute,
    OAuthClient,
    ProfileRefused,
    ServerUnavailable,
    Tokens,
    credentials,
)
from gatelodge.client.login import AsyncLogin, Login
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.client.native.accounts import Account, Accounts
from gatelodge.resource import CannotDecide, TokenVerifier

pytestmark = pytest.mark.anyio

USER = "Basic " + b64encode(b"me:p@ss").decode()


class Proxy(ThreadingTCPServer):
    """A proxy that knows the way to every name: all lead to one server. Nobody else does."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, to: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.to = to
        self.asked: list[str] = []
        self.wants: str | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Tunnel(StreamRequestHandler):
    server: Proxy  # type: ignore[assignment]

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode().strip())
        lines = iter(lambda: self.rfile.readline().decode().strip(), "")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if self.server.wants not in (None, headers.get("proxy-authorization")):
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(self.server.to) as there:
            back = Thread(target=pump, args=(there, self.connection), daemon=True)
            back.start()
            pump(self.connection, there)
            back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@dataclass
class Office:
    """A server whose name only the proxy knows, with a certificate that only the office's authority vouches for."""

    server: Private
    proxy: Proxy
    issuer: str = "https://id.corp.test"
    here: str = field(init=False)
    route: NetworkRoute = field(init=False)

    def __post_init__(self) -> None:
        self.here = self.server.issuer.replace("127.0.0.1", "localhost")
        self.server.named(self.issuer)
        self.route = NetworkRoute(proxy=f"http://{self.proxy.host}", ca_file=self.server.authority)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with private_server(tmp_path, "127.0.0.1", "id.corp.test", "localhost") as server:
        address, port = server.issuer.removeprefix("https://").split(":")
        with Proxy((address, int(port))) as proxy:
            Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
            yield Office(server, proxy)
            proxy.shutdown()


def config_of(issuer: str) -> ClientConfig:
    return ClientConfig(issuer=issuer, client_id="app")


def by_account(office: Office, folder: Path) -> str:
    accounts = Accounts(folder / "data")
    over = Tokens(access_token="over", token_type="Bearer", issued_at=0, expires_at=1, refresh_token="r")
    way = {"ca_file": str(office.server.authority), "proxy": f"http://{office.proxy.host}"}
    accounts.add(Account(office.issuer, "app", **way), over)  # type: ignore[arg-type]
    return accounts.open(accounts.find()).tokens().access_token


def credentials_of(office: Office) -> MachineTokens:
    return ClientCredentials(office.issuer, "app", route=office.route).tokens


def by_client(office: Office, _: Path) -> str:
    return OAuthClient(config_of(office.issuer), route=office.route).client_credentials().access_token


def by_login(office: Office, _: Path) -> str:
    return Login(office.issuer, "app", route=office.route).client.client_credentials().access_token


async def by_async_client(office: Office, _: Path) -> str:
    return (await AsyncOAuthClient(config_of(office.issuer), route=office.route).client_credentials()).access_token


async def by_async_login(office: Office, _: Path) -> str:
    return (await AsyncLogin(office.issuer, "app", route=office.route).client.client_credentials()).access_token


WAYS: dict[str, Callable[[Office, Path], Any]] = {
    "client": by_client,
    "async client": by_async_client,
    "login": by_login,
    "async login": by_async_login,
    "credentials": lambda office, _: credentials_of(office).token(),
    "async credentials": lambda office, _: credentials_of(office).token_async(),
    "account": by_account,
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_is_reached_through_the_proxy_by_its_name(office: Office, tmp_path: Path, way: str):
    came = WAYS[way](office, tmp_path)
    assert (came if isinstance(came, str) else await came) == "a-token"
    assert set(office.proxy.asked) == {"CONNECT id.corp.test:443 HTTP/1.1"}


def test_an_api_asks_through_the_proxy(office: Office):
    verifier = TokenVerifier(office.issuer, "https://api.test", route=office.route)
    with pytest.raises(CannotDecide):  # there are no keys: it was asked for them
        verifier.verify_sync(unsigned(office.issuer))
    assert office.server.heard[-1] == "/jwks"


def unsigned(issuer: str) -> str:
    claims = {"iss": issuer, "aud": "https://api.test", "sub": "a", "client_id": "a", "exp": int(time()) + 60}
    claims |= {"iat": int(time()), "jti": "1"}
    parts = ({"alg": "ES256", "typ": "at+jwt", "kid": "k"}, claims)
    text = [urlsafe_b64encode(dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*text, "A" * 86])


def test_the_environment_and_a_profile_say_it_beside_the_issuer(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    said = {"issuer": office.issuer, "client_id": "app", "ca_file": str(office.server.authority)}
    said["proxy"] = f"http://{office.proxy.host}"
    folder = tmp_path / "gatelodge"
    folder.mkdir()
    profiles = folder / "profiles.toml"
    profiles.write_text("[default]\n" + "".join(f'{name} = "{value}"\n' for name, value in said.items()))
    profiles.chmod(0o600)
    assert credentials.default().tokens.token() == "a-token"
    profiles.unlink()
    with pytest.raises(CredentialsMissing):
        credentials.default()
    for name, value in said.items():
        monkeypatch.setenv(f"GATELODGE_{name.upper()}", value)
    assert credentials.default().tokens.token() == "a-token"
    monkeypatch.setenv("GATELODGE_PROXY", "socks5://me:secret@127.0.0.1:1")
    with pytest.raises(ProfileRefused) as refused:
        credentials.default()
    assert "secret" not in str(refused.value)


def found(office: Office, route: NetworkRoute) -> str:
    return OAuthClient(config_of(office.issuer), route=route).metadata().issuer


async def found_by_task(office: Office, route: NetworkRoute) -> str:
    return (await AsyncOAuthClient(config_of(office.issuer), route=route).metadata()).issuer


def by_task(office: Office, route: NetworkRoute) -> str:
    return anyio.run(found_by_task, office, route)


@pytest.mark.parametrize("find", [found, by_task])
def test_a_proxy_hears_who_we_are_and_says_if_it_will_not_have_us(
    office: Office, find: Callable[[Office, NetworkRoute], str]
):
    office.proxy.wants = USER
    known = NetworkRoute(proxy=f"http://me:p%40ss@{office.proxy.host}", ca_file=office.server.authority)
    assert "p%40ss" not in repr(known)
    assert find(office, known) == office.issuer
    with pytest.raises(ServerUnavailable, match="the proxy said 407") as refused:
        find(office, office.route)
    assert not refused.value.sent


def test_the_certificate_is_checked_behind_a_proxy_too(office: Office):
    with pytest.raises(ServerUnavailable, match="ConnectError"):
        OAuthClient(config_of(office.issuer), route=NetworkRoute(proxy=f"http://{office.proxy.host}")).metadata()
    assert office.server.heard == []


def test_no_variable_of_the_environment_names_a_proxy(office: Office, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{office.proxy.host}")
    with pytest.raises(ServerUnavailable):
        OAuthClient(config_of(office.issuer), route=NetworkRoute(resolve=lambda *_: [])).metadata()
    assert office.proxy.asked == []


@pytest.mark.parametrize("issuer", ["https://10.0.0.1", "https://169.254.169.254", "https://[fd00::1]"])
def test_CL_06_an_address_that_is_written_out_is_judged_before_the_proxy_hears_of_it(office: Office, issuer: str):
    with pytest.raises(AddressRefused):
        OAuthClient(config_of(issuer), route=office.route).metadata()
    assert office.proxy.asked == []


def test_this_machine_is_never_asked_through_a_proxy(office: Office):
    office.server.named(office.here)
    assert OAuthClient(config_of(office.here), route=office.route).client_credentials().access_token == "a-token"
    assert office.proxy.asked == []


def test_an_authority_of_our_own_needs_no_proxy(office: Office):
    office.server.named(office.here)
    with pytest.raises(ServerUnavailable):
        OAuthClient(config_of(office.here)).metadata()
    found = OAuthClient(config_of(office.here), route=NetworkRoute(ca_file=office.server.authority)).metadata()
    assert found.issuer == office.here


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"proxy": "proxy.corp.test:3128"}, "proxy must be"),
        ({"proxy": "socks5://proxy.corp.test:1080"}, "proxy must be"),
        ({"proxy": "http://proxy.corp.test:x"}, "proxy must be"),
        ({"proxy": "http://proxy.corp.test:1/path"}, "proxy must be"),
        ({"ca_file": "/nowhere.pem"}, "ca_file"),
        ({"ca_file": __file__}, "ca_file"),
    ],
)
def test_what_cannot_be_used_is_said_where_it_is_written(said: dict[str, str], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        NetworkRoute(**said)  # type: ignore[arg-type]
