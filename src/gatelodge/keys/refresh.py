"""Refresh tokens: derived under keys of the vault, of which the newest makes them and all still read them."""

import hmac
from dataclasses import dataclass, field

from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import NONCE_BYTES, REFRESH_PREFIX, b64, same, unb64
from gatelodge.keys.vault import Vault
from gatelodge.protocol.rotation import RefreshValue

PURPOSE = "refresh tokens"

_BODY_BYTES = 8 + 4 + NONCE_BYTES
_MAC_BYTES = 22


@dataclass(frozen=True, slots=True)
class RefreshKeys:
    """Writes and reads refresh tokens of one instance; `epoch` ties them to it, `mint` covers what they say."""

    keys: tuple[bytes, ...] = field(repr=False)
    epoch: bytes
    mint: Mint

    def write(self, value: RefreshValue) -> str:
        """Return the refresh token of one generation of a family.

        The same for the same input, so a lost answer can be given again.
        """
        body = value.family_id.to_bytes(8) + value.generation.to_bytes(4) + value.nonce
        mac = self._mac(self.keys[0], body)
        return REFRESH_PREFIX + b64(self.mint.veil(body, mac) + mac)

    def read(self, token: str) -> RefreshValue | None:
        """Return what a refresh token says, or `None` if we never made it. Costs no look-up."""
        raw = unb64(token[len(REFRESH_PREFIX) :]) if token.startswith(REFRESH_PREFIX) else None
        if raw is None or len(raw) != _BODY_BYTES + _MAC_BYTES:
            return None
        mac = raw[_BODY_BYTES:]
        body = self.mint.veil(raw[:_BODY_BYTES], mac)
        if not any(same(mac, self._mac(key, body)) for key in self.keys):
            return None
        return RefreshValue(int.from_bytes(body[:8]), body[12:], int.from_bytes(body[8:12]))

    def _mac(self, key: bytes, body: bytes) -> bytes:
        return hmac.digest(key, b"refresh" + self.epoch + body, "sha256")[:_MAC_BYTES]


def refresh_keys(vault: Vault, epoch: bytes, mint: Mint) -> RefreshKeys:
    """Return the keys of this instance.

    A token made under an older secret key is read, and its successor is made under the newest: after one rotation, or
    one idle lifetime, nothing depends on the old key any more.
    """
    return RefreshKeys(tuple(vault.derive_all(PURPOSE)), epoch, mint)
