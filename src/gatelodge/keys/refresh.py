"""The keys refresh tokens are derived under: the newest makes them, all still read them."""

from dataclasses import dataclass, field

from gatelodge.keys.secrets import read_refresh_token, refresh_token
from gatelodge.keys.vault import Vault
from gatelodge.protocol.rotation import RefreshValue

PURPOSE = "refresh tokens"


@dataclass(frozen=True, slots=True)
class RefreshKeys:
    """Writes and reads refresh tokens of one instance; `epoch` ties them to it."""

    keys: tuple[bytes, ...] = field(repr=False)
    epoch: bytes

    def write(self, value: RefreshValue) -> str:
        """Return the refresh token of one generation of a family."""
        return refresh_token(self.keys[0], self.epoch, value)

    def read(self, token: str) -> RefreshValue | None:
        """Return what a refresh token says, or `None` if we never made it."""
        for key in self.keys:
            value = read_refresh_token(key, self.epoch, token)
            if value is not None:
                return value
        return None


def refresh_keys(vault: Vault, epoch: bytes) -> RefreshKeys:
    """Return the keys of this instance.

    A token made under an older secret key is read, and its successor is made under the newest: after one rotation, or
    one idle lifetime, nothing depends on the old key any more.
    """
    return RefreshKeys(tuple(vault.derive_all(PURPOSE)), epoch)
