"""An answer that the server signed: one value in which everything stands (JARM)."""

from collections.abc import Mapping
from typing import Any

from gatelodge.client.errors import CallbackCause, CallbackRejected
from gatelodge.protocol import jose, rules
from gatelodge.protocol.jose import ASYMMETRIC, BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource
from gatelodge.protocol.params import Params

NAME = "response"
MAX_AHEAD = 3_600  # seconds `exp` may lie ahead; ten minutes are usual

_TYPES = frozenset({"", "jwt"})  # it has none of its own
_ABOUT_ITSELF = frozenset({"aud", "exp", "iat", "nbf", "jti"})
_CAUSES: Mapping[rules.Rule, CallbackCause] = {
    rules.JWT_ISS: "issuer_mismatch",
    rules.JWT_AUD: "client_mismatch",
    rules.JWT_EXP: "expired",
}


def is_signed_mode(mode: str | None) -> bool:
    """Whether an answer in this response mode is signed."""
    return mode is not None and (mode == "jwt" or mode.endswith(".jwt"))


def signed_mode(mode: str | None) -> str:
    """Return the response mode that is this one, signed."""
    if mode is None:
        return "jwt"
    return mode if is_signed_mode(mode) else f"{mode}.jwt"


def read_answer_header(value: str) -> TokenParts:
    """Return the unproven parts of a signed answer, to find the key with. Raises `CallbackRejected`."""
    try:
        parts = jose.take_apart(value)
    except BadToken as error:
        raise _rejected(error.rule) from None
    if parts.header.get("alg") not in ASYMMETRIC:
        raise _rejected(rules.JWT_ALG)
    return parts


def read_signed_answer(value: str, keys: KeySource, issuer: str, client_id: str, now: int) -> Params:
    """Return what a signed answer says, if this server made it for this client (2.4). Raises `CallbackRejected`."""
    expected = Expected(issuer=issuer, audience=client_id, types=_TYPES, max_ahead=MAX_AHEAD, whole_seconds=False)
    try:
        claims = jose.read(value, keys, expected, now)
    except BadToken as error:
        raise _rejected(error.rule) from None
    return _params(claims)


def unproven_state(value: str) -> str | None:
    """Return the state that a signed answer says, to find the sign-in with; whether it is true is judged afterwards."""
    state: Any = read_answer_header(value).claims.get("state")
    return state if isinstance(state, str) and state else None


def _params(claims: Mapping[str, Any]) -> Params:
    told = [(name, value) for name, value in claims.items() if name not in _ABOUT_ITSELF and isinstance(value, str)]
    return Params.of(told)


def _rejected(rule: rules.Rule) -> CallbackRejected:
    return CallbackRejected(_CAUSES.get(rule, "signature_invalid"), f"the signed answer is refused: {rule.sentence}")
