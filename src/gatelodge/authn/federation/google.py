"""Google, and organizations with Google Workspace.

Google speaks for addresses of its own and for those of an organization it names (`hd`); of any other it knows what
somebody typed once. Whose organization may come is judged in the token; what is asked only shapes the chooser.
"""

from dataclasses import replace

from gatelodge.authn.federation import oidc
from gatelodge.authn.federation.contract import Errand, ProviderKind, ProviderUnusable, UpstreamFailed
from gatelodge.authn.federation.openid import Claims, Dialect, OpenIdUpstream
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person
from gatelodge.client.sending.http import AsyncSend
from gatelodge.protocol import rules
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity, address_of, is_of_domain

GOOGLE = "https://accounts.google.com"
_OWN = ("gmail.com",)


def settled(provider: Provider) -> Provider:
    """Return the same with its issuer."""
    return replace(provider, issuer=provider.issuer or GOOGLE)


async def discover(send: AsyncSend, provider: Provider) -> ServerMetadata:
    """Fetch the metadata. Raises `OAuthClientError`."""
    return await oidc.discover(send, settled(provider))


def issuer_of(provider: Provider, claims: Claims) -> str:
    """Return the issuer, which Google may write without its scheme (OpenID Connect Core 15.6.2)."""
    issuer = settled(provider).issuer
    bare = issuer.partition("://")[2]
    return bare if claims.get("iss") == bare else issuer


def wanted(provider: Provider, errand: Errand) -> Wanted:
    """Return what is asked for. Google asks for no fresh proof and gives refresh tokens in a way of its own."""
    offline = {"access_type": "offline"} if provider.keep_tokens else {}
    hosted = {"hd": provider.domains[0] if len(provider.domains) == 1 else "*"} if provider.domains else {}
    return Wanted(
        scope=tuple(dict.fromkeys((*oidc.SCOPES, *provider.scopes))),
        prompt="consent select_account" if provider.keep_tokens else "select_account",
        login_hint=errand.login_hint or None,
        extra={**offline, **hosted},
    )


def identity(provider: Provider, person: Person, _answer: Params) -> UpstreamIdentity:
    """Return who came. Raises `UpstreamFailed` if they are of no organization that is let in."""
    claims, hosted = person.claims, person.claims.get("hd")
    if provider.domains and hosted not in provider.domains:
        raise UpstreamFailed("not_welcome", "hd is none of the domains that are let in", rules.UPSTREAM_TENANT)
    address = address_of(claims.get("email"))
    speaks_for = is_of_domain(address, _OWN) or (isinstance(hosted, str) and hosted != "")
    is_proved = provider.trusts_address and claims.get("email_verified") is True and speaks_for
    found = oidc.identity_of(provider, person, is_proved=is_proved)
    return replace(found, issuer=settled(provider).issuer)


def check(provider: Provider, secret: str) -> None:
    """Judge what is configured. Raises `ProviderUnusable`."""
    oidc.check_issuer(settled(provider))
    if provider.tenants:
        raise ProviderUnusable("tenants are Entra ID's: for an organization with Google Workspace say --domain")
    if not secret or provider.key_id:
        raise ProviderUnusable("Google wants a client secret")


DIALECT = Dialect(discover=discover, issuer_of=issuer_of, wanted=wanted, auth=oidc.auth, identity=identity)
KIND = ProviderKind(
    name="google",
    label="Google",
    trusts_address=True,
    check=check,
    open=lambda provider, secret, line: OpenIdUpstream(DIALECT, provider, secret, line),
)
