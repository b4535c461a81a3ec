"""Scope: space-separated, case-sensitive names whose order says nothing (RFC 6749 3.3)."""

import re

from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError

# About the person and not about any API (OpenID Connect Core 3.1.2.1, 5.4, 11).
# `account` is ours: what a person does on the pages of their account, done for them (account/api.py).
ACCOUNT = "account"
OPENID_SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "offline_access", ACCOUNT})

MAX_SCOPES = 100

_TEXT = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]+")


def parse_scope(text: str) -> tuple[str, ...]:
    """Return the names in `text`, each once, in the order they came.

    Raises `OAuthError` (invalid_scope) if it holds none, too many, or a character no scope has.
    """
    if not _TEXT.fullmatch(text):
        raise OAuthError("invalid_scope", "scope has a character that no scope has", rules.SCOPE_SYNTAX)
    names = tuple(dict.fromkeys(text.split()))
    if not 0 < len(names) <= MAX_SCOPES:
        raise OAuthError("invalid_scope", "scope names nothing or too much", rules.SCOPE_SYNTAX)
    return names


def is_scope(name: str) -> bool:
    """Whether `name` can be one scope."""
    return " " not in name and _TEXT.fullmatch(name) is not None
