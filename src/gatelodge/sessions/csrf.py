"""Forms that only our own pages can submit: a token bound to browser and purpose, and the browser's word where it was.

The token is HMAC(key, browser secret, purpose): a page of another origin can neither read it nor make the browser send
the `SameSite=Lax` cookie it is bound to. Where the request says where it came from, that must be here, too:

| `Sec-Fetch-Site` | `Origin`           | answer                                                                   |
|------------------|--------------------|--------------------------------------------------------------------------|
| `same-origin`    | none, ours, `null` | accepted: no page can set this header, and it accounts for redirects     |
| none sent        | none, ours         | accepted: not a browser, or one from before 2023; the token alone decides |
| none sent        | `null`             | refused                                                                  |
| anything else    | any                | refused                                                                  |
| any              | another            | refused                                                                  |

`null` beside `same-origin` is our own form: our pages say `Referrer-Policy: no-referrer`, and under that policy a
browser serializes the origin of every form POST as `null` (Fetch, "append a request Origin header"; Chromium does).
A sandboxed frame, a data: URL and a cross-origin 307 send `null` as well, but beside `cross-site`.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gatelodge.keys.secrets import b64, same
from gatelodge.protocol.errors import OAuthError
from gatelodge.sessions.cookies import BROWSER, Form, Incoming, values

FIELD = "csrf"


class Forged(Exception):
    """A form that no page of ours made for this browser, or made too long ago. Shown to the person as such."""


@dataclass(frozen=True, slots=True)
class Key:
    """What tokens are made with: the newest of `secrets` makes, all check. `origin` is this server's own."""

    secrets: tuple[bytes, ...] = field(repr=False)
    origin: str


def key_of(secrets: Sequence[bytes], issuer: str) -> Key:
    """Return the key of the server that is called `issuer`; `secrets` come from `Vault.derive_all`, newest first."""
    parts = urlsplit(issuer)
    return Key(tuple(secrets), f"{parts.scheme}://{parts.netloc}".lower())


def token(key: Key, browser_secret: str, purpose: str) -> str:
    """Return the token for the hidden field `FIELD` of a form shown to this browser for this purpose."""
    return _token(key.secrets[0], browser_secret, purpose)


def check(key: Key, request: Incoming, purpose: str) -> None:
    """Pass a form that our own page made, for this purpose, in this browser. Raises `Forged` (ASVS 3.5.1, 3.5.3)."""
    sent = _sent(request.form)
    if not sent or not from_own_page(key, request.headers):
        raise Forged
    ours = (_token(secret, browser, purpose) for secret in key.secrets for browser in values(BROWSER, request))
    if not any(same(sent.encode(), token.encode()) for token in ours):
        raise Forged


def is_out_of_date(key: Key, request: Incoming) -> bool:
    """Whether a form that does not pass is one of ours all the same, as the browser vouches: shown to somebody else, to
    a browser that was closed since, or with a key that is gone. Nothing of it may be taken."""
    vouched = request.headers.get("sec-fetch-site") == "same-origin"
    return vouched and from_own_page(key, request.headers) and bool(_sent(request.form))


def from_own_page(key: Key, headers: Mapping[str, str]) -> bool:
    """Whether what the browser says of where the request began does not speak against our own pages."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in (None, "same-origin"):
        return False
    return origin in (None, key.origin) or (origin == "null" and site is not None)


def _sent(form: Form) -> str | None:
    try:
        return form.get(FIELD)
    except OAuthError:
        return None


def _token(secret: bytes, browser_secret: str, purpose: str) -> str:
    return b64(hmac.digest(secret, f"{browser_secret}\0{purpose}".encode(), "sha256"))
