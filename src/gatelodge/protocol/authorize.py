"""The authorization request: to whom it may be answered, and what it asks for (RFC 6749 4.1.1, OIDC Core 3.1.2.1)."""

from dataclasses import dataclass
from typing import Any

from gatelodge.protocol import base64url, pkce, rules
from gatelodge.protocol.access_request import NOBODY, AccessRequest
from gatelodge.protocol.authorize_params import (
    read_login_hint,
    read_max_age,
    read_nonce,
    read_prompt,
    read_ui_locales,
    read_words,
)
from gatelodge.protocol.claims_request import ClaimsRequest, read_claims
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import read_jkt
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.redirect_uri import is_registered
from gatelodge.protocol.response_type import Legacy, ResponseMode, canonical, enabled, is_as_asked, usable_mode
from gatelodge.protocol.scope import parse_scope
from gatelodge.protocol.strict_json import read_object
from gatelodge.protocol.targets import Apis, WantedAccess, single, understand

MAX_OBJECT = 16_384  # bytes of a request object that is looked into


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the answer to an authorization request goes, proven to be the client's own.

    Made only by `find_recipient`: holding one is the proof that a redirect is safe.

    `redirect_uri` is the one to answer to, `state` goes back byte for byte, `issuer` says who answers (RFC 9207).
    """

    client: Client
    redirect_uri: str
    response_mode: ResponseMode
    state: str | None
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest(AccessRequest):
    """An authorization request that was understood. Made only by `validate`.

    `redirect_uri` is as sent, `None` if it was left out. `response_type` is the sorted, space-joined set. `request_uri`
    is the name of a request that was pushed, which its answer spends. `dpop_jkt` names the key that whoever redeems the
    code must have.
    """

    client_id: str
    redirect_uri: str | None
    response_type: str
    response_mode: ResponseMode
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    request_uri: str | None = None
    dpop_jkt: str | None = None


def read_client_id(params: Params) -> str:
    """Return who asks. Raises `UnsafeRequest` if that is missing or said twice."""
    if "client_id" in params.repeated:
        raise _unsafe(rules.REDIRECT_ONCE)
    client_id = params.get("client_id")
    if client_id is None:
        raise _unsafe(rules.CLIENT_KNOWN)
    return client_id


def find_recipient(params: Params, client: Client | None, issuer: str) -> Recipient:
    """Return where to answer. `client` is the one that `read_client_id` names, `None` if there is none.

    Before this returns, nothing may be redirected (RFC 6749 4.1.2.1). Raises `UnsafeRequest`, the same whether the
    client is unknown or disabled or the redirect URI is not one of its own: a stranger learns nothing about clients.
    """
    client_id = read_client_id(params)
    if client is None or client.id != client_id or not client.enabled:
        raise _unsafe(rules.CLIENT_KNOWN)
    redirect_uri = _redirect_uri(params, client)
    response_mode = usable_mode(_asked_mode(params), _lone(params, "response_type") or "code")
    return Recipient(client, redirect_uri, response_mode, _lone(params, "state"), issuer)


def validate(
    params: Params, recipient: Recipient, apis: Apis, legacy: Legacy, hinted_sub: str | None = None
) -> AuthorizationRequest:
    """Return what is asked for. `hinted_sub` is the subject of an `id_token_hint` that was verified.

    Raises `OAuthError`, which may travel to `recipient`.
    """
    params.refuse_repeated()
    if "registration" in params:
        raise OAuthError("registration_not_supported", "registration is not supported", rules.REGISTRATION_SENT)
    client = recipient.client
    response_type = _response_type(params, client, legacy)
    _check_response_mode(params, recipient)
    wanted = _wanted(params, recipient, response_type, apis)
    claims = read_claims(params.get("claims"))
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=params.get("redirect_uri"),
        response_type=response_type,
        response_mode=recipient.response_mode,
        scope=wanted.scope,
        resource=tuple(api.identifier for api in wanted.apis),
        permissions=wanted.permissions,
        state=recipient.state,
        nonce=read_nonce(params, response_type),
        code_challenge=pkce.read_challenge(params, client) if _has_code(response_type) else None,
        request_uri=params.get("request_uri"),
        dpop_jkt=read_jkt(params),
        prompt=read_prompt(params),
        max_age=read_max_age(params),
        login_hint=read_login_hint(params),
        hinted_sub=_hinted_sub(hinted_sub, claims),
        acr_values=read_words(params, "acr_values") + claims.acr_values,
        essential_acr=claims.essential_acr,
        ui_locales=read_ui_locales(params),
        claims_userinfo=_tellable(claims.userinfo, client, apis),
        claims_id_token=_tellable(claims.id_token, client, apis),
        claim_scopes=apis.claim_scopes,
    )


def _unsafe(rule: rules.Rule) -> UnsafeRequest:
    return UnsafeRequest("client_id or redirect_uri is missing or not known here", rule)


def _redirect_uri(params: Params, client: Client) -> str:
    if "redirect_uri" in params.repeated:
        raise _unsafe(rules.REDIRECT_ONCE)
    sent = params.get("redirect_uri")
    if sent is None:
        return _only_redirect_uri(params, client)
    if not is_registered(sent, client):
        raise _unsafe(rules.REDIRECT_EXACT)
    return sent


def _only_redirect_uri(params: Params, client: Client) -> str:
    with_openid = any("openid" in scope.split(" ") for scope in params.all("scope"))
    match client.redirect_uris:
        case (only,) if not with_openid:
            return only
        case _:
            raise _unsafe(rules.REDIRECT_REQUIRED)


def _lone(params: Params, name: str) -> str | None:
    """Return a value that is said once: of two, neither can be trusted to be the one that was meant."""
    return None if name in params.repeated else params.get(name)


def _asked_mode(params: Params) -> str | None:
    """Return the way the client listens. Also a signed request that is refused tells it: nothing else is read of it,
    and the mode is as safe to be chosen by whoever sends the request as it is outside."""
    outside, sent = _lone(params, "response_mode"), _lone(params, "request")
    if outside is not None or sent is None:
        return outside
    try:
        _, payload, _ = sent.split(".")
        inside: Any = read_object(base64url.decoded(payload.encode()), MAX_OBJECT).get("response_mode")
    except ValueError:
        return None
    return inside if isinstance(inside, str) else None


def _response_type(params: Params, client: Client, legacy: Legacy) -> str:
    known = canonical(params.need("response_type"))
    if known is None:
        raise OAuthError("unsupported_response_type", "response_type is not known", rules.RESPONSE_TYPE)
    if known not in enabled(legacy):
        raise OAuthError("unsupported_response_type", "response_type is switched off", rules.RESPONSE_TYPE_ON)
    without_grant = _has_code(known) and "authorization_code" not in client.grants
    if known not in client.response_types or without_grant:
        raise OAuthError(
            "unauthorized_client", "response_type is not registered for this client", rules.RESPONSE_TYPE_ALLOWED
        )
    return known


def _check_response_mode(params: Params, recipient: Recipient) -> None:
    """Refuse a mode that `find_recipient` could not use."""
    asked = params.get("response_mode")
    if is_as_asked(recipient.response_mode, asked):
        return
    if asked in ("query", "query.jwt"):
        raise OAuthError("invalid_request", "response_mode query can not carry tokens", rules.NO_TOKEN_IN_QUERY)
    raise OAuthError("invalid_request", "response_mode is not known", rules.RESPONSE_MODE)


def _wanted(params: Params, recipient: Recipient, response_type: str, apis: Apis) -> WantedAccess:
    client = recipient.client
    wanted = understand(_scope(params, client, response_type), params.all("resource"), apis, client.scopes)
    if not wanted.scope:
        raise OAuthError("invalid_scope", "scope is missing or comes to nothing", rules.SCOPE_REQUIRED)
    if "id_token" in response_type and "openid" not in wanted.scope:
        raise OAuthError("invalid_request", "scope openid is missing", rules.OPENID_REQUIRED)
    if "token" in response_type.split():
        single(
            wanted.apis, wanted.scope, recipient.issuer
        )  # one comes back at once, so there is nothing left to choose
    return wanted


def _scope(params: Params, client: Client, response_type: str) -> tuple[str, ...] | None:
    """Return the scopes, without `offline_access` where no refresh token can come of it (OIDC Core 11)."""
    sent = params.get("scope")
    if sent is None:
        return None
    scope = parse_scope(sent)
    offline = _has_code(response_type) and "refresh_token" in client.grants
    return scope if offline else tuple(name for name in scope if name != "offline_access")


def _has_code(response_type: str) -> bool:
    return "code" in response_type


def _hinted_sub(hinted_sub: str | None, claims: ClaimsRequest) -> str | None:
    if hinted_sub == NOBODY:
        return claims.sub or NOBODY
    if None not in (hinted_sub, claims.sub) and hinted_sub != claims.sub:
        raise OAuthError("invalid_request", "id_token_hint and claims name different people", rules.HINT_SUBJECT)
    return hinted_sub or claims.sub


def _tellable(names: tuple[str, ...], client: Client, apis: Apis) -> tuple[str, ...]:
    """Return the claims that belong to a scope the client may have: asking singly must not reach further."""
    if not names:
        return ()
    reach = apis.claim_scopes.claims_behind(client.scopes)
    return tuple(name for name in names if name in reach)
