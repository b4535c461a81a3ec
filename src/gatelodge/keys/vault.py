"""The vault: seals what must be read again, derives keys for what must not, under a secret that is not in the database.

Several secret keys may be given, newest first: the first seals, all unseal, so the secret can change without a stop.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatelodge.clock import Entropy

MIN_SECRET_KEY = 32  # characters


class WrongSecretKey(Exception):
    """Nothing this vault holds opens what was sealed: the secret key is not the one it was sealed with."""


class Vault:
    """Seals and derives under one or more secret keys. Raises `ValueError` if a key is shorter than 32 characters."""

    def __init__(self, secret_keys: Sequence[str], entropy: Entropy) -> None:
        if not secret_keys or any(len(key) < MIN_SECRET_KEY for key in secret_keys):
            raise ValueError(f"secret_key must have at least {MIN_SECRET_KEY} characters")
        self._roots = [sha256(key.encode()).digest() for key in secret_keys]
        self._ciphers = [AESGCM(hmac.digest(root, b"seal", "sha256")) for root in self._roots]
        self._entropy = entropy

    def derive(self, purpose: str) -> bytes:
        """Return a 32-byte key for one purpose, derived from the newest secret key."""
        return hmac.digest(self._roots[0], purpose.encode(), "sha256")

    def derive_all(self, purpose: str) -> list[bytes]:
        """Return the purpose's key under every secret key, newest first."""
        return [hmac.digest(root, purpose.encode(), "sha256") for root in self._roots]

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt and authenticate `plain`, bound to `purpose`."""
        nonce = self._entropy.bytes(12)
        return nonce + self._ciphers[0].encrypt(nonce, plain, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return what was sealed for `purpose`. Raises `WrongSecretKey` if no key opens it."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:12], sealed[12:], purpose.encode())
            except (InvalidTag, ValueError):  # ValueError: too short to have been sealed
                continue
        raise WrongSecretKey(purpose)

    def reseal(self, sealed: bytes, purpose: str) -> bytes | None:
        """Return the same sealed under the newest secret key, `None` if it is already. Raises `WrongSecretKey`."""
        try:
            self._ciphers[0].decrypt(sealed[:12], sealed[12:], purpose.encode())
        except (InvalidTag, ValueError):
            return self.seal(self.unseal(sealed, purpose), purpose)
        return None
