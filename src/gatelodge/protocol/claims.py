"""What a client learns about a person: standard claims, by scope and by request (OpenID Connect Core 5.1, 5.4, 5.5)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
}

# Said by the protocol alone: no stored claim and no request may set them (OpenID Connect Core 2, RFC 7519, RFC 9068).
PROTOCOL_CLAIMS = frozenset(
    [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "azp",
        "sid",
        "at_hash",
        "c_hash",
        "s_hash",
        "client_id",
        "scope",
        "grant_id",
        "cnf",
        "act",
        "events",
    ]
)


class ClaimsSubject(Protocol):
    """A person as this module needs one; a stored user is one."""

    @property
    def sub(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def email_verified(self) -> bool: ...
    @property
    def name(self) -> str | None: ...
    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def updated_at(self) -> int: ...


def userinfo_claims(person: ClaimsSubject, sub: str, scope: Collection[str], wanted: Collection[str]) -> dict[str, Any]:
    """Return the answer of the UserInfo endpoint: the scope's claims and the claims `wanted` singly (5.3.2).

    `sub` is what the client calls the person.
    """
    return {"sub": sub, **_by_scope(person, scope), **_by_request(person, wanted)}


def id_token_person(
    person: ClaimsSubject,
    scope: Collection[str],
    wanted: Collection[str],
    response_type: str,
    chosen: Collection[str] = (),
) -> dict[str, Any]:
    """Return what an ID token says about the person.

    The scope's claims go in only when no access token is issued that could fetch them (5.4): `id_token` alone; and
    those of them that the operator has `chosen` for this client.
    """
    scoped = _by_scope(person, scope)
    if response_type != "id_token":
        scoped = {name: value for name, value in scoped.items() if name in chosen}
    return scoped | _by_request(person, wanted)


def claims_behind(scope: Iterable[str]) -> frozenset[str]:
    """Return the claims that scopes stand for."""
    return frozenset(name for value in scope for name in CLAIMS_OF_SCOPE.get(value, ()))


def scopes_behind(wanted: Iterable[str]) -> frozenset[str]:
    """Return the scopes whose claims are asked for singly: what consent must name in plain words."""
    return frozenset(scope for scope, names in CLAIMS_OF_SCOPE.items() if not set(names).isdisjoint(wanted))


def supported_claims() -> tuple[str, ...]:
    """Return the claims the metadata names."""
    protocol = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")
    return protocol + tuple(name for names in CLAIMS_OF_SCOPE.values() for name in names)


def known_claims(person: ClaimsSubject) -> dict[str, Any]:
    """Return everything known about a person: only what exists, never a claim of the protocol's own."""
    known = {name: value for name, value in person.claims.items() if name not in PROTOCOL_CLAIMS}
    known |= {"preferred_username": person.username, "name": person.name, "email": person.email}
    known["updated_at"] = person.updated_at or None
    known["email_verified"] = person.email_verified if person.email else None
    return {name: value for name, value in known.items() if value is not None and value != ""}


def _by_scope(person: ClaimsSubject, scope: Collection[str]) -> dict[str, Any]:
    known = known_claims(person)
    names = (name for value, names in CLAIMS_OF_SCOPE.items() if value in scope for name in names)
    return {name: known[name] for name in names if name in known}


def _by_request(person: ClaimsSubject, wanted: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in known_claims(person).items() if name in wanted} if wanted else {}
