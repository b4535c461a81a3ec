"""The client library against npm oidc-provider: its own pages, walked through; every way to prove oneself."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from urllib.parse import parse_qs, urljoin

import httpx2
import pytest
from joserfc.jwk import ECKey
from tests import oidc_provider
from tests.client.visitor import submit, walk
from tests.oidc_provider import SECRET

from gatelodge.client import (
    ClientAuth,
    ClientConfig,
    ClientCredentials,
    DpopKey,
    LogoutTokenRejected,
    Narrowed,
    NoAuth,
    OAuthClient,
    PrivateKeyJwt,
    SecretBasic,
    SecretPost,
    TokenRefused,
    Tokens,
    UserInfoRefused,
    Wanted,
)
from gatelodge.client.messages.dpop import DpopAlg

pytestmark = pytest.mark.interop

REDIRECT_URI = "https://rp.test/cb"
BYE = "https://rp.test/bye"
API = "https://api.test/orders"
KEY = ECKey.generate_key("P-256", {"kid": "our-key", "use": "sig", "alg": "ES256"}, private=True)
ALICE = {"login": "alice", "password": "anything"}
AUTHS: dict[str, ClientAuth] = {
    "basic": SecretBasic(SECRET),
    "post": SecretPost(SECRET),
    "public": NoAuth(),
    "keyholder": PrivateKeyJwt(KEY, "our-key"),
    "bound": NoAuth(),
}


@dataclass(frozen=True)
class Provider:
    """A running provider, and the logout tokens it sent us."""

    issuer: str
    logout_tokens: "Queue[str]"

    def client(self, client_id: str, dpop: DpopKey | None = None) -> OAuthClient:
        config = ClientConfig(
            issuer=self.issuer,
            client_id=client_id,
            auth=AUTHS.get(client_id, SecretBasic(SECRET)),
            redirect_uri=REDIRECT_URI,
            post_logout_redirect_uri=BYE,
            dpop=dpop,
        )
        return OAuthClient(config)


@pytest.fixture(scope="module")
def logout_tokens() -> Generator["tuple[str, Queue[str]]"]:
    """Where back-channel logout tokens arrive."""
    received = Queue[str]()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            received.put(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", received
        server.shutdown()


@pytest.fixture(scope="module")
def provider(logout_tokens: "tuple[str, Queue[str]]", tmp_path_factory: pytest.TempPathFactory) -> Generator[Provider]:
    hook, received = logout_tokens
    key = KEY.as_dict(private=False)
    told = {"redirect_uri": REDIRECT_URI, "bye": BYE, "api": API, "hook": hook, "key": key}
    with oidc_provider.running(tmp_path_factory.mktemp("provider"), told) as issuer:
        yield Provider(issuer, received)


def sign_in(client: OAuthClient, wanted: Wanted, browser: httpx2.Client | None = None) -> Tokens:
    begun = client.begin(wanted)
    with browser or httpx2.Client() as visitor:
        return client.finish(begun.transaction, walk(visitor, begun.url, ALICE))


@pytest.mark.parametrize("client_id", sorted(AUTHS.keys() - {"bound"}))
def test_every_way_to_prove_oneself(provider: Provider, client_id: str):
    client = provider.client(client_id)
    tokens = sign_in(client, Wanted(scope="openid profile email"))

    assert tokens.person is not None
    assert tokens.person.sub == "alice"
    assert client.userinfo(tokens.access_token, tokens.person)["email"] == "alice@example.org"
    assert tokens.refresh_token is not None
    renewed = client.refresh(tokens.refresh_token, person=tokens.person)
    assert renewed.refresh_token not in (None, tokens.refresh_token)
    assert renewed.person == replace(tokens.person, claims=renewed.person.claims if renewed.person else {})


@pytest.mark.parametrize("client_id", sorted(AUTHS.keys() - {"bound"}))
def test_every_way_to_prove_oneself_when_a_request_is_pushed(provider: Provider, client_id: str):
    client = OAuthClient(replace(provider.client(client_id).config, push=True))
    begun = client.begin(Wanted(scope="openid profile"))
    assert "request_uri=" in begun.url
    assert "profile" not in begun.url
    with httpx2.Client() as browser:
        tokens = client.finish(begun.transaction, walk(browser, begun.url, ALICE))

    assert tokens.person is not None
    assert tokens.person.sub == "alice"


@pytest.mark.parametrize("push", [True, False])
def test_requests_are_signed_and_so_are_answers(provider: Provider, push: bool):
    config = provider.client("keyholder").config
    key = PrivateKeyJwt(KEY, "our-key")
    client = OAuthClient(replace(config, push=push, request_key=key, signed_answers=True))
    begun = client.begin(Wanted(scope="openid profile", max_age=600))
    with httpx2.Client() as browser:
        came = walk(browser, begun.url, ALICE)
        tokens = client.finish(begun.transaction, came)

    assert came.startswith(f"{REDIRECT_URI}?response=")
    assert tokens.person is not None
    assert tokens.person.sub == "alice"


def test_everything_is_bound_to_a_key_and_a_nonce_is_sent_where_one_is_wanted(provider: Provider):
    client = provider.client("bound", DpopKey.generate())
    tokens = sign_in(client, Wanted(scope="openid email"))

    assert tokens.token_type == "DPoP"
    assert tokens.person is not None
    assert tokens.refresh_token is not None
    assert client.userinfo(tokens.access_token, tokens.person)["email"] == "alice@example.org"
    with pytest.raises(TokenRefused, match="invalid_grant"):
        provider.client("bound", DpopKey.generate()).refresh(tokens.refresh_token)
    with pytest.raises(UserInfoRefused):
        provider.client("bound").userinfo(tokens.access_token, tokens.person)
    assert client.refresh(tokens.refresh_token, person=tokens.person).token_type == "DPoP"


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
def test_a_client_with_a_secret_binds_its_tokens_too(provider: Provider, alg: DpopAlg):
    client = provider.client("basic", DpopKey.generate(alg))
    tokens = sign_in(client, Wanted(scope="openid orders:read", resource=(API,)))
    told = client.introspect(tokens.refresh_token or "")
    assert (tokens.token_type, told.active) == ("DPoP", True)


def test_a_token_for_an_api_is_revoked(provider: Provider):
    client = provider.client("basic")
    tokens = sign_in(client, Wanted(scope="openid orders:read", resource=(API,)))
    assert tokens.refresh_token is not None
    assert client.introspect(tokens.refresh_token).active

    client.revoke(tokens.refresh_token, "refresh_token")

    assert not client.introspect(tokens.refresh_token).active
    with pytest.raises(TokenRefused, match="invalid_grant"):
        client.refresh(tokens.refresh_token)


def test_two_threads_refresh_at_once_and_nobody_is_signed_out(provider: Provider):
    client = provider.client("basic")
    tokens = sign_in(client, Wanted(scope="openid"))
    assert tokens.refresh_token is not None

    renewed: list[Tokens] = []
    threads = [Thread(target=lambda: renewed.append(client.refresh(tokens.refresh_token or ""))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.access_token for one in renewed}) == 1
    assert client.refresh(renewed[0].refresh_token or "").refresh_token


def test_a_code_works_once(provider: Provider):
    client, other = provider.client("public"), provider.client("public")
    begun = client.begin()
    with httpx2.Client() as browser:
        answer = walk(browser, begun.url, ALICE)
    client.finish(begun.transaction, answer)

    with pytest.raises(TokenRefused, match="invalid_grant"):
        other.finish(begun.transaction, answer)  # another process would not know that it is used


def test_userinfo_refuses_a_made_up_token_by_its_challenge(provider: Provider):
    client = provider.client("public")
    tokens = sign_in(client, Wanted(scope="openid"))
    assert tokens.person is not None
    with pytest.raises(UserInfoRefused, match="invalid_token"):
        client.userinfo("made-up", tokens.person)


def test_a_daemon_sends_its_token_with_every_request(provider: Provider):
    auth = ClientCredentials(provider.issuer, "daemon", SECRET, scope="orders:read", resource=API)
    with httpx2.Client(auth=auth) as http:
        first = http.get(f"{provider.issuer}/jwks").request.headers["authorization"]
        again = http.get(f"{provider.issuer}/jwks").request.headers["authorization"]

    assert first.startswith("Bearer ey")
    assert again == first


def test_the_server_says_that_a_session_is_over(provider: Provider):
    client = provider.client("told-of-logout")
    browser = httpx2.Client()
    begun = client.begin(Wanted(scope="openid"))
    tokens = client.finish(begun.transaction, walk(browser, begun.url, ALICE))
    assert tokens.person is not None

    assert walk(browser, client.logout_url(tokens.id_token, state="done"), {}) == f"{BYE}?state=done"
    token = provider.logout_tokens.get(timeout=10)
    over = client.read_logout_token(token)
    assert (over.sub, over.sid) == ("alice", tokens.person.claims["sid"])
    with pytest.raises(LogoutTokenRejected):
        client.read_logout_token(tokens.id_token or "")
    browser.close()


def test_a_device_is_allowed_from_another_one(provider: Provider):
    client = OAuthClient(ClientConfig(issuer=provider.issuer, client_id="device"))
    begun = client.begin_on_device(Narrowed(scope="openid"))
    with pytest.raises(TokenRefused, match="authorization_pending"):
        client.ask_on_device(begun)

    with httpx2.Client() as browser:
        page = browser.get(begun.verification_uri_complete or "")
        for _ in range(12):
            if "success" in page.text.lower() and "<form" not in page.text:
                break
            page = (
                browser.get(urljoin(str(page.url), page.headers["location"]))
                if page.is_redirect
                else submit(browser, page, ALICE)
            )
    tokens = client.ask_on_device(begun)
    assert tokens.person is not None
    assert tokens.person.sub == "alice"
