"""What a client's registration must be: judged on the whole of it, as it would be (RFC 7591 2, security rule 5).

The same for a client that is added, changed or imported, whoever does it.
"""

import re
from collections.abc import Callable, Collection

from gatelodge.protocol import redirect_uri, rules, token_exchange
from gatelodge.protocol.claim_scopes import STANDARD, ClaimScopes
from gatelodge.protocol.client import Client
from gatelodge.protocol.device import GRANT_TYPE
from gatelodge.protocol.errors import ErrorCode, OAuthError
from gatelodge.protocol.jwks import BadKeys, read_jwks
from gatelodge.protocol.response_type import HYBRID, IMPLICIT, Legacy, canonical, enabled
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.scope import MAX_SCOPES, is_scope
from gatelodge.protocol.subjects import sector_of
from gatelodge.protocol.workload import GRANT_TYPE as BRINGS_WORKLOADS
from gatelodge.protocol.workload import MAX_WORKLOADS, read_pattern

MAX_URIS = 50
MAX_NAME = 200  # characters

# Names no grant of the token endpoint; RFC 7591 2.1 lists it beside response types that need none.
IMPLICIT_GRANT = "implicit"

_NEED_A_PERSON = frozenset({"authorization_code", IMPLICIT_GRANT, "refresh_token", GRANT_TYPE})

_ID = re.compile(r"[\x21-\x7E]{1,200}")


def check(client: Client, legacy: Legacy, grants: Collection[str], claim_scopes: ClaimScopes = STANDARD) -> None:
    """Check a client as it would be registered. `grants` are the grant types the token endpoint has.

    `claim_scopes` says which claims of people can be released here.

    Raises `OAuthError` (invalid_redirect_uri or invalid_client_metadata); its description names the member.
    """
    _check_names(client)
    _check_redirect_uris(client)
    _check_urls(client)
    _check_logout(client)
    _check_sector(client)
    _check_grants(client, legacy, grants)
    _check_response_types(client, legacy)
    _check_binding(client)
    _check_authentication(client)
    _check_scopes(client)
    _check_claims(client, claim_scopes)
    _check_trust(client)
    _check_exchange(client)


def _check_names(client: Client) -> None:
    if not _ID.fullmatch(client.id):
        raise _inconsistent("client_id must be 1 to 200 visible ASCII characters")
    if not client.name.strip() or len(client.name) > MAX_NAME or not client.name.isprintable():
        raise _inconsistent("client_name must be 1 to 200 printable characters")


def _check_redirect_uris(client: Client) -> None:
    if client.custom_schemes and client.type != "native":
        raise _inconsistent("custom_schemes are for native clients: only they are programs on a person's machine")
    if not all(map(redirect_uri.is_custom_scheme, client.custom_schemes)):
        said = "custom_schemes names one that is malformed, or that no application may have"
        raise _refusal("invalid_client_metadata", said, rules.REDIRECT_SCHEME)
    for member, uris in (
        ("redirect_uris", client.redirect_uris),
        ("post_logout_redirect_uris", client.post_logout_redirect_uris),
    ):
        _check_each(member, uris, lambda uri: redirect_uri.defect(uri, client.type, client.custom_schemes))
    if client.response_types and not client.redirect_uris:
        raise _refusal("invalid_redirect_uri", "redirect_uris is missing", rules.REGISTRATION)
    if client.type == "service" and (client.redirect_uris or client.response_types):
        raise _inconsistent("a service has no redirect_uris and no response_types: no person is there")


def _check_each(member: str, uris: tuple[str, ...], defect: Callable[[str], Rule | None]) -> None:
    if len(uris) > MAX_URIS or len(set(uris)) != len(uris):
        raise _refusal("invalid_redirect_uri", f"{member} has too many or the same twice", rules.REGISTRATION)
    for broken in filter(None, map(defect, uris)):
        raise _refusal("invalid_redirect_uri", f"{member}: {broken.sentence}", broken)


