"""The two pages of ours that a person may see: what went wrong, and whether to sign out."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from gatelodge.client.errors import (
    AuthorizationRefused,
    CallbackRejected,
    OAuthClientError,
    ServerUnavailable,
)
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.protocol.reply import NO_STORE, Headers, Reply

_STYLE = "main { max-width: 36rem; margin: 3rem auto; padding: 0 1.25rem; font: 1.05rem/1.6 system-ui, sans-serif; }"
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Headers = (
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    *NO_STORE,
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def failure(error: OAuthClientError, login_path: str) -> Reply:
    """Say why a sign-in did not work, and offer to try again."""
    status = _status(error)
    body = f'<p id="error">{escape(str(error))}</p><p><a href="{escape(login_path)}">Sign in again</a></p>'
    return _page(status, "Signing in did not work", body)


def ask_to_leave(logout_path: str) -> Reply:
    """Ask whether to sign out: another site may have sent the person here."""
    body = f'<form method="post" action="{escape(logout_path)}"><button>Sign out</button></form>'
    return _page(200, "Sign out?", body)


def plain(status: int, text: str, *more: tuple[str, str]) -> Reply:
    """Answer what no browser shows."""
    return Reply(status, (("content-type", "text/plain; charset=utf-8"), *NO_STORE, *more), text.encode())


def _page(status: int, title: str, body: str) -> Reply:
    return Reply(status, _HEADERS, _PAGE.format(title=title, body=body, style=_STYLE).encode())


def _status(error: OAuthClientError) -> int:
    match error:
        case CallbackRejected():
            return 400
        case AuthorizationRefused():
            return 403
        case ServerUnavailable() | StoreUnavailable():
            return 503
        case _:
            return 502
