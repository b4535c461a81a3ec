"""What a client learns about a person, by scope and by request (OpenID Connect Core 5.1, 5.4, 5.5)."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from gatelodge.protocol.claim_scopes import PROTOCOL_CLAIMS, STANDARD, ClaimScopes


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


def userinfo_claims(
    person: ClaimsSubject,
    sub: str,
    scope: Collection[str],
    wanted: Collection[str],
    released: ClaimScopes = STANDARD,
) -> dict[str, Any]:
    """Return the answer of the UserInfo endpoint: the scope's claims and the claims `wanted` singly (5.3.2).

    `sub` is what the client calls the person, `released` says which scopes stand for which claims.
    """
    return {"sub": sub, **_by_scope(person, scope, released), **_by_request(person, wanted, released)}


def id_token_person(
    person: ClaimsSubject,
    scope: Collection[str],
    wanted: Collection[str],
    response_type: str,
    chosen: Collection[str] = (),
    released: ClaimScopes = STANDARD,
) -> dict[str, Any]:
    """Return what an ID token says about the person.

    The scope's claims go in only when no access token is issued that could fetch them (5.4): `id_token` alone; and
    those of them that the operator has `chosen` for this client.
    """
    scoped = _by_scope(person, scope, released)
    if response_type != "id_token":
        scoped = {name: value for name, value in scoped.items() if name in chosen}
    return scoped | _by_request(person, wanted, released)


def known_claims(person: ClaimsSubject) -> dict[str, Any]:
    """Return everything known about a person: only what exists, never a claim of the protocol's own."""
    known = {name: value for name, value in person.claims.items() if name not in PROTOCOL_CLAIMS}
    known |= {"preferred_username": person.username, "name": person.name, "email": person.email}
    known["updated_at"] = person.updated_at or None
    known["email_verified"] = person.email_verified if person.email else None
    return {name: value for name, value in known.items() if value is not None and value != ""}


def _by_scope(person: ClaimsSubject, scope: Collection[str], released: ClaimScopes) -> dict[str, Any]:
    known = known_claims(person)
    names = (name for value, names in released.of_scope.items() if value in scope for name in names)
    return {name: known[name] for name in names if name in known}


def _by_request(person: ClaimsSubject, wanted: Collection[str], released: ClaimScopes) -> dict[str, Any]:
    """Return what is asked for singly, unless no scope stands for it any more."""
    if not wanted:
        return {}
    tellable = released.claims.intersection(wanted)
    return {name: value for name, value in known_claims(person).items() if name in tellable}