def _check_urls(client: Client) -> None:
    """What is shown to people as a link, framed or fetched, is https, or http on loopback."""
    urls = {
        "client_uri": client.client_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "logo_uri": client.logo_uri,
        "jwks_uri": client.jwks_uri,
        "sector_identifier_uri": client.sector_identifier_uri,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "frontchannel_logout_uri": client.frontchannel_logout_uri,
    }
    for member, url in urls.items():
        if url is not None and redirect_uri.url_defect(url):
            raise _refusal("invalid_client_metadata", f"{member} must be an https URL", rules.REGISTRATION_URL)


def _check_logout(client: Client) -> None:
    """Who is told that a session is over had one; what is framed on our page is the client's own site."""
    told = client.backchannel_logout_uri or client.frontchannel_logout_uri
    if told and client.type == "service":
        raise _inconsistent("a service is told of no sign-out: no person signs in to it")
    uri = client.frontchannel_logout_uri
    if uri and redirect_uri.origin_of(uri) not in set(map(redirect_uri.origin_of, client.redirect_uris)):
        description = "frontchannel_logout_uri must have scheme, host and port of one of redirect_uris"
        raise _refusal("invalid_client_metadata", description, rules.REGISTRATION_FRAME)


def _check_sector(client: Client) -> None:
    """Who is pairwise is of one sector (OpenID Connect Core 8.1)."""
    if client.subject_type == "pairwise" and not sector_of(client):
        said = "subject_type pairwise needs sector_identifier_uri, or redirect_uris of one host"
        raise _refusal("invalid_client_metadata", said, rules.REGISTRATION_SECTOR)


def _check_grants(client: Client, legacy: Legacy, grants: Collection[str]) -> None:
    known = {*grants, IMPLICIT_GRANT}
    if not client.grants or not client.grants.issubset(known):
        raise _inconsistent(f"grant_types must be of those this server has: {', '.join(sorted(known))}")
    if "password" in client.grants and not legacy.password:
        raise _switched_off("grant_types", "password")
    if IMPLICIT_GRANT in client.grants and not legacy.implicit:
        raise _switched_off("grant_types", "implicit")
    if client.type == "service" and client.grants & _NEED_A_PERSON:
        raise _inconsistent("a service has no grant_types that need a person in a browser")
    if client.grants == frozenset({"refresh_token"}):
        raise _inconsistent("grant_types refresh_token needs another that a first token comes from")


def _check_response_types(client: Client, legacy: Legacy) -> None:
    unknown = [known for known in client.response_types if canonical(known) != known]
    if unknown:
        raise _inconsistent("response_types names one this server does not have")
    off = client.response_types - enabled(legacy)
    if off & IMPLICIT:
        raise _switched_off("response_types", "implicit")
    if off & HYBRID:
        raise _switched_off("response_types", "hybrid")
    # One brings a code and the other redeems it: neither is of use alone (RFC 7591 2.1).
    if (client.require_pushed or client.require_signed) and not client.response_types:
        raise _inconsistent("who sends no people here pushes and signs no requests: there are no response_types")
    if any("code" in known.split() for known in client.response_types) != ("authorization_code" in client.grants):
        raise _inconsistent("response_types with code and grant_types with authorization_code go together")


def _check_binding(client: Client) -> None:
    """No proof comes with an authorization request, so what is answered there is bound to no key."""
    if client.dpop_bound and any("token" in known.split() for known in client.response_types):
        raise _inconsistent("dpop_bound_access_tokens leaves no response_types that bring an access token")


def _check_authentication(client: Client) -> None:
    if client.is_public:
        _check_public(client)
    elif client.type == "spa":
        raise _refusal("invalid_client_metadata", "a spa keeps no secret in a browser", rules.REGISTRATION_PUBLIC)
    _check_keys(client)
    _check_workloads(client)


def _check_public(client: Client) -> None:
    if "client_credentials" in client.grants or client.type == "service":
        description = "token_endpoint_auth_method none can not use client_credentials"
        raise _refusal("invalid_client_metadata", description, rules.REGISTRATION_PUBLIC)
    if client.pkce_exempt:
        description = "a public client can not be exempt from PKCE"
        raise _refusal("invalid_client_metadata", description, rules.PKCE_REQUIRED)


