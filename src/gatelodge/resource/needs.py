"""What an endpoint demands of its caller: scopes, and a sign-in that is strong and recent enough (RFC 9470)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.protocol import rules
from gatelodge.protocol.dpop import SCHEME
from gatelodge.protocol.jose import LEEWAY
from gatelodge.protocol.scope import is_scope
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import Refused


@dataclass(frozen=True, slots=True)
class Needs:
    """What a token must have: every one of `scopes`, one of `acr_values`, a sign-in at most `max_age` seconds ago."""

    scopes: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None


NOTHING = Needs()  # any valid token will do


def needs(*scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None) -> Needs:
    """Return what an endpoint demands. Texts may hold several values with spaces between, as on the wire.

    Raises `ValueError` for what is no scope, and for a `max_age` of less than a second, which nobody could meet.
    """
    wanted = tuple(dict.fromkeys(_split(scopes)))
    if not all(map(is_scope, wanted)):
        raise ValueError("a scope is made of printable ASCII without quotes and backslashes (RFC 6749 3.3)")
    if max_age is not None and max_age < 1:
        raise ValueError("max_age is a number of seconds, at least 1")
    return Needs(wanted, tuple(_split([acr_values] if isinstance(acr_values, str) else acr_values)), max_age)


def check(principal: Principal, needs: Needs, now: int) -> None:
    """Let a caller pass who has what is needed. Raises `Refused`."""
    scheme = "Bearer" if principal.jkt is None else SCHEME
    if principal.lacks(needs.scopes):
        said = "the access token lacks a scope that is needed here"
        raise Refused("insufficient_scope", said, rules.TOKEN_SCOPE, scheme=scheme)
    if needs.acr_values and principal.claims.get("acr") not in needs.acr_values:
        raise _step_up("a stronger sign-in is needed here", scheme)
    if needs.max_age is not None and not _is_recent(principal.claims.get("auth_time"), needs.max_age, now):
        raise _step_up("a more recent sign-in is needed here", scheme)


def _step_up(description: str, scheme: str) -> Refused:
    return Refused("insufficient_user_authentication", description, rules.TOKEN_SIGN_IN, scheme=scheme)


def _is_recent(auth_time: object, max_age: int, now: int) -> bool:
    """A token that does not say when is not recent; a machine never signed in."""
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
        return False
    return -LEEWAY <= now - auth_time <= max_age


def _split(texts: Sequence[str]) -> list[str]:
    return " ".join(texts).split()
