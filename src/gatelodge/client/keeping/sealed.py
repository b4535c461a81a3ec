"""A store whose values are sealed: what an engine keeps is of no use to whoever steals it.

AES-256-GCM under keys the application gives, newest first: the first seals, all unseal, so a key can be changed without
a stop. A value is bound to the row it was sealed for: copied to another row, it does not open.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatelodge.client.keeping.contract import Row, Rows, StoreRefused
from gatelodge.clock import Entropy, SystemEntropy

MIN_KEY = 32  # characters


class Seals:
    """Seals under the newest of some keys. Raises `ValueError` for a key that is shorter than 32 characters."""

    def __init__(self, keys: Sequence[str], entropy: Entropy | None = None) -> None:
        if isinstance(keys, str) or not keys or any(len(key) < MIN_KEY for key in keys):
            raise ValueError(f"a list of keys is needed, each of at least {MIN_KEY} random characters, newest first")
        self._ciphers = [AESGCM(hmac.digest(key.encode(), b"gatelodge store", "sha256")) for key in keys]
        self._entropy = entropy or SystemEntropy()

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt and authenticate, for one place."""
        nonce = self._entropy.bytes(12)
        return nonce + self._ciphers[0].encrypt(nonce, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed for this place. Raises `StoreRefused` if no key opens it."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:12], sealed[12:], place.encode())
            except (InvalidTag, ValueError):  # ValueError: too short to have been sealed
                continue
        raise StoreRefused("none of the given keys opens what the store holds, or somebody changed it")


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Rows whose values are sealed on the way in and unsealed on the way out. Threads and processes may share one.

    `rows` is the engine, `seals` the keys: `sqlite_store`, `postgres_store`, `file_store`, `keyring_store` and
    `memory_store` make one. Every method may raise `StoreUnavailable`, one that reads also `StoreRefused`.
    """

    rows: Rows
    seals: Seals = field(repr=False)

    def find(self, kind: str, name: str) -> Row | None:
        """Return a row, `None` if there is none."""
        row = self.rows.find(kind, name)
        return None if row is None else self._opened(row)

    def add(self, row: Row) -> bool:
        """Write a row if there is none of its name; return whether it was written."""
        return self.rows.add(self._sealed(row))

    def put(self, row: Row) -> None:
        """Write a row in the place of any other of its name."""
        self.rows.put(self._sealed(row))

    def replace(self, row: Row) -> bool:
        """Write a row if the one there is still of that generation; return whether so."""
        return self.rows.replace(self._sealed(row))

    def lease(self, kind: str, holder: str, now: int, until: int) -> Row | None:
        """Give the row that is due longest to `holder`. A row that does not open is not due any more."""
        row = self.rows.lease(kind, holder, now, until)
        if row is None:
            return None
        try:
            return self._opened(row)
        except StoreRefused:
            self.rows.release(row, holder, None)
            raise

    def lease_one(self, row: Row, holder: str, now: int, until: int) -> Row | None:
        """Give one row to `holder`."""
        leased = self.rows.lease_one(row, holder, now, until)
        return None if leased is None else self._opened(leased)

    def _sealed(self, row: Row) -> Row:
        return replace(row, value=self.seals.seal(row.value, _place(row)))

    def _opened(self, row: Row) -> Row:
        return replace(row, value=self.seals.unseal(row.value, _place(row)))


def _place(row: Row) -> str:
    return f"{row.kind}\n{row.name}"


def digest(*parts: str) -> str:
    """Return what names a secret in the clear: nobody gets from it to the secret."""
    return sha256("\0".join(parts).encode()).hexdigest()
