"""Issuers inside a private network: refused by whatever opens them until `allow_private` is said to just that."""

import ssl
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trustme
from tests.client.conftest import KEY, signed
from tests.client.sending.test_sender import both, wire
from tests.private_network import Private, private_server

from gatelodge.client import (
    AddressRefused,
    AsyncOAuthClient,
    ClientConfig,
    ClientCredentials,
    DiscoveryFailed,
    HttpRequest,
    NetworkRoute,
    OAuthClient,
    credentials,
    httpx_auth,
)
from gatelodge.client.login import Login
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.native.accounts import Account, Accounts
from gatelodge.client.sending import route
from gatelodge.clock import SystemClock
from gatelodge.resource import CannotDecide, TokenVerifier

pytestmark = pytest.mark.anyio

API = "https://api.test/orders"
WELL_KNOWN = "/.well-known/openid-configuration"
OTHER_WELL_KNOWN = "/.well-known/oauth-authorization-server"  # asked for what is missing in the first

Ask = Callable[[str, bool], Any]


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    """A server inside a private network whose certificate this machine believes."""
    with private_server(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setattr(route, "_trusting", lambda _: ssl.create_default_context())
        yield server


def config_of(issuer: str) -> ClientConfig:
    return ClientConfig(issuer=issuer, client_id="app", redirect_uri="https://rp.test/callback")


def by_client(issuer: str, allow: bool) -> str:
    return OAuthClient(config_of(issuer), allow_private=allow).client_credentials().access_token


async def by_async_client(issuer: str, allow: bool) -> str:
    return (await AsyncOAuthClient(config_of(issuer), allow_private=allow).client_credentials()).access_token


def bearer(request: Any) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


def by_credentials(issuer: str, allow: bool) -> str:
    auth = ClientCredentials(issuer, "app", "hush", allow_private=allow)
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, text=bearer(request)))
    with httpx2.Client(auth=auth, transport=transport) as http:
        return http.get(API).text


async def by_async_credentials(issuer: str, allow: bool) -> str:
    auth = ClientCredentials(issuer, "app", "hush", allow_private=allow)
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, text=bearer(request)))
    async with httpx2.AsyncClient(auth=auth, transport=transport) as http:
        return (await http.get(API)).text


def by_credentials_for_httpx(issuer: str, allow: bool) -> str:
    auth = httpx_auth.ClientCredentials(issuer, "app", "hush", allow_private=allow)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=bearer(request)))
    with httpx.Client(auth=auth, transport=transport) as http:
        return http.get(API).text


def by_default(issuer: str, allow: bool) -> str:
    return credentials.default(issuer=issuer, client_id="app", allow_private=allow).tokens.token()


def by_login(issuer: str, allow: bool) -> str:
    return Login(issuer, "app", "hush", allow_private=allow).client.client_credentials().access_token


def by_account(issuer: str, allow: bool, folder: Path) -> str:
    accounts = Accounts(folder / "data")
    over = Tokens(access_token="over", token_type="Bearer", issued_at=0, expires_at=1, refresh_token="r")
    accounts.add(Account(issuer, "app", allow_private=allow), over)
    return accounts.open(accounts.find()).tokens().access_token


WAYS: dict[str, Ask] = {
    "OAuthClient(..., allow_private=True)": by_client,
    "AsyncOAuthClient(..., allow_private=True)": by_async_client,
    "ClientCredentials(..., allow_private=True)": by_credentials,
    "Login(..., allow_private=True)": by_login,
    "credentials.default(..., allow_private=True)": by_default,
}
MORE_WAYS: dict[str, Ask] = {"async": by_async_credentials, "httpx": by_credentials_for_httpx}


async def asked(ask: Ask, issuer: str, allow: bool) -> str:
    came = ask(issuer, allow)
    return await came if isinstance(came, Awaitable) else came


@pytest.mark.parametrize("remedy", WAYS)
async def test_CL_06_a_server_inside_a_private_network_is_not_asked(private: Private, remedy: str):
    with pytest.raises(AddressRefused) as refused:
        await asked(WAYS[remedy], private.issuer, False)
    assert str(refused.value).endswith(f"if the server is in your own network: {remedy}")
    assert private.heard == []


