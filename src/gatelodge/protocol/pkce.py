"""Proof Key for Code Exchange (RFC 7636): S256 and nothing else (RFC 9700 2.1.1)."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params

METHOD = "S256"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


def read_challenge(params: Params, client: Client) -> str | None:
    """Return the challenge of an authorization request; `None` only for a client the operator exempted.

    A challenge that was sent counts for an exempt client too. Raises `OAuthError` (invalid_request).
    """
    sent, method = params.get("code_challenge"), params.get("code_challenge_method")
    if sent is None:
        if method is None and client.pkce_exempt and not client.is_public:
            return None
        raise OAuthError("invalid_request", "code_challenge is missing", rules.PKCE_REQUIRED)
    if method != METHOD:
        raise OAuthError("invalid_request", "code_challenge_method must be S256", rules.PKCE_METHOD)
    if not is_challenge(sent):
        raise OAuthError("invalid_request", "code_challenge is malformed", rules.PKCE_CHALLENGE)
    return sent


def is_challenge(text: str) -> bool:
    """Whether `text` can be an S256 challenge: 43 base64url characters (RFC 7636 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    """Whether `text` can be a verifier: 43 to 128 unreserved characters (RFC 7636 4.1)."""
    return _VERIFIER.fullmatch(text) is not None


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a well-formed verifier (RFC 7636 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def proves(verifier: str, expected: str) -> bool:
    """Whether `verifier` is well-formed and the challenge made from it is `expected` (RFC 7636 4.6)."""
    return is_verifier(verifier) and hmac.compare_digest(challenge(verifier).encode(), expected.encode())
