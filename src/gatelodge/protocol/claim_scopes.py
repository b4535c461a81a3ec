"""Which scopes release which claims of a person: OpenID's standard ones, and those that an operator added.

OpenID Connect Core 5.1, 5.4. A scope of the operator's own releases claims that the specification does not know: never
one that the protocol itself says, nor a standard one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatelodge.protocol.scope import OPENID_SCOPES, is_scope

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

# Said by the protocol alone: no stored claim and no request may set them (OpenID Connect Core 2, 5.6.2, RFC 7519,
# RFC 7800, RFC 8693, RFC 9068, RFC 9396).
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
        "may_act",
        "events",
        "sub_id",
        "sub_jwk",
        "authorization_details",
        "_claim_names",
        "_claim_sources",
    ]
)
SAID_BY_THE_PROTOCOL = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")

MAX_SCOPES = 100  # of the operator's own
MAX_CLAIMS = 20  # of one scope
MAX_SENTENCE = 200  # characters

_NAME = re.compile(r"""[^\s"#=\\\x00-\x20\x7f-\U0010ffff]{1,100}""")
_STANDARD = frozenset(name for names in CLAIMS_OF_SCOPE.values() for name in names)


@dataclass(frozen=True, slots=True)
class ClaimScope:
    """A scope of the operator's own, and the claims of a person that it releases.

    `sentence` is what people read when they are asked for it.
    """

    name: str
    claims: tuple[str, ...]
    sentence: str


class BadClaimScope(ValueError):
    """A scope cannot release claims as it was to; the message says why."""


def check(scope: ClaimScope) -> None:
    """Judge a scope as it would be. Raises `BadClaimScope`."""
    if not is_scope(scope.name) or len(scope.name) > 100:
        raise BadClaimScope("a scope is up to 100 visible ASCII characters without spaces, quotes and backslashes")
    if scope.name in OPENID_SCOPES:
        raise BadClaimScope(f"the scope {scope.name} is OpenID's or ours, and says what it always did: choose another")
    if not 0 < len(scope.claims) <= MAX_CLAIMS or len(set(scope.claims)) < len(scope.claims):
        raise BadClaimScope(f"a scope releases 1 to {MAX_CLAIMS} claims, each once")
    for name in scope.claims:
        if why := defect(name):
            raise BadClaimScope(why)
    if not scope.sentence.strip() or len(scope.sentence) > MAX_SENTENCE or not scope.sentence.isprintable():
        raise BadClaimScope(f"a scope needs a sentence that people read, of at most {MAX_SENTENCE} characters")


def defect(name: str) -> str:
    """Return why a claim cannot be a custom one, or nothing."""
    if name in PROTOCOL_CLAIMS:
        return f"the claim {name} is said by the protocol alone"
    if name in _STANDARD:
        return f"the claim {name} is a standard one: its scope is OpenID's"
    if not _NAME.fullmatch(name) or name.endswith(":") or name.startswith("address."):
        return "a claim is named with up to 100 visible ASCII characters, without quotes, backslashes, = and #"
    return ""


class ClaimScopes:
    """The scopes that release claims of people, with what is whose worked out once.

    `of_scope` are all of them with their claims, `custom` those of the operator, `about_people` all scopes that no API
    can own, those that release nothing included. `claims` are all that can be released.
    """

    __slots__ = ("about_people", "claims", "custom", "of_scope")

    def __init__(self, custom: Iterable[ClaimScope] = ()) -> None:
        self.custom = {scope.name: scope for scope in custom}
        self.of_scope = {name: scope.claims for name, scope in self.custom.items()} | dict(CLAIMS_OF_SCOPE)
        self.about_people = OPENID_SCOPES.union(self.custom)
        self.claims = frozenset(name for names in self.of_scope.values() for name in names)

    def claims_behind(self, scope: Iterable[str]) -> frozenset[str]:
        """Return the claims that scopes stand for."""
        return frozenset(name for value in scope for name in self.of_scope.get(value, ()))

    def scopes_behind(self, wanted: Iterable[str]) -> frozenset[str]:
        """Return the scopes whose claims are asked for singly: what consent must name in plain words."""
        return frozenset(scope for scope, names in self.of_scope.items() if not set(names).isdisjoint(wanted))

    def supported(self) -> tuple[str, ...]:
        """Return the claims the metadata names."""
        standard = (name for names in CLAIMS_OF_SCOPE.values() for name in names)
        return (*SAID_BY_THE_PROTOCOL, *standard, *sorted(self.claims - _STANDARD))


STANDARD = ClaimScopes()
"""What is released where no operator added anything."""
