"""Who is calling an API, and what the caller may do: what a verified access token comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gatelodge.protocol import rules
from gatelodge.protocol.jose import BadToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller of an API, as its access token says; made only from a token that was verified.

    `sub` is a person, or the client itself if `is_machine`; it means something together with `issuer` only, so store
    `key` and never `sub` alone. `client_id` is the application that calls. `claims` are all the token says.
    """

    issuer: str
    sub: str
    client_id: str
    scopes: frozenset[str]
    is_machine: bool
    claims: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What names this caller among the callers of all issuers: issuer and subject (OpenID Connect Core 5.7)."""
        return self.issuer, self.sub

    def has(self, *scopes: str) -> bool:
        """Whether the token has all of these scopes."""
        return self.scopes.issuperset(scopes)

    def lacks(self, scopes: Iterable[str]) -> list[str]:
        """Return those of `scopes` that the token does not have."""
        return [scope for scope in scopes if scope not in self.scopes]


def read_principal(claims: Mapping[str, Any], issuer: str) -> Principal:
    """Return whom proven claims speak of.

    Raises `BadToken` if they name no subject or client (RFC 9068 2.2), or if the token is bound to a key: whoever shows
    it as a bearer token has not proven that he holds the key (RFC 9449 7.2, RFC 8705 3).
    """
    sub, client_id = claims.get("sub"), claims.get("client_id")
    if not (isinstance(sub, str) and sub and isinstance(client_id, str) and client_id):
        raise BadToken(rules.TOKEN_CLAIMS)
    if claims.get("cnf") is not None:
        raise BadToken(rules.TOKEN_UNBOUND)
    return Principal(
        issuer=issuer,
        sub=sub,
        client_id=client_id,
        scopes=_scopes(claims.get("scope")),
        is_machine=sub == client_id and not ("auth_time" in claims or "username" in claims),
        claims=MappingProxyType(claims),  # pyright: ignore[reportArgumentType] - any mapping will do
    )


def _scopes(scope: object) -> frozenset[str]:
    """A `scope` that is no text allows nothing."""
    return frozenset(scope.split()) if isinstance(scope, str) else frozenset()
