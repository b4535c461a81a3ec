"""Any OpenID provider, found by its issuer."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError

from gatelodge.authn.federation.contract import Errand, ProviderKind, ProviderUnusable, UpstreamFailed
from gatelodge.authn.federation.openid import Claims, Dialect, OpenIdUpstream
from gatelodge.client.errors import OAuthClientError
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.discovery import ServerMetadata, discovery_requests, search
from gatelodge.client.messages.id_token import Person
from gatelodge.client.messages.registration import (
    AssertionAlg,
    ClientAuth,
    Moment,
    NoAuth,
    PrivateKeyJwt,
    SecretBasic,
    SecretPost,
)
from gatelodge.client.sending.http import AsyncSend
from gatelodge.client.sending.metadata import found_async
from gatelodge.protocol import rules
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import (
    MAX_SUBJECT,
    Provider,
    UpstreamIdentity,
    address_of,
    is_of_domain,
    level_of,
    text_of,
)

NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
FRESHNESS = 300  # seconds ago at most that who is to prove themselves anew did so there
SCOPES = ("openid", "profile", "email")


async def discover(send: AsyncSend, provider: Provider) -> ServerMetadata:
    """Fetch the metadata of exactly this issuer. Raises `OAuthClientError`."""
    return await found_async(search(provider.issuer, NEEDED, allow_private=provider.allow_private), send)


def wanted(provider: Provider, errand: Errand) -> Wanted:
    """Return what is asked for; who is to prove themselves anew did so lately, and the provider says when.

    A refresh token is given to whom the person lets have one (OpenID Connect Core 11).
    """
    prompts = [*(["login"] if errand.fresh else []), *(["consent"] if provider.keep_tokens else [])]
    return Wanted(
        scope=scopes_of(provider),
        prompt=" ".join(prompts) or None,
        max_age=FRESHNESS if errand.fresh else None,
        login_hint=errand.login_hint or None,
        ui_locales=errand.ui_locales or None,
    )


def scopes_of(provider: Provider) -> tuple[str, ...]:
    """Return what is asked for of a person, each scope once."""
    more = ("offline_access",) if provider.keep_tokens else ()
    return tuple(dict.fromkeys((*SCOPES, *provider.scopes, *more)))


def auth(provider: Provider, secret: str, metadata: ServerMetadata, moment: Moment) -> ClientAuth:
    """Return how we prove who we are: in the header, unless the provider says that it wants the form."""
    if provider.key_id:
        return PrivateKeyJwt.from_pem(secret, provider.key_id, key_algorithm(secret))
    if not secret:
        return NoAuth()
    methods = metadata.token_endpoint_auth_methods_supported
    return SecretPost(secret) if methods and "client_secret_basic" not in methods else SecretBasic(secret)


def key_algorithm(pem: str) -> AssertionAlg:
    """Return what a private key signs with here. Raises `ValueError` if it cannot be read."""
    key = load_pem_private_key(pem.encode(), None)
    return "RS256" if isinstance(key, RSAPrivateKey) else "ES256"


def identity(provider: Provider, person: Person, _answer: Params) -> UpstreamIdentity:
    """Return who came. An address is proved if the provider is believed and says so, as a boolean (ACC-19)."""
    claims, address = person.claims, address_of(person.claims.get("email"))
    is_verified = provider.trusts_address and claims.get("email_verified") is True
    return identity_of(
        provider, person, is_proved=is_verified and (not provider.domains or is_of_domain(address, provider.domains))
    )


def identity_of(
    provider: Provider, person: Person, *, is_proved: bool, kept: dict[str, str] | None = None
) -> UpstreamIdentity:
    """Return who came, with what every OpenID provider says in the same way."""
    claims, address = person.claims, address_of(person.claims.get("email"))
    amr = _words(claims.get("amr"))
    return UpstreamIdentity(
        issuer=person.issuer,
        subject=subject(person.sub),
        address=address,
        is_proved=is_proved and address is not None,
        name=text_of(claims.get("name")),
        level=level_of(provider.levels, claims.get("acr"), amr),
        amr=amr,
        auth_time=_second(claims.get("auth_time")),
        sid=text_of(claims.get("sid")),
        kept=kept or {},
    )


def subject(sub: str) -> str:
    """Return what a provider calls a person, if it can be that (OpenID Connect Core 2). Raises `UpstreamFailed`."""
    if not (0 < len(sub) <= MAX_SUBJECT and sub.isascii() and sub.isprintable()):
        raise UpstreamFailed("rejected", "sub is not ASCII", rules.UPSTREAM_SUBJECT)
    return sub


def issuer_of(provider: Provider, _claims: Claims) -> str:
    """Return the one issuer that may have made an ID token."""
    return provider.issuer


def check_issuer(provider: Provider) -> None:
    """Judge the issuer. Raises `ProviderUnusable`."""
    try:
        discovery_requests(provider.issuer)
    except OAuthClientError:
        advice = "the issuer is an https URL, or http on loopback, without query: --issuer https://login.example.com"
        raise ProviderUnusable(advice) from None


def check_key(provider: Provider, secret: str) -> None:
    """Judge a private key. Raises `ProviderUnusable`."""
    if not provider.key_id:
        return
    try:
        PrivateKeyJwt.from_pem(secret, provider.key_id, key_algorithm(secret))
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError):
        raise ProviderUnusable("the private key cannot be read: a PEM file with an EC P-256 or RSA key") from None


def check(provider: Provider, secret: str) -> None:
    """Judge what is configured. Raises `ProviderUnusable`."""
    check_issuer(provider)
    check_key(provider, secret)
    if provider.tenants:
        raise ProviderUnusable("tenants are Entra ID's: leave out --tenant")


def _words(value: object) -> tuple[str, ...]:
    """Return the methods it says, as far as they can be such: at most 20 short words."""
    if not isinstance(value, list):
        return ()
    words = [word for word in value if isinstance(word, str) and word.isascii() and word.isprintable()]  # pyright: ignore[reportUnknownVariableType]
    return tuple(word for word in words[:20] if 0 < len(word) <= 40 and " " not in word)


def _second(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


DIALECT = Dialect(discover=discover, issuer_of=issuer_of, wanted=wanted, auth=auth, identity=identity)
KIND = ProviderKind(
    name="oidc",
    label="OpenID Connect",
    trusts_address=False,
    check=check,
    open=lambda provider, secret, line: OpenIdUpstream(DIALECT, provider, secret, line),
)
