"""What the server says about itself, built from what is mounted (OpenID Connect Discovery 1.0 3, RFC 8414 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatelodge.protocol.assertion import ALGORITHMS as ASSERTION_ALGORITHMS
from gatelodge.protocol.dpop import ALGORITHMS as DPOP_ALGORITHMS
from gatelodge.protocol.languages import LANGUAGES
from gatelodge.protocol.request_object import ALGORITHMS as REQUEST_ALGORITHMS

# The order matters to clients that take the first they know.
_METHOD_ORDER = ("client_secret_basic", "client_secret_post", "private_key_jwt", "workload_jwt", "none")
_RESPONSE_TYPE_ORDER = ("code", "id_token", "token", "id_token token", "code id_token", "code token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """What this server serves.

    `endpoints` maps a metadata member such as `token_endpoint` to its path below the issuer. `auth_methods` are those
    of the token endpoint; introspection has the same but `none`. `response_types` are space-joined sets.
    """

    issuer: str
    endpoints: Mapping[str, str]
    grants: tuple[str, ...]
    response_types: tuple[str, ...]
    response_modes: tuple[str, ...]
    auth_methods: tuple[str, ...]
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    id_token_algorithms: tuple[str, ...] = ("RS256", "ES256")
    answer_algorithms: tuple[str, ...] = ("RS256", "ES256")
    acr_values: tuple[str, ...] = ()
    require_pushed: bool = False
    prompts: tuple[str, ...] = ("none", "login", "consent", "select_account")
    ui_locales: tuple[str, ...] = tuple(LANGUAGES)


def describe(mounted: Mounted) -> dict[str, Any]:
    """Return the metadata document; the same one answers at every well-known address."""
    document: dict[str, Any] = {"issuer": mounted.issuer}
    document |= {member: mounted.issuer + path for member, path in mounted.endpoints.items()}
    document |= _authorization(mounted) | _client_authentication(mounted) | _openid(mounted) | _logout(mounted)
    return {member: value for member, value in document.items() if value != []}


def _authorization(mounted: Mounted) -> dict[str, Any]:
    return {
        "response_types_supported": _ordered(mounted.response_types, _RESPONSE_TYPE_ORDER),
        "response_modes_supported": list(mounted.response_modes),
        "grant_types_supported": list(mounted.grants),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": mounted.require_pushed,
        "authorization_signing_alg_values_supported": list(mounted.answer_algorithms),
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "scopes_supported": list(mounted.scopes),
        "prompt_values_supported": list(mounted.prompts),
        "ui_locales_supported": list(mounted.ui_locales),
    }


def _client_authentication(mounted: Mounted) -> dict[str, Any]:
    """A public client may redeem and revoke what is its own, and learn nothing by introspection (RFC 7662 2.1)."""
    methods = _ordered(mounted.auth_methods, _METHOD_ORDER)
    described: dict[str, Any] = {}
    for endpoint in ("token", "revocation", "introspection"):
        if f"{endpoint}_endpoint" not in mounted.endpoints:
            continue
        served = [name for name in methods if name != "none"] if endpoint == "introspection" else methods
        described[f"{endpoint}_endpoint_auth_methods_supported"] = served
        if "private_key_jwt" in served:
            described[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = sorted(ASSERTION_ALGORITHMS)
    return described


def _openid(mounted: Mounted) -> dict[str, Any]:
    return {
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(mounted.id_token_algorithms),
        "claim_types_supported": ["normal"],
        "claims_supported": list(mounted.claims),
        "claims_parameter_supported": True,
        "acr_values_supported": list(mounted.acr_values),
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": sorted(REQUEST_ALGORITHMS),
        "request_uri_parameter_supported": False,
    }


def _logout(mounted: Mounted) -> dict[str, Any]:
    """Return how clients hear that a session is over (Back-Channel Logout 1.0 2.1, Front-Channel Logout 1.0 3)."""
    if "end_session_endpoint" not in mounted.endpoints:
        return {}
    channels = ("backchannel", "frontchannel")
    return {f"{one}_logout{what}_supported": True for one in channels for what in ("", "_session")}


def _ordered(values: tuple[str, ...], order: tuple[str, ...]) -> list[str]:
    """Sort the known ones as `order` says, the others after them."""
    return sorted(values, key=lambda value: (order.index(value) if value in order else len(order), value))