def _check_keys(client: Client) -> None:
    """Keys in one place, for a client that signs; public ones only (RFC 7591 2)."""
    sources = [source for source in (client.jwks, client.jwks_uri) if source is not None]
    if (client.require_signed or client.request_object_alg) and not sources:
        description = "who signs requests needs jwks or jwks_uri"
        raise _refusal("invalid_client_metadata", description, rules.REGISTRATION_KEYS)
    if len(sources) > 1 or (client.auth_method == "private_key_jwt" and not sources):
        description = "private_key_jwt needs jwks or jwks_uri, and not both"
        raise _refusal("invalid_client_metadata", description, rules.REGISTRATION_KEYS)
    if client.jwks is not None:
        try:
            read_jwks(client.jwks.encode(errors="replace"))
        except BadKeys as bad:
            raise _refusal("invalid_client_metadata", f"jwks: {bad}", rules.REGISTRATION_KEYS) from None


def _check_workloads(client: Client) -> None:
    """Who is a workload, or brings its word, says which: the name of a trusted issuer, and what it says of it."""
    is_one, brings = client.auth_method == "workload_jwt", BRINGS_WORKLOADS in client.grants
    if (is_one and not client.workloads) or (client.workloads and not (is_one or brings)):
        raise _inconsistent("workload_jwt, or the grant jwt-bearer, and workloads go together")
    if BRINGS_WORKLOADS in client.grants and client.is_public:
        raise _refusal("invalid_client_metadata", "a public client brings no assertion", rules.REGISTRATION_PUBLIC)
    if len(client.workloads) > MAX_WORKLOADS:
        raise _inconsistent("workloads are too many")
    try:
        for said in client.workloads:
            read_pattern(said)
    except ValueError as wrong:
        raise _inconsistent(str(wrong)) from None


def _check_trust(client: Client) -> None:
    """A native client without a secret could be any program, so nothing may spare the person the question."""
    if client.trusted and client.type == "native" and client.is_public:
        raise _inconsistent("a public native client can not be trusted: any program could pose as it (RFC 8252 8.6)")


def _check_scopes(client: Client) -> None:
    if len(client.scopes) > MAX_SCOPES or not all(map(is_scope, client.scopes)):
        raise _refusal("invalid_client_metadata", "scope has too many names or a malformed one", rules.SCOPE_SYNTAX)


def _check_claims(client: Client, claim_scopes: ClaimScopes) -> None:
    if not client.id_token_claims <= claim_scopes.claims:
        raise _inconsistent(
            f"id_token_claims must be of those that the scopes {', '.join(sorted(claim_scopes.of_scope))} stand for"
        )


def _check_exchange(client: Client) -> None:
    """Who exchanges tokens proves who it is, and is told which, for what: the default is nothing."""
    said = client.exchange_subjects or client.exchange_audiences or client.exchange_scopes or client.impersonates
    may = token_exchange.GRANT_TYPE in client.grants
    if said and not may:
        raise _inconsistent("token_exchange members are for clients with the grant token-exchange")
    if may and client.is_public:
        raise _refusal("invalid_client_metadata", "a public client exchanges no tokens", rules.REGISTRATION_PUBLIC)
    if not client.exchange_subjects <= set(token_exchange.KINDS):
        raise _inconsistent(f"token_exchange_subject_types must be of {', '.join(token_exchange.KINDS)}")
    if not client.exchange_scopes <= client.scopes:
        raise _inconsistent("token_exchange_scope must be within scope")


def _inconsistent(description: str) -> OAuthError:
    return _refusal("invalid_client_metadata", description, rules.REGISTRATION)


def _switched_off(member: str, name: str) -> OAuthError:
    description = f"{member} names {name}, which [legacy] does not turn on"
    return _refusal("invalid_client_metadata", description, rules.REGISTRATION_LEGACY)


def _refusal(code: ErrorCode, description: str, rule: Rule) -> OAuthError:
    return OAuthError(code, description, rule)
