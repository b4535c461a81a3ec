"""The mint: makes the values that are handed out for rows, and takes presented ones apart before any look-up.

The value of a stored secret is `base64url(secret + row id)`: the id finds the row and says where it lives, the digest
of the secret proves it. The last sixteen bytes are one block under a key that only the vault opens, so nobody reads off
their own values how many there are: see docs/decisions/0002-a-value-carries-its-row-id.md.
"""

import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from gatelodge.keys.secrets import NONCE_BYTES, SECRET_BYTES, b64, digest, unb64

KEY_BYTES = 32
_ID_BYTES = 8
_BLOCK = 16


class StoredValue(NamedTuple):
    """A presented value taken apart: which row, and the secret that must match its digest."""

    row_id: int
    secret: bytes


class Mint:
    """Makes and reads the values of one instance; `epoch` ties them to it. Raises `ValueError` for a key of no use."""

    __slots__ = ("_cover", "_epoch", "_root", "_uncover")

    def __init__(self, epoch: bytes, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of a mint has {KEY_BYTES} bytes")
        # One block, with at least eight bytes that differ each time, is a permutation by itself: no mode, no padding.
        cipher = Cipher(AES(key), ECB())  # noqa: S305
        self._cover = cipher.encryptor().update
        self._uncover = cipher.decryptor().update
        self._epoch = epoch
        self._root = hmac.digest(key, b"derive", "sha256")

    def digest(self, kind: str, secret: bytes) -> bytes:
        """Return what is kept of a secret."""
        return digest(self._epoch, kind, secret)

    def derive(self, purpose: str) -> bytes:
        """Return a 32-byte key that stays as long as the instance, so what is sealed with it is never sealed anew."""
        return hmac.digest(self._root, purpose.encode(), "sha256")

    def compose(self, row_id: int, secret: bytes, prefix: str = "") -> str:
        """Return the value handed out for a stored secret."""
        plain = secret + row_id.to_bytes(_ID_BYTES)
        return prefix + b64(plain[:-_BLOCK] + self._cover(plain[-_BLOCK:]))

    def take_apart(self, value: str, prefix: str = "") -> StoredValue | None:
        """Return the parts of a presented value, or `None` if it was never one of ours. Costs no look-up."""
        raw = unb64(value[len(prefix) :]) if value.startswith(prefix) else None
        if raw is None or len(raw) != SECRET_BYTES + _ID_BYTES:
            return None
        plain = raw[:-_BLOCK] + self._uncover(raw[-_BLOCK:])
        row_id = int.from_bytes(plain[SECRET_BYTES:])
        return StoredValue(row_id, plain[:SECRET_BYTES]) if 0 < row_id < 1 << 63 else None

    def grant_id(self, family_id: int, nonce: bytes) -> str:
        """Return the `grant_id` claim: names a family in an access token without showing its row id."""
        return b64(self._cover(nonce + family_id.to_bytes(_ID_BYTES)))

    def read_grant_id(self, value: str) -> tuple[int, bytes] | None:
        """Return `(family_id, nonce)` of a `grant_id` claim, or `None` if it cannot be one."""
        raw = unb64(value)
        if raw is None or len(raw) != _BLOCK:
            return None
        plain = self._uncover(raw)
        family_id = int.from_bytes(plain[NONCE_BYTES:])
        return (family_id, plain[:NONCE_BYTES]) if 0 < family_id < 1 << 63 else None

    def veil(self, body: bytes, mac: bytes) -> bytes:
        """Return `body`, at most 32 bytes, under a stream that follows from its `mac`; the same again lifts it."""
        stream = self._cover(mac[:_BLOCK] + mac[-_BLOCK:])[: len(body)]
        return (int.from_bytes(body) ^ int.from_bytes(stream)).to_bytes(len(body))
