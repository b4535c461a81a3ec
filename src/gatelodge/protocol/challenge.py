"""What a 401 or 403 asks for: exact `WWW-Authenticate` values (RFC 6750 3, RFC 7617 2, RFC 9728 5.1)."""

from collections.abc import Iterable

from gatelodge.protocol import rules
from gatelodge.protocol.dpop import ALGORITHMS, SCHEME
from gatelodge.protocol.errors import ErrorCode, OAuthError
from gatelodge.protocol.reply import NO_STORE, Reply, json_reply

REALM = "gatelodge"

_STATUS: dict[str, int] = {
    "invalid_request": 400,
    "invalid_token": 401,
    "invalid_dpop_proof": 401,
    "use_dpop_nonce": 401,
    "insufficient_user_authentication": 401,
    "insufficient_scope": 403,
}


def basic() -> str:
    """Return the challenge of a client that may use its id and secret."""
    return f'Basic realm="{REALM}", charset="UTF-8"'


def bearer(
    error: ErrorCode | None = None,
    description: str = "",
    scope: tuple[str, ...] = (),
    resource_metadata: str = "",
    max_age: int | None = None,
    acr_values: str = "",
    scheme: str = "Bearer",
) -> str:
    """Return the challenge of a protected resource; without `error` the request carried no token at all (3.1).

    `max_age` is how old the sign-in behind the token may be, in seconds, `acr_values` what it must reach (RFC 9470 3).
    With the `scheme` DPoP it says which algorithms a proof may be signed with (RFC 9449 7.1).
    """
    parameters = (
        ("realm", REALM),
        ("error", error or ""),
        ("error_description", description if error else ""),
        ("scope", " ".join(scope)),
        ("resource_metadata", resource_metadata),
        ("max_age", "" if max_age is None else str(max_age)),
        ("acr_values", acr_values),
        ("algs", " ".join(ALGORITHMS) if scheme == SCHEME else ""),
    )
    return challenge(scheme, parameters)


def dpop() -> str:
    """Return the challenge that says no more than that DPoP is understood, and with which algorithms."""
    return challenge(SCHEME, (("algs", " ".join(ALGORITHMS)),))


def challenge(scheme: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return a challenge with those parameters that have a value, each in quotes that it cannot end."""
    return f"{scheme} " + ", ".join(f'{name}="{_quotable(value)}"' for name, value in parameters if value)


def bearer_reply(
    error: OAuthError | None = None,
    scope: tuple[str, ...] = (),
    *,
    max_age: int | None = None,
    acr_values: str = "",
    scheme: str = "Bearer",
) -> Reply:
    """Refuse a request for a protected resource: 400, 401 or 403, with the challenge and the same in the body.

    The challenge is of the `scheme` that was used; who used none, or Bearer for a token that is none, is told of both.
    """
    if error is None:
        return Reply(401, (("www-authenticate", f"{bearer(scope=scope)}, {dpop()}"), *NO_STORE))
    asked = bearer(error.code, error.description, scope, max_age=max_age, acr_values=acr_values, scheme=scheme)
    if error.rule is rules.TOKEN_UNBOUND:
        asked += f", {dpop()}"
    reply = json_reply({"error": error.code, "error_description": error.description}, _STATUS.get(error.code, 400))
    return reply.with_headers(("www-authenticate", asked), *error.headers)


def _quotable(value: str) -> str:
    """Keep the characters RFC 6750 3 allows in a parameter, so none can end the quotes or the header."""
    return "".join(char if " " <= char <= "~" and char not in '"\\' else "?" for char in value)
