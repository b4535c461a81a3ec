"""An authorization server that signs whatever a test wants, and an API's verifier that believes it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from tests.conftest import FakeClock

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.resource import Introspection, TokenVerifier

ISSUER = "https://id.test"
API = "https://api.test/orders"
ASK = Introspection(client_id="orders-api", secret="s" * 40)
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

Key = ECKey | RSAKey | OKPKey


@cache
def key_named(name: str, kind: str = "ES256") -> Key:
    """The private key of that name, made once for all tests."""
    if kind in CURVES:
        return ECKey.generate_key(cast("Any", CURVES[kind]))
    return OKPKey.generate_key("Ed25519") if kind.startswith("Ed") else RSAKey.generate_key(2048)


def signed(alg: str, text: bytes, key: Key) -> bytes:
    """A signature made by somebody else's code, which knows Ed25519 by its older name."""
    return JWSRegistry.algorithms["EdDSA" if alg == "Ed25519" else alg].sign(text, key)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def compact(header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A compact JWS with any header and claims at all."""
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@dataclass
class Authority:
    """Stands where the network is: publishes metadata and keys, answers about opaque tokens, counts what is asked."""

    clock: FakeClock
    issuer: str = ISSUER
    published: dict[str, str] = field(default_factory=lambda: {"key-1": "ES256"})
    opaque: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    asked: list[HttpRequest] = field(default_factory=list[HttpRequest])
    answers: dict[str, HttpResponse] = field(default_factory=dict[str, HttpResponse])
    beside: list[Any] = field(default_factory=list[Any])  # what else stands among the keys
    nameless: bool = False  # whether the keys are published without names
    down: bool = False

    def token(
        self,
        *,
        header: Mapping[str, Any] | None = None,
        key: str = "key-1",
        alg: str = "ES256",
        **changes: Any,
    ) -> str:
        """An access token that is good but for what is changed; `None` takes a member out."""
        whole = {"typ": "at+jwt", "alg": alg, "kid": key} | dict(header or {})
        private = key_named(key, alg)
        return compact(
            without_none(whole),
            self.claims(**changes),
            lambda text: signed(alg, text, private),
        )

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good access token of a person, with changes."""
        now = self.clock.now()
        good = {
            "iss": self.issuer,
            "sub": "alice",
            "aud": API,
            "client_id": "shop",
            "iat": now,
            "exp": now + 300,
            "jti": "1",
            "scope": "openid orders:read",
            "auth_time": now - 100,
            "acr": "urn:weak",
        }
        return without_none(good | changes)

    def opaque_token(self, name: str = "gla_1", **changes: Any) -> str:
        """An opaque token that is good but for what is changed."""
        self.opaque[name] = {"active": True, "token_type": "Bearer", **self.claims(**changes)}
        return name

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if self.down:
            raise ServerUnavailable(request.url, "down", sent=False)
        path = request.url.removeprefix(self.issuer)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/oauth-authorization-server":
            return HttpResponse(404)
        return HttpResponse(
            200, {"content-type": "application/json"}, json.dumps(self._document(path, request)).encode()
        )

    async def async_send(self, request: HttpRequest) -> HttpResponse:
        return self.send(request)

    def _document(self, path: str, request: HttpRequest) -> dict[str, Any]:
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.issuer,
                    "jwks_uri": self.issuer + "/jwks",
                    "authorization_endpoint": self.issuer + "/authorize",
                    "token_endpoint": self.issuer + "/token",
                    "introspection_endpoint": self.issuer + "/introspect",
                }
            case "/jwks":
                keys = [self.jwk(name, kind) for name, kind in self.published.items()]
                return {
                    "keys": [
                        *([without_none(key | {"kid": None}) for key in keys] if self.nameless else keys),
                        *self.beside,
                    ]
                }
            case "/introspect":
                return self.opaque.get(dict(request.form or ())["token"], {"active": False})
            case _:
                raise AssertionError(f"nobody should ask for {path}")

    @staticmethod
    def jwk(name: str, kind: str) -> dict[str, Any]:
        return {**key_named(name, kind).as_dict(private=False), "kid": name, "use": "sig", "alg": kind}

    def times(self, path: str) -> int:
        """How often that path was asked for."""
        return sum(request.url == self.issuer + path for request in self.asked)

    def verifier(self, **options: Any) -> TokenVerifier:
        """A verifier for the API, which believes this server."""
        whole: dict[str, Any] = {"clock": self.clock, "send": self.send, "async_send": self.async_send} | options
        return TokenVerifier(self.issuer, API, **whole)


@pytest.fixture
def authority(clock: FakeClock) -> Authority:
    return Authority(clock)


@pytest.fixture
def verifier(authority: Authority) -> TokenVerifier:
    return authority.verifier(introspection=ASK)


def form(**parameters: str) -> bytes:
    return urlencode(parameters).encode()
