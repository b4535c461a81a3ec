"""Values that may be seen once (the `jti` of a client assertion) or never again (the `jti` of a revoked JWT).

They were made by others, so there is no row id in them: the digest of kind and value is the key.
"""

from hashlib import sha256

from gatelodge.database.tx import Tx

REVOKED_JWT = "revoked-jwt"  # the kind of the `jti` of a JWT access token that was revoked

ONCE = "insert into seen (digest, expires_at) values ($1, $2) on conflict (digest) do nothing returning 1"


async def once(tx: Tx, kind: str, value: str, expires_at: int) -> bool:
    """Remember a value until `expires_at`; `True` for the first of any number of callers, `False` for the others."""
    return await tx.one(ONCE, fingerprint(kind, value), expires_at) is not None


async def was(tx: Tx, kind: str, value: str) -> bool:
    """Return whether a value was seen."""
    return await tx.one("select 1 from seen where digest = $1", fingerprint(kind, value)) is not None


def fingerprint(kind: str, value: str) -> bytes:
    """Return what is kept of a value: never the same for two kinds, since no kind contains a NUL."""
    return sha256(kind.encode() + b"\0" + value.encode()).digest()
