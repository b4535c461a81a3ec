"""A value locked with the secret that finds it, so that who has the database alone cannot read it."""

from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12  # bytes


def lock(key: bytes, plain: bytes) -> bytes:
    """Encrypt and authenticate under a key of 32 random bytes that locks this one value.

    The nonce follows from the value: locked again, the same value is the same bytes, and nothing else shares its nonce.
    """
    nonce = sha256(key + plain).digest()[:_NONCE]
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unlock(key: bytes, locked: bytes) -> bytes | None:
    """Return what was locked with this key, `None` if nothing was."""
    try:
        return AESGCM(key).decrypt(locked[:_NONCE], locked[_NONCE:], None)
    except (InvalidTag, ValueError):  # ValueError: too short to have been locked
        return None