@pytest.mark.parametrize("way", WAYS | MORE_WAYS)
async def test_a_server_inside_our_own_network_is_asked_where_that_is_said(private: Private, way: str):
    assert await asked((WAYS | MORE_WAYS)[way], private.issuer, True) == "a-token"
    assert [path for path in private.heard if path != OTHER_WELL_KNOWN] == [WELL_KNOWN, "/token"]


@pytest.mark.parametrize("way", MORE_WAYS)
async def test_CL_06_every_way_is_closed_by_itself(private: Private, way: str):
    with pytest.raises(AddressRefused, match="ClientCredentials"):
        await asked(MORE_WAYS[way], private.issuer, False)
    assert private.heard == []


def test_the_environment_says_it_beside_the_issuer(private: Private, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATELODGE_ISSUER", private.issuer)
    monkeypatch.setenv("GATELODGE_CLIENT_ID", "app")
    for said in ("", "false", "0"):
        monkeypatch.setenv("GATELODGE_ALLOW_PRIVATE", said)
        with pytest.raises(AddressRefused, match=r"in your own network: GATELODGE_ALLOW_PRIVATE=true$"):
            credentials.default().tokens.token()
    assert credentials.default(allow_private=True).tokens.token() == "a-token"
    monkeypatch.setenv("GATELODGE_ALLOW_PRIVATE", "true")
    assert credentials.default().tokens.token() == "a-token"


def test_a_profile_says_it_beside_the_issuer(private: Private, tmp_path: Path):
    file = tmp_path / "gatelodge" / "profiles.toml"
    file.parent.mkdir()
    profile = f'[default]\nissuer = "{private.issuer}"\nclient_id = "app"\n'
    file.write_text(profile)
    file.chmod(0o600)
    with pytest.raises(AddressRefused, match=r"in your own network: allow_private = true for default in .*toml$"):
        credentials.default().tokens.token()
    file.write_text(f"{profile}allow_private = true\n")
    assert credentials.default().tokens.token() == "a-token"


def test_an_account_remembers_it(private: Private, tmp_path: Path):
    with pytest.raises(AddressRefused, match=r"in your own network: gatelodge login --allow-private$"):
        by_account(private.issuer, False, tmp_path)
    assert by_account(private.issuer, True, tmp_path) == "a-token"


def test_an_api_may_have_its_issuer_there(private: Private):
    private.answers["/jwks"] = (200, {"keys": [KEY.as_dict(private=False)]})
    now = SystemClock().now()
    claims = {"iss": private.issuer, "aud": API, "sub": "alice", "client_id": "app", "iat": now, "exp": now + 60}
    token = signed(claims | {"jti": "1"}, typ="at+jwt")
    with pytest.raises(CannotDecide) as refused:
        TokenVerifier(private.issuer, API).verify_sync(token)
    assert "TokenVerifier(..., allow_private=True)" in str(refused.value.__cause__)
    assert TokenVerifier(private.issuer, API, allow_private=True).verify_sync(token).sub == "alice"


def test_CL_06_no_redirect_is_followed_there_either(private: Private):
    private.answers[WELL_KNOWN] = (302, {})
    with pytest.raises(DiscoveryFailed, match="302"):
        OAuthClient(config_of(private.issuer), allow_private=True).metadata()
    assert private.heard == [WELL_KNOWN]


def test_CL_06_plain_http_is_not_spoken_there_either(private: Private):
    with pytest.raises(AddressRefused, match="https"):
        OAuthClient(config_of(private.issuer.replace("https", "http")), allow_private=True).metadata()
    assert private.heard == []


@pytest.mark.parametrize("allow", [False, True])
async def test_a_name_may_lead_to_a_private_address_where_that_is_said(allow: bool):
    """Everywhere, also on a machine without a network: the name leads to this very machine."""
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("id.test").configure_cert(serving)
    authority.configure_trust(trusting)
    route = NetworkRoute(allow_private=allow, resolve=lambda _host, _port: ["127.0.0.1"], tls=trusting)
    with wire(tls=serving) as server:
        request = HttpRequest("GET", f"https://id.test:{server.port}/")
        if allow:
            assert (await both(request, route)).status == 200
        else:
            with pytest.raises(AddressRefused, match="open internet"):
                await both(request, route)
            assert server.heard == []
