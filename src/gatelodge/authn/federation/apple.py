"""Apple: its secret is a token we sign, its answer a form from another site, and a name comes once.

Apple's word on addresses is always that they are verified; `email_verified` may be a boolean or a text. The name stands
in a field of the form beside the answer: nobody signed it, so it is shown and proves nothing.
"""

from base64 import urlsafe_b64encode
from dataclasses import replace
from json import dumps
from typing import Any, cast

from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from gatelodge.authn.federation import oidc
from gatelodge.authn.federation.contract import Errand, ProviderKind, ProviderUnusable
from gatelodge.authn.federation.openid import Claims, Dialect, OpenIdUpstream
from gatelodge.client.messages.authorization import Wanted
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person
from gatelodge.client.messages.registration import ClientAuth, Moment, SecretPost
from gatelodge.client.sending.http import AsyncSend
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity, text_of
from gatelodge.protocol.strict_json import BadJson, read_object

APPLE = "https://appleid.apple.com"
SECRET_LIFETIME = 300  # seconds; six months are allowed, and a fresh one costs nothing

_TRUE = (True, "true")
_MAX_USER = 2_048  # bytes


def settled(provider: Provider) -> Provider:
    """Return the same with its issuer."""
    return replace(provider, issuer=provider.issuer or APPLE)


async def discover(send: AsyncSend, provider: Provider) -> ServerMetadata:
    """Fetch the metadata. Raises `OAuthClientError`."""
    return await oidc.discover(send, settled(provider))


def issuer_of(provider: Provider, _claims: Claims) -> str:
    """Return the one issuer that may have made an ID token."""
    return settled(provider).issuer


def wanted(_provider: Provider, _errand: Errand) -> Wanted:
    """Return what is asked for. Whoever asks for a name or an address is answered with a form."""
    return Wanted(scope=("openid", "name", "email"), response_mode="form_post")


def auth(provider: Provider, secret: str, _metadata: ServerMetadata, moment: Moment) -> ClientAuth:
    """Return a secret made now: a token signed by the key of our team."""
    now = moment.now()
    claims = {
        "iss": provider.team,
        "sub": provider.client_id,
        "aud": APPLE,
        "iat": now,
        "exp": now + SECRET_LIFETIME,
    }
    header = {"alg": "ES256", "kid": provider.key_id}
    signed = f"{_part(header)}.{_part(claims)}"
    return SecretPost(
        f"{signed}.{_b64(JWSRegistry.algorithms['ES256'].sign(signed.encode(), ECKey.import_key(secret)))}"
    )


def identity(provider: Provider, person: Person, answer: Params) -> UpstreamIdentity:
    """Return who came; `sub` is another for each team."""
    is_proved = provider.trusts_address and person.claims.get("email_verified") in _TRUE
    kept = {"relay": "true"} if person.claims.get("is_private_email") in _TRUE else {}
    found = oidc.identity_of(provider, person, is_proved=is_proved, kept=kept)
    return replace(found, name=found.name or _name_in(answer))


def check(provider: Provider, secret: str) -> None:
    """Judge what is configured. Raises `ProviderUnusable`."""
    oidc.check_issuer(settled(provider))
    if not (provider.key_id and provider.team):
        raise ProviderUnusable("Apple wants a private key: --key-file AuthKey.p8 --key-id ID --team ID")
    oidc.check_key(provider, secret)
    if oidc.key_algorithm(secret) != "ES256":
        raise ProviderUnusable("Apple's keys are EC P-256")
    if provider.tenants:
        raise ProviderUnusable("tenants are Entra ID's: leave out --tenant")


def _name_in(answer: Params) -> str | None:
    """Return the name in the field `user`, which comes at the first sign-in alone."""
    try:
        user = read_object((answer.get("user") or "{}").encode(), _MAX_USER)
    except BadJson:
        return None
    name: Any = user.get("name")
    if not isinstance(name, dict):
        return None
    parts = cast("dict[str, object]", name)
    return text_of(" ".join(part for key in ("firstName", "lastName") if (part := text_of(parts.get(key)))))


def _part(members: dict[str, Any]) -> str:
    return _b64(dumps(members).encode())


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


DIALECT = Dialect(discover=discover, issuer_of=issuer_of, wanted=wanted, auth=auth, identity=identity)
KIND = ProviderKind(
    name="apple",
    label="Apple",
    trusts_address=True,
    check=check,
    open=lambda provider, secret, line: OpenIdUpstream(DIALECT, provider, secret, line),
    posts_back=True,
)
