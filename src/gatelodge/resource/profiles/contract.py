"""What a profile is: how one kind of authorization server writes access tokens, and what tells them from ID tokens."""

from collections.abc import Mapping
from typing import Any, ClassVar

from gatelodge.protocol import rules
from gatelodge.protocol.access_token import TYPE
from gatelodge.protocol.jose import BadToken

Claims = Mapping[str, Any]

_HASHES = frozenset({"at_hash", "c_hash", "s_hash"})  # OpenID Connect Core 3.1.3.6 and 3.3.2.11: in ID tokens alone


class Profile:
    """One way to write access tokens: RFC 9068, or what a provider does in its place.

    An ID token of the same issuer is signed with the same keys and may have the same audience, so each profile demands
    what only an access token has (RFC 8725 3.12). Its docstring says what, and is in the documentation.
    """

    name: ClassVar[str]
    types: ClassVar[frozenset[str]] = frozenset({"jwt", TYPE})  # `typ` of the header, in lower case; "" is none at all
    clients: ClassVar[tuple[str, ...]]  # claims that may name the client: the first that is there does

    def check(self, header: Claims, claims: Claims) -> None:
        """Let an access token pass, whose times, issuer and audience others check. Raises `BadToken`."""
        raise NotImplementedError

    def audience(self, claims: Claims) -> object:
        """Return whom a token is for: one text or a list of them."""
        return claims.get("aud")

    def client_id(self, claims: Claims) -> object:
        """Return the client that calls, `None` if the token names none."""
        for name in self.clients:
            if name in claims:
                return claims[name]
        return None

    def subject(self, claims: Claims) -> object:
        """Return whom a token is about, `None` if it does not say."""
        return claims.get("sub")

    def scope(self, claims: Claims) -> object:
        """Return what a token allows: a text with spaces between, or a list."""
        return claims.get("scope")

    def is_machine(self, claims: Claims, client_id: str) -> bool:
        """Whether nobody is behind a token but the client itself."""
        return claims.get("sub") == client_id and not ("auth_time" in claims or "username" in claims)


def demand(holds: bool) -> None:
    """Refuse a token that is of another kind. Raises `BadToken`."""
    if not holds:
        raise BadToken(rules.TOKEN_KIND)


def says_access_token(header: Claims) -> bool:
    """Whether the header names the type that only access tokens have (RFC 9068 2.1)."""
    typ = header.get("typ")
    return isinstance(typ, str) and typ.lower().removeprefix("application/") == TYPE


def has_hash(claims: Claims) -> bool:
    """Whether a token says which other token or code it came with, as only ID tokens do."""
    return not _HASHES.isdisjoint(claims)


def names(audience: object, client_id: object) -> bool:
    """Whether a client is in an audience, as it is in that of an ID token."""
    return client_id in audience if isinstance(audience, list) else client_id == audience
