"""Response types and modes: what comes back from /authorize, and how (OAuth 2.0 Multiple Response Type Encoding)."""

from collections.abc import Mapping
from typing import Literal, Protocol, get_args

Carrier = Literal["query", "fragment", "form_post"]
ResponseMode = Literal["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt"]
SIGNED = "jwt"  # asked for: the way the response type has by itself, signed (JARM 2.3.4)
MODES: tuple[str, ...] = (*get_args(ResponseMode), SIGNED)

# How each is carried once it is signed.
_SIGNED: Mapping[Carrier, ResponseMode] = {
    "query": "query.jwt",
    "fragment": "fragment.jwt",
    "form_post": "form_post.jwt",
}
_CARRIED: Mapping[str, Carrier] = {signed: carrier for carrier, signed in _SIGNED.items()}

CODE = frozenset({"code"})
IMPLICIT = frozenset({"token", "id_token", "id_token token"})
HYBRID = frozenset({"code id_token", "code token", "code id_token token"})
_KNOWN = CODE | IMPLICIT | HYBRID


class Legacy(Protocol):
    """What is switched on of what OAuth 2.1 removed: the `[legacy]` settings."""

    @property
    def password(self) -> bool: ...
    @property
    def implicit(self) -> bool: ...
    @property
    def hybrid(self) -> bool: ...


def canonical(response_type: str) -> str | None:
    """Return a response type as we write it, sorted; `None` if it is none we know. The order sent says nothing."""
    names = response_type.split(" ")
    known = " ".join(sorted(names))
    return known if known in _KNOWN else None


def enabled(legacy: Legacy) -> frozenset[str]:
    """Return the response types this server answers."""
    with_implicit = CODE | IMPLICIT if legacy.implicit else CODE
    return with_implicit | HYBRID if legacy.hybrid else with_implicit


def carries_tokens(response_type: str) -> bool:
    """Whether tokens are in the answer itself; true of an unknown type that names one, so that errors are safe too."""
    return not {"token", "id_token"}.isdisjoint(response_type.split(" "))


def default_mode(response_type: str) -> Carrier:
    """Return how a response type is answered unless it is asked otherwise (Multiple Response Types 2.1, 3, 5)."""
    return "fragment" if carries_tokens(response_type) else "query"


def usable_mode(asked: str | None, response_type: str) -> ResponseMode:
    """Return the mode to answer in: the one asked for if it exists and is safe for the type, else the type's own."""
    match asked:
        case "fragment" | "form_post" | "fragment.jwt" | "form_post.jwt":
            return asked
        case "jwt" | "query.jwt":
            return _SIGNED[default_mode(response_type)]
        case _:
            return default_mode(response_type)


def is_signed(mode: ResponseMode) -> bool:
    """Whether an answer is one signed value, in which everything stands (JARM 2.3)."""
    return mode in _CARRIED


def carrier_of(mode: ResponseMode) -> Carrier:
    """Return how an answer travels, signed or not."""
    match mode:
        case "query" | "fragment" | "form_post":
            return mode
        case _:
            return _CARRIED[mode]


def is_as_asked(mode: ResponseMode, asked: str | None) -> bool:
    """Whether a mode is the one that was asked for, or that the server was to choose."""
    return asked in (None, mode) or (asked == SIGNED and is_signed(mode))
