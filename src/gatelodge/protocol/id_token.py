"""What an ID token says (OpenID Connect Core 2, 3.1.3.6, 3.3.2.11)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

TYPE = "JWT"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """Who signed in, when and how, for one client.

    `lifetime` is in seconds. `nonce` is `None` if the client sent none, and in every refreshed token (12.2). `sid`
    names the session at this server. `person` holds further claims about the person, narrowed to what was asked.
    """

    issuer: str
    subject: str
    client_id: str
    lifetime: int
    auth_time: int
    acr: str | None = None
    amr: tuple[str, ...] = ()
    sid: str | None = None
    nonce: str | None = None
    person: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Companions:
    """What travels beside the ID token and is bound to it by a hash; `None` if it does not."""

    access_token: str | None = None
    code: str | None = None


def id_token_claims(token: IdToken, companions: Companions, now: int) -> dict[str, Any]:
    """Return the claims of an ID token issued at `now`. `azp` is left out: there is one audience (errata set 2)."""
    return {
        **token.person,
        "iss": token.issuer,
        "sub": token.subject,
        "aud": token.client_id,
        "iat": now,
        "exp": now + token.lifetime,
        "auth_time": token.auth_time,
        **_present(
            nonce=token.nonce,
            acr=token.acr,
            amr=list(token.amr) or None,
            sid=token.sid,
            at_hash=half_hash(companions.access_token),
            c_hash=half_hash(companions.code),
        ),
    }


def half_hash(value: str | None) -> str | None:
    """Return the left half of the value's SHA-256, which every algorithm we sign with uses (3.1.3.6)."""
    if value is None:
        return None
    return urlsafe_b64encode(sha256(value.encode("ascii")).digest()[:16]).rstrip(b"=").decode("ascii")


def _present(**claims: object) -> dict[str, object]:
    return {name: value for name, value in claims.items() if value is not None}
