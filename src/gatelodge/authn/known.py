"""Browsers that are known to an account because somebody signed in to it there before.

The `KNOWN` cookie holds a random name of the browser and one mark per account: HMAC(key, name, user id). It signs
nobody in. It lets guesses from this browser be counted apart from those of strangers, so strangers cannot lock an owner
out (ASVS 6.1.1). A mark is worth nothing for another account; moved to another browser it takes its counter along.
"""

import hmac
from collections.abc import Sequence

from gatelodge.clock import Entropy
from gatelodge.keys.secrets import b64, same, unb64

_NAME_BYTES = 12
_MARK_BYTES = 12
_MOST_ACCOUNTS = 8  # per browser; the one signed in to the longest ago is forgotten first


class KnownBrowsers:
    """Writes and reads `KNOWN`. `keys` come from `Vault.derive_all`, newest first: the first marks, all recognise."""

    def __init__(self, keys: Sequence[bytes], entropy: Entropy) -> None:
        self._keys = tuple(keys)
        self._entropy = entropy

    def recognise(self, value: str | None, user_id: int) -> bytes | None:
        """Return the browser's name if its cookie proves a former sign-in to this account, or `None`."""
        name, marks = _parts(value)
        if name is None:
            return None
        ours = [_mark(key, name, user_id) for key in self._keys]
        return name if any(same(mark, one) for mark in marks for one in ours) else None

    def remember(self, value: str | None, user_id: int) -> str:
        """Return the cookie that makes this browser known to the account, besides those it is known to already."""
        name, marks = _parts(value)
        if name is None:
            name = self._entropy.bytes(_NAME_BYTES)
        mark = _mark(self._keys[0], name, user_id)
        others = [old for old in marks if old != mark]
        return ".".join(b64(part) for part in (name, mark, *others[: _MOST_ACCOUNTS - 1]))


def _parts(value: str | None) -> tuple[bytes | None, list[bytes]]:
    raw = [unb64(part) for part in value.split(".", 1 + _MOST_ACCOUNTS)] if value else []
    whole = [part for part in raw if part is not None and len(part) == _NAME_BYTES]
    if not whole or len(whole) != len(raw) or len(raw) > 1 + _MOST_ACCOUNTS:
        return None, []
    return whole[0], whole[1:]


def _mark(key: bytes, name: bytes, user_id: int) -> bytes:
    return hmac.digest(key, name + user_id.to_bytes(8), "sha256")[:_MARK_BYTES]
