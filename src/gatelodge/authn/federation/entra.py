"""Microsoft Entra ID, of one tenant or of many.

One tenant is an issuer like any. `common`, `organizations` and `consumers` are none: their metadata says the literal
`{tenantid}`, and each token is of the issuer of its tenant, which is believed only if the operator lets that one in.
What a directory says of an address may be set by whoever administers it, so it is believed only where Microsoft says
that the owner of its domain was verified (`xms_edov`), or the operator says so of the domain.
"""

import re
from dataclasses import replace

from gatelodge.authn.federation import oidc
from gatelodge.authn.federation.contract import Errand, ProviderKind, ProviderUnusable, UpstreamFailed
from gatelodge.authn.federation.openid import Claims, Dialect, OpenIdUpstream
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.discovery import ServerMetadata, discovery_request, read_discovery_response
from gatelodge.client.messages.id_token import Person
from gatelodge.client.sending.http import AsyncSend
from gatelodge.protocol import rules
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity, address_of, is_of_domain

MICROSOFT = "https://login.microsoftonline.com"
ANY = "any"
MANY = ("common", "organizations", "consumers")
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of personal accounts

_TENANT = "{tenantid}"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def tenants_of(provider: Provider) -> tuple[str, ...]:
    """Return whose people may come: tenants by id, `any`, or personal accounts (`consumers`)."""
    return tuple(PERSONAL if tenant == "consumers" else tenant for tenant in provider.tenants)


def authority(provider: Provider) -> str:
    """Return the issuer that is asked for its metadata: the tenant's own, or the one of many."""
    tenants = tenants_of(provider)
    if tenants == (ANY,):
        where = "common"
    elif len(tenants) == 1:
        where = tenants[0]
    else:
        where = "common" if PERSONAL in tenants else "organizations"
    return f"{provider.issuer or MICROSOFT}/{where}/v2.0"


def issuer_of(provider: Provider, claims: Claims) -> str:
    """Return the issuer of the tenant a token claims to be of. Raises `UpstreamFailed` if it is not let in."""
    tenant, allowed = claims.get("tid"), tenants_of(provider)
    if not isinstance(tenant, str) or not _ID.fullmatch(tenant):
        raise UpstreamFailed("rejected", "tid is no tenant", rules.UPSTREAM_TENANT)
    if allowed != (ANY,) and tenant not in allowed:
        raise UpstreamFailed("not_welcome", "the tenant is none of those that are let in", rules.UPSTREAM_TENANT)
    return _issuer(provider, tenant)


async def discover(send: AsyncSend, provider: Provider) -> ServerMetadata:
    """Fetch the metadata, under whatever name this authority says of itself. Raises `OAuthClientError`."""
    asked = authority(provider)
    said = asked if len(tenants_of(provider)) == 1 and ANY not in provider.tenants else _issuer(provider, _TENANT)
    response = await send(discovery_request(asked))
    metadata = read_discovery_response(said, response, allow_private=provider.allow_private)
    return replace(metadata, issuer=asked)


def wanted(provider: Provider, errand: Errand) -> Wanted:
    """Return what is asked for; a second account is chosen from those there, and nobody says when they signed in."""
    return Wanted(
        scope=oidc.scopes_of(provider),
        prompt="login" if errand.fresh else "select_account",
        login_hint=errand.login_hint or None,
        ui_locales=errand.ui_locales or None,
    )


def identity(provider: Provider, person: Person, _answer: Params) -> UpstreamIdentity:
    """Return who came. The key is `sub`; `oid` and `tid` are kept, by which directories are told of people."""
    claims = person.claims
    address, tenant = address_of(claims.get("email")), str(claims.get("tid"))
    said = claims.get("xms_edov") in (True, 1, "1", "true")
    domains = {domain.rpartition("/")[2] for domain in provider.domains if domain.startswith(f"{tenant}/")}
    kept = {name: str(claims[name]) for name in ("oid", "tid") if name in claims}
    is_proved = provider.trusts_address and (said or is_of_domain(address, domains))
    return oidc.identity_of(provider, person, is_proved=is_proved, kept=kept)


def key_issuer(said: str, claims: Claims) -> str:
    """Return for which issuer a key signs: for the one it names, or for that of any tenant."""
    return said.replace(_TENANT, str(claims.get("tid")))


def check(provider: Provider, secret: str) -> None:
    """Judge what is configured. Raises `ProviderUnusable`."""
    if not provider.tenants:
        raise ProviderUnusable("say whose people may come: --tenant ID, once for each; --tenant any is everybody")
    for tenant in tenants_of(provider):
        if tenant != ANY and not _ID.fullmatch(tenant):
            raise ProviderUnusable("a tenant is named by its id, such as 8d7f0c2e-...: the Entra admin center shows it")
    if ANY in provider.tenants and len(provider.tenants) > 1:
        raise ProviderUnusable("--tenant any is everybody: no other tenant goes with it")
    for domain in provider.domains:
        if domain.partition("/")[0] not in tenants_of(provider) and ANY not in provider.tenants:
            raise ProviderUnusable("a domain is believed of one tenant: --domain TENANT-ID/example.com")
    if not secret or provider.key_id:
        raise ProviderUnusable("Entra ID wants a client secret")


def _issuer(provider: Provider, tenant: str) -> str:
    return f"{provider.issuer or MICROSOFT}/{tenant}/v2.0"


DIALECT = Dialect(
    discover=discover,
    issuer_of=issuer_of,
    wanted=wanted,
    auth=oidc.auth,
    identity=identity,
    key_issuer=key_issuer,
)
KIND = ProviderKind(
    name="entra",
    label="Microsoft",
    trusts_address=True,
    check=check,
    open=lambda provider, secret, line: OpenIdUpstream(DIALECT, provider, secret, line),
)
