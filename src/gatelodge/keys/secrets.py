"""Secrets of our own making: minted at random, handed out once, kept as digests.

The values that are made of them are `Mint`'s. A refresh token is derived instead of stored: see `RefreshKeys` and
docs/decisions/0003-refresh-tokens-are-derived.md.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from gatelodge.protocol.base64url import decoded

SECRET_BYTES = 22  # 176 bits; with the 8 bytes of the row id, 30 bytes are 40 characters and leave no spare bits


def b64(raw: bytes) -> str:
    """Encode as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes | None:
    """Decode strict base64url without padding; `None` unless `text` is the one canonical form."""
    try:
        return decoded(text.encode("ascii"))
    except ValueError:
        return None


def digest(epoch: bytes, kind: str, secret: bytes) -> bytes:
    """Return what is kept of a secret: bound to its kind and to this instance's epoch."""
    return sha256(epoch + kind.encode() + b"\0" + secret).digest()


def client_secret_digest(secret: str) -> bytes:
    """Return what is kept of a client secret: SHA-256, since it has the strength we gave it."""
    return sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


class Secret:
    """A string whose `repr` shows nothing; `reveal()` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__


REFRESH_PREFIX = "glr_"
NONCE_BYTES = 8
