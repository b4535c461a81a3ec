"""The file that holds the secret key: made once, never overwritten, for its owner's eyes only."""

import os
from pathlib import Path

from gatelodge.clock import SystemEntropy
from gatelodge.keys.secrets import b64

KEY_BYTES = 48


def keep_secret_key(file: Path) -> bool:
    """Make a secret key file with mode 0600 unless there is one; `True` if it was made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(b64(SystemEntropy().bytes(KEY_BYTES)) + "\n")
    return True
