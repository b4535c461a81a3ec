"""Tokens that say nothing by themselves: how to ask about them, and what an answer is worth (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, SecretBasic
from gatelodge.protocol import jose, rules
from gatelodge.protocol.jose import BadToken, Expected
from gatelodge.resource.principal import Principal, principal_of
from gatelodge.resource.profiles.contract import Profile
from gatelodge.resource.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspection:
    """How an API asks about tokens: as which client of the server, and for how long an answer is believed.

    `secret` is the client's, or any other way to prove who it is. A revoked token is taken for at most `lifetime`
    seconds more; 0 asks every time. `demand_audience` refuses tokens of which the server does not say that they are
    for this API; switch it off only for a server that never says so and has no other API. `endpoint` is where to ask,
    if the server's metadata does not say. With `also_jwts` JWTs are asked about as well, so that a revoked one is
    refused. `issuer` is who is asked, where a verifier has several.
    """

    client_id: str
    secret: str | ClientAuth = field(repr=False)
    lifetime: int = 10
    demand_audience: bool = True
    endpoint: str | None = None
    also_jwts: bool = False
    issuer: str | None = None

    def client_of(self, issuer: str) -> ClientConfig:
        """Return who asks, as the server knows it."""
        auth = SecretBasic(self.secret) if isinstance(self.secret, str) else self.secret
        return ClientConfig(issuer=issuer, client_id=self.client_id, auth=auth)

    def server_of(self, metadata: ServerMetadata) -> ServerMetadata:
        """Return what the server says of itself, or what is known better."""
        return replace(metadata, introspection_endpoint=self.endpoint) if self.endpoint else metadata


def check_answer(
    document: Mapping[str, Any], expected: Expected, terms: Terms, ask: Introspection, now: int
) -> Mapping[str, Any]:
    """Return the claims of a token the server said works, if it is one for this API. Raises `BadToken`.

    What the server may leave out (RFC 7662 2.2) is known from having asked it: it is the issuer, and what does not
    expire works until it is asked again. Without `sub` the token is about whom `username` names, or about the client.
    """
    kind = str(document.get("token_type", "bearer")).lower()
    if kind != "bearer" and (kind != "dpop" or document.get("cnf") is None):
        raise BadToken(rules.TOKEN_UNBOUND)
    known: dict[str, Any] = {"iss": expected.issuer, "sub": document.get("username") or document.get("client_id")}
    claims = known | dict(document)
    jose.check_claims({"exp": now + 1} | claims, expected, now)
    if ask.demand_audience or terms.profile.audience(claims) is not None:
        terms.check_audience(claims)
    return claims


def read_answered(claims: Mapping[str, Any], issuer: str, profile: Profile) -> Principal:
    """Return whom an answer speaks of, which names client and scope as RFC 7662 2.2 does. Raises `BadToken`."""
    client_id = claims["client_id"] if "client_id" in claims else profile.client_id(claims)
    scope = claims["scope"] if "scope" in claims else profile.scope(claims)
    return principal_of(claims, issuer, profile, client_id, scope)
