"""Secrets of our own making: minted at random, handed out once, kept as digests.

The value of a stored secret is `base64url(secret + masked row id)`: the id finds the row, so tables grow at their end;
the digest of the secret proves it; the mask keeps ids, which count, from being read off the value. A refresh token is
derived instead of stored: see `RefreshValue` and docs/decisions/0003-refresh-tokens-are-derived.md.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from gatelodge.protocol.base64url import decoded
from gatelodge.protocol.rotation import RefreshValue

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


class StoredValue(NamedTuple):
    """A presented value taken apart: which row, and the secret that must match its digest."""

    row_id: int
    secret: bytes


def compose(row_id: int, secret: bytes, prefix: str = "") -> str:
    """Return the value handed out for a stored secret."""
    return prefix + b64(secret + _masked(row_id, secret))


def take_apart(value: str, prefix: str = "") -> StoredValue | None:
    """Return the parts of a presented value, or `None` if it was never one of ours. Costs no look-up."""
    if not value.startswith(prefix):
        return None
    raw = unb64(value[len(prefix) :])
    if raw is None or len(raw) != SECRET_BYTES + 8:
        return None
    secret = raw[:SECRET_BYTES]
    row_id = int.from_bytes(_masked(int.from_bytes(raw[SECRET_BYTES:]), secret))
    return StoredValue(row_id, secret) if 0 < row_id < 1 << 63 else None


def _masked(number: int, secret: bytes) -> bytes:
    return (number ^ int.from_bytes(sha256(b"mask" + secret).digest()[:8])).to_bytes(8)


REFRESH_PREFIX = "glr_"
NONCE_BYTES = 8
_MAC_BYTES = 22


def refresh_token(key: bytes, epoch: bytes, value: RefreshValue) -> str:
    """Return the refresh token of one generation: the same for the same input, so a lost answer can be given again."""
    body = _refresh_body(value)
    mac = _refresh_mac(key, epoch, body)
    return REFRESH_PREFIX + b64(_xor(body, mac) + mac)


def read_refresh_token(key: bytes, epoch: bytes, token: str) -> RefreshValue | None:
    """Return what a presented refresh token says, or `None` if we never made it. Costs no look-up."""
    raw = unb64(token[len(REFRESH_PREFIX) :]) if token.startswith(REFRESH_PREFIX) else None
    if raw is None or len(raw) != 8 + 4 + NONCE_BYTES + _MAC_BYTES:
        return None
    mac = raw[-_MAC_BYTES:]
    body = _xor(raw[:-_MAC_BYTES], mac)
    if not same(mac, _refresh_mac(key, epoch, body)):
        return None
    return RefreshValue(int.from_bytes(body[:8]), body[12:], int.from_bytes(body[8:12]))


def _refresh_body(value: RefreshValue) -> bytes:
    return value.family_id.to_bytes(8) + value.generation.to_bytes(4) + value.nonce


def _refresh_mac(key: bytes, epoch: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"refresh" + epoch + body, "sha256")[:_MAC_BYTES]


def _xor(body: bytes, mac: bytes) -> bytes:
    stream = sha256(b"mask" + mac).digest()[: len(body)]
    return (int.from_bytes(body) ^ int.from_bytes(stream)).to_bytes(len(body))


def grant_id(family_id: int, nonce: bytes) -> str:
    """Return the `grant_id` claim: names a family in an access token without showing its row id."""
    return b64(nonce + (family_id ^ int.from_bytes(sha256(b"grant" + nonce).digest()[:8])).to_bytes(8))


def read_grant_id(value: str) -> tuple[int, bytes] | None:
    """Return `(family_id, nonce)` of a `grant_id` claim, or `None` if it cannot be one."""
    raw = unb64(value)
    if raw is None or len(raw) != NONCE_BYTES + 8:
        return None
    nonce = raw[:NONCE_BYTES]
    family_id = int.from_bytes(raw[NONCE_BYTES:]) ^ int.from_bytes(sha256(b"grant" + nonce).digest()[:8])
    return (family_id, nonce) if 0 < family_id < 1 << 63 else None
