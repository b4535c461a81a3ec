"""Seeds of authenticator apps: made, kept under a key that the database does not have, and carried by a form until
the first right code."""

import hmac
from base64 import b64decode, b64encode

from gatelodge.clock import Entropy
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.locked import lock, unlock
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import b64, unb64
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.protocol.totp import SEED_BYTES

CARRIED = 3_600  # seconds that a seed may wait on a page for its first code


class TotpSeeds:
    """Keeps seeds under `key`, each bound to its person; what a form carries is sealed by the `vault`."""

    def __init__(self, key: bytes, vault: Vault, entropy: Entropy) -> None:
        self._key = key
        self._vault = vault
        self._entropy = entropy

    def new(self) -> bytes:
        """Return a new seed."""
        return self._entropy.bytes(SEED_BYTES)

    def seal(self, user_id: int, seed: bytes) -> str:
        """Return a seed as it is kept for a person."""
        return b64encode(lock(self._key_of(user_id), seed)).decode()

    def unseal(self, user_id: int, sealed: str) -> bytes:
        """Return what was sealed for this person. Raises `WrongSecretKey`."""
        seed = unlock(self._key_of(user_id), b64decode(sealed))
        if seed is None:
            raise WrongSecretKey("an authenticator app")
        return seed

    def carry(self, user_id: int, seed: bytes, now: int) -> str:
        """Return a seed as the form carries it that this person is shown."""
        return b64(self._vault.seal(seed + (now + CARRIED).to_bytes(8), _purpose(user_id)))

    def carried(self, user_id: int, value: str, now: int) -> bytes | None:
        """Return the seed that a form of this person carried; `None` if it is none of theirs, or waited too long."""
        try:
            plain = self._vault.unseal(unb64(value) or b"", _purpose(user_id))
        except WrongSecretKey:
            return None
        seed, until = plain[:SEED_BYTES], int.from_bytes(plain[SEED_BYTES:])
        return seed if now < until else None

    def _key_of(self, user_id: int) -> bytes:
        return hmac.digest(self._key, user_id.to_bytes(8), "sha256")


def seeds_of(on: Foundation) -> TotpSeeds:
    """Return the seeds of a server."""
    return seeds_under(on.mint, on.vault, on.entropy)


def seeds_under(mint: Mint, vault: Vault, entropy: Entropy) -> TotpSeeds:
    """Return the seeds of an installation."""
    return TotpSeeds(mint.derive("authenticator apps"), vault, entropy)


def _purpose(user_id: int) -> str:
    return f"authenticator app of {user_id}"
