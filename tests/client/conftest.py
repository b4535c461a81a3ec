"""A server made of answers, which says what each test makes it say, and records everything it was asked."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gatelodge.client import ClientConfig, HttpRequest, HttpResponse, Moment, OAuthClient, SecretBasic, Wanted
from gatelodge.client.messages.authorization import Transaction
from gatelodge.clock import Clock, Entropy

ISSUER = "https://id.test"
REDIRECT_URI = "https://rp.test/callback/id"
KEY = ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"}, private=True)

Answer = Callable[[HttpRequest], HttpResponse]


def json_answer(members: object, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json", **headers}, json.dumps(members).encode())


def form_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of a request, each there once."""
    assert request.form is not None
    assert len(dict(request.form)) == len(request.form)
    return dict(request.form)


def half(value: str) -> str:
    return urlsafe_b64encode(sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def signed(claims: Mapping[str, Any], key: ECKey = KEY, **header: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": "key-1", **header}, dict(claims), key)


def metadata_of(issuer: str = ISSUER, **changes: Any) -> dict[str, Any]:
    whole = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "end_session_endpoint": f"{issuer}/logout",
        "device_authorization_endpoint": f"{issuer}/device",
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


@dataclass
class Server:
    """An authorization server in a table. Change `answers[path]` to make it misbehave."""

    clock: Clock
    issuer: str = ISSUER
    metadata: dict[str, Any] = field(default_factory=metadata_of)
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    requests: list[HttpRequest] = field(default_factory=list[HttpRequest])
    claims: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.answers = {
            "/.well-known/openid-configuration": lambda _: json_answer(self.metadata),
            "/jwks": lambda _: json_answer({"keys": [KEY.as_dict(private=False)]}),
            "/token": lambda _: json_answer(self.granted()),
        } | self.answers

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.get(urlsplit(request.url).path)
        return answer(request) if answer else HttpResponse(404)

    async def task(self, request: HttpRequest) -> HttpResponse:
        return self(request)

    def id_token(self, **changes: Any) -> str:
        now = self.clock.now()
        claims = (
            {"iss": self.issuer, "sub": "alice", "aud": "app", "iat": now, "exp": now + 300} | self.claims | changes
        )
        return signed({name: value for name, value in claims.items() if value is not None})

    def granted(self, **changes: Any) -> dict[str, Any]:
        whole = {
            "access_token": "an-access-token",
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": "a-refresh-token",
            "id_token": self.id_token(at_hash=half("an-access-token")),
        } | changes
        return {name: value for name, value in whole.items() if value is not None}

    def asked(self, path: str) -> list[HttpRequest]:
        """Every request to a path."""
        return [request for request in self.requests if urlsplit(request.url).path == path]


@pytest.fixture
def server(clock: Clock) -> Server:
    return Server(clock)


@pytest.fixture
def moment(clock: Clock, entropy: Entropy) -> Moment:
    return Moment(clock, entropy)


@pytest.fixture
def config() -> ClientConfig:
    return ClientConfig(issuer=ISSUER, client_id="app", auth=SecretBasic("hush"), redirect_uri=REDIRECT_URI)


@pytest.fixture
def client(server: Server, config: ClientConfig, moment: Moment) -> OAuthClient:
    return OAuthClient(config, send=server, moment=moment)


@dataclass
class Begun:
    """A sign-in under way, and what an honest server would answer."""

    server: Server
    transaction: Transaction
    url: str

    @property
    def asked(self) -> dict[str, str]:
        return {name: value for name, (value,) in parse_qs(urlsplit(self.url).query).items()}

    def answer(self, **changes: str | None) -> dict[str, str]:
        whole = {"code": "a-code", "state": self.transaction.state, "iss": self.server.issuer} | changes
        return {name: value for name, value in whole.items() if value is not None}


@pytest.fixture
def begun(client: OAuthClient, server: Server) -> Begun:
    authorization = client.begin(Wanted(scope="openid profile orders:read"))
    server.claims["nonce"] = authorization.transaction.nonce
    return Begun(server, authorization.transaction, authorization.url)


def at_another(server: Server, issuer: str) -> Server:
    """The same server under another name."""
    return replace(server, issuer=issuer, metadata=metadata_of(issuer), answers={}, requests=[])
