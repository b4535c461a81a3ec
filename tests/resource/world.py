"""Every provider at once, where the network is."""

from typing import Any

from tests.conftest import FakeClock
from tests.resource.conftest import Authority
from tests.resource.shapes import Shape

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.resource import TokenVerifier


class World:
    """Providers, each with keys of its own, and what they sign."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._authorities: dict[str, Authority] = {}

    def of(self, issuer: str) -> Authority:
        made = Authority(self.clock, issuer, published={f"key of {issuer}": "RS256"})
        return self._authorities.setdefault(issuer, made)

    def token(self, shape: Shape, **changes: Any) -> str:
        """Sign what a provider writes; `None` takes a claim out."""
        plain = dict.fromkeys(("client_id", "aud", "sub", "scope", "jti", "acr", "auth_time"))
        claims: dict[str, Any] = plain | {"nbf": self.clock.now()} | shape.claims | changes
        header = {"typ": None} | shape.header
        return self.of(shape.issuer).token(header=header, key=f"key of {shape.issuer}", alg="RS256", **claims)

    def verifier(self, shape: Shape, **options: Any) -> TokenVerifier:
        whole: dict[str, Any] = {"issuer": shape.issuer, "audience": shape.audience, "profile": shape.profile} | options
        return TokenVerifier(**whole, clock=self.clock, send=self.send)

    def send(self, request: HttpRequest) -> HttpResponse:
        for issuer, authority in self._authorities.items():
            if request.url.startswith(issuer):
                path = request.url.removeprefix(issuer)
                return authority.send(HttpRequest("GET", issuer + (path if path.startswith("/") else f"/{path}")))
        raise AssertionError(f"nobody should ask for {request.url}")
