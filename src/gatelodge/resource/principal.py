"""Who is calling an API, and what the caller may do: what a verified access token comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from gatelodge.protocol import rules
from gatelodge.protocol.jose import BadToken
from gatelodge.resource.profiles.contract import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller of an API, as its access token says; made only from a token that was verified.

    `sub` is a person, or the client itself if `is_machine`; it means something together with `issuer` only, so store
    `key` and never `sub` alone. `client_id` is the application that calls. `claims` are all the token says. `jkt` is
    the thumbprint of the key that the token is bound to, `None` if it is a bearer token.
    """

    issuer: str
    sub: str
    client_id: str
    scopes: frozenset[str]
    is_machine: bool
    jkt: str | None = None
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


def read_principal(claims: Mapping[str, Any], issuer: str, profile: Profile) -> Principal:
    """Return whom the proven claims of a JWT speak of. Raises `BadToken` as `principal_of` does."""
    return principal_of(claims, issuer, profile, profile.client_id(claims), profile.scope(claims))


def principal_of(
    claims: Mapping[str, Any], issuer: str, profile: Profile, client_id: object, scope: object
) -> Principal:
    """Return whom proven claims speak of.

    Raises `BadToken` if they name no subject or client (RFC 9068 2.2), or if the token is bound to something else than
    a key that DPoP proves: nobody could show here that they hold it (RFC 8705 3).
    """
    sub = profile.subject(claims)
    if not (isinstance(sub, str) and sub and isinstance(client_id, str) and client_id):
        raise BadToken(rules.TOKEN_CLAIMS)
    return Principal(
        issuer=issuer,
        sub=sub,
        client_id=client_id,
        scopes=_scopes(scope),
        is_machine=profile.is_machine(claims, client_id),
        jkt=_bound_to(claims.get("cnf")),
        claims=MappingProxyType(claims),  # pyright: ignore[reportArgumentType] - any mapping will do
    )


def _bound_to(cnf: object) -> str | None:
    """Return the key that a token is bound to. One that is bound in a second way, too, would have to prove both."""
    if cnf is None:
        return None
    jkt = cast("dict[str, object]", cnf).get("jkt") if isinstance(cnf, dict) and len(cast("Any", cnf)) == 1 else None
    if not isinstance(jkt, str) or not jkt:
        raise BadToken(rules.TOKEN_UNBOUND)
    return jkt


def _scopes(scope: object) -> frozenset[str]:
    """Scopes that are neither a text nor in a list allow nothing."""
    if isinstance(scope, str):
        return frozenset(scope.split())
    listed = cast("list[object]", scope) if isinstance(scope, list) else ()
    return frozenset(one for one in listed if isinstance(one, str))
