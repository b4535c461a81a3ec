"""Access tokens for tests of an API: signed, so that its own verifier takes them, by nobody real."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey

from gatelodge.client.messages.dpop import DpopKey
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.clock import SystemEntropy
from gatelodge.protocol.access_token import TYPE
from gatelodge.testing.clock import MovingClock
from gatelodge.testing.line import HostTable

ISSUER = "https://id.test"
ALG = "ES256"
KID = "gatelodge-fake-token"


class FakeTokens:
    """Makes access tokens; call it. Any verifier in this process believes them while the fixture `fake_token` lasts.

    `issuer` and `audience` are what tokens say unless a call says otherwise. `clock` is the time of the test.
    """

    def __init__(self, line: HostTable, clock: MovingClock, issuer: str = ISSUER, audience: str = "") -> None:
        self._line = line
        self.clock = clock
        self.issuer = issuer
        self.audience = audience

    def __call__(
        self,
        scopes: Iterable[str] = (),
        *,
        sub: str = "fake-person",
        client_id: str = "fake-client",
        audience: str | None = None,
        issuer: str | None = None,
        expires_in: int = 600,
        dpop: DpopKey | None = None,
        **claims: Any,
    ) -> str:
        """Return an access token (RFC 9068) of a person; one of a machine if `sub` equals `client_id`.

        `expires_in` is in seconds, negative for one that is over. It is bound to the key `dpop`. `claims` are added, or
        replace what is there; `None` takes one out. Raises `ValueError` if nobody said which API the token is for.
        """
        issuer, audience, now = issuer or self.issuer, audience or self.audience, self.clock.now()
        if not audience:
            raise ValueError("say audience=..., or gatelodge_audience in the configuration of pytest")
        self._line.connect(issuer, FakeIssuer(issuer))
        said = {
            "iss": issuer,
            "sub": sub,
            "aud": audience,
            "client_id": client_id,
            "scope": " ".join([scopes] if isinstance(scopes, str) else scopes),
            "iat": min(now, now + expires_in),
            "exp": now + expires_in,
            "jti": SystemEntropy().bytes(8).hex(),
            **({} if sub == client_id else {"auth_time": min(now, now + expires_in)}),
            **({} if dpop is None else {"cnf": {"jkt": dpop.jkt}}),
            **claims,
        }
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": ALG, "typ": TYPE, "kid": KID}, kept, _key(), [ALG])


class FakeIssuer:
    """An authorization server of which there is nothing but its metadata and its keys."""

    def __init__(self, issuer: str) -> None:
        self._documents = {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
            },
            "/jwks": {"keys": [_key().as_dict(private=False, kid=KID, alg=ALG, use="sig")]},
        }
        self._issuer = issuer

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer a thread."""
        document = self._documents.get(request.url.removeprefix(self._issuer))
        if document is None:
            return HttpResponse(404)
        return HttpResponse(200, {"content-type": "application/json"}, msgspec.json.encode(document))

    async def async_send(self, request: HttpRequest) -> HttpResponse:
        """Answer a task."""
        return self.send(request)


@cache
def _key() -> ECKey:
    """The same in every test, since your verifier may keep it from one to the next."""
    return ECKey.generate_key("P-256")
