"""Finding the token in a request: in the one `Authorization` header and nowhere else (RFC 6750 2.1, RFC 9449 7.1)."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from gatelodge.protocol import rules
from gatelodge.protocol.dpop import SCHEME
from gatelodge.protocol.jose import MAX_TOKEN
from gatelodge.resource.refusals import Refused

FORM = "application/x-www-form-urlencoded"
MAX_FORM = 65_536  # bytes of a body that is looked into for a second token

_SCHEMES = {"bearer": "Bearer", "dpop": SCHEME}
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_LENGTH = re.compile(r"[0-9]{1,8}")
_PARAMETER = "access_token"


class SentToken(NamedTuple):
    """A token and the scheme it came with, as challenges write it."""

    scheme: str
    value: str

    def __repr__(self) -> str:
        """Show no token."""
        return f"SentToken({self.scheme})"


def read_token(authorization: Sequence[str], *, sent_elsewhere: bool = False) -> SentToken:
    """Return the token of a request.

    `authorization` is every such header it has; `sent_elsewhere` says that its query or body holds a token, too. Raises
    `Refused`: without an error code if there is no such token, `invalid_request` if it is sent in two ways or cannot
    be one.
    """
    if len(authorization) > 1:
        raise _unreadable("more than one authorization header")
    scheme, _, token = (authorization[0] if authorization else "").partition(" ")
    known = _SCHEMES.get(scheme.lower())
    if known is None:
        raise Refused(None, "no access token in the authorization header", rules.BEARER_ONE)
    if len(token) > MAX_TOKEN:
        raise _unreadable("the access token is too long")
    if sent_elsewhere:
        raise _unreadable("the access token is sent in more than one way")
    token = token.strip(" ")
    if not _B64TOKEN.fullmatch(token):
        raise _unreadable("the authorization header is malformed")
    return SentToken(known, token)


def holds_token(urlencoded: bytes) -> bool:
    """Whether a query or a form has the parameter that RFC 6750 once allowed there."""
    text = urlencoded.decode("latin-1")
    return any(unquote_plus(pair.partition("=")[0]) == _PARAMETER for pair in text.split("&"))


def is_small_form(content_type: str, content_length: str) -> bool:
    """Whether a body is a form short enough to be looked into."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        return False
    return bool(_LENGTH.fullmatch(content_length)) and int(content_length) <= MAX_FORM


def _unreadable(description: str) -> Refused:
    return Refused("invalid_request", description, rules.BEARER_ONE)
