"""Answers to an authorization request: in the query, in the fragment or posted as a form (RFC 6749 4.1.2, RFC 9207).

A client that asks for it gets one signed value in which all of it stands (JARM).

Only a `Recipient` can be answered. Every answer says who gives it (`iss`), so that a client that talks to several
servers notices when one speaks for another, and brings `state` back as it came.
"""

from collections.abc import Mapping
from html import escape
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from gatelodge.protocol.authorize import Recipient
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.reply import NO_STORE, Headers, Reply, redirect
from gatelodge.protocol.response_type import carrier_of, is_signed

STATIC = "/static/"  # below the issuer
SEALED_LIFETIME = 300  # seconds a signed answer is good; ten minutes are recommended at most (JARM 2.1)

# The address in the bar may hold a code: it goes nowhere else (RFC 9700 4.2.4).
_PRIVATE = ("referrer-policy", "no-referrer")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>One moment</title>
<link rel="icon" type="image/svg+xml" href="{static}icon.svg">
<link rel="stylesheet" href="{static}style.css">
</head>
<body>
<div class="stage">
<main class="lodge">
<div class="arch"><img class="mark" src="{static}icon.svg" alt="" width="44" height="44"></div>
<header>
<h1>One moment</h1>
<p>Your browser goes to <strong>{host}</strong> next.</p>
</header>
<form method="post" action="{action}">
{fields}
<button class="button primary wide" id="continue">Continue</button>
</form>
</main>
</div>
<script src="{static}form_post.js"></script>
</body>
</html>
"""


class Seal(Protocol):
    """Signs an answer for its client."""

    def __call__(self, recipient: Recipient, members: Mapping[str, str]) -> str: ...


def error_answer(recipient: Recipient, error: OAuthError, seal: Seal) -> Reply:
    """Bring a refusal to the client (RFC 6749 4.1.2.1)."""
    return answer(recipient, {"error": error.code, "error_description": error.description}, seal)


def answer(recipient: Recipient, members: Mapping[str, str], seal: Seal) -> Reply:
    """Bring `members` to the client in its response mode, with `state` and `iss`; a hybrid answer has several."""
    whole = dict(members)
    if recipient.state is not None:
        whole["state"] = recipient.state
    whole["iss"] = recipient.issuer
    if is_signed(recipient.response_mode):
        whole = {"response": seal(recipient, whole)}
    match carrier_of(recipient.response_mode):
        case "query":
            return redirect(_with_query(recipient.redirect_uri, whole)).with_headers(_PRIVATE)
        case "fragment":
            return redirect(f"{recipient.redirect_uri}#{_encoded(whole)}").with_headers(_PRIVATE)
        case "form_post":
            return Reply(200, _form_headers(recipient), _form(recipient, whole).encode())


def sealed_claims(recipient: Recipient, members: Mapping[str, str], now: int) -> dict[str, object]:
    """Return what a signed answer says: all of the answer, for whom it is, and until when (JARM 2.1)."""
    return {**members, "iss": recipient.issuer, "aud": recipient.client.id, "exp": now + SEALED_LIFETIME}


def _with_query(uri: str, members: Mapping[str, str]) -> str:
    """Keep the query that was registered (RFC 6749 3.1.2)."""
    joint = "&" if "?" in uri else "?"
    return f"{uri}{joint}{_encoded(members)}"


def _encoded(members: Mapping[str, str]) -> str:
    """Escape a space as `%20`: a `+` means a space in a query only by custom, and in a fragment not even that."""
    return urlencode(members, quote_via=quote, safe="")


def _form(recipient: Recipient, members: Mapping[str, str]) -> str:
    """Return a page that posts itself, or by its button where scripts do not run (OAuth Form Post Response Mode)."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in members.items()
    )
    uri = recipient.redirect_uri
    static = escape(urlsplit(recipient.issuer).path + STATIC)
    parts = urlsplit(uri)
    host = escape(parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:")
    return _PAGE.format(action=escape(uri), fields=fields, static=static, host=host)


def _form_headers(recipient: Recipient) -> Headers:
    """Let the page load our own files and post to the client; to its scheme, since the client may redirect further."""
    scheme = recipient.redirect_uri.partition(":")[0]
    own = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
    policy = f"{own}; form-action {scheme}:; base-uri 'none'; frame-ancestors 'none'"
    return (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        _PRIVATE,
        *NO_STORE,
    )
