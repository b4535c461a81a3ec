"""What an export says of somebody's second factors: the seed of their authenticator app, and their passkeys.

A seed makes the codes that every application shows: six digits of SHA-1, every thirty seconds; one that makes others
stays behind. A passkey is of use to nobody but the domain it was made for, so whether they come is the operator's word.
"""

from base64 import b32decode, b32encode
from collections.abc import Iterator, Mapping
from typing import cast

from gatelodge.keys.secrets import b64, unb64
from gatelodge.ops.imports.contract import BroughtFactors, Entry, UnreadableRow, text
from gatelodge.protocol.passkey import MAX_NAME, MOST, NO_AAGUID, NewPasskey, Passkey

SHORTEST, LONGEST = 10, 128  # bytes of a seed: what products make, and what some let people choose
_MOST_ID, _MOST_HANDLE = 1_023, 64  # bytes (WebAuthn L3 5.1, 5.4.3)


def read(entry: Entry) -> BroughtFactors:
    """Return what our own format says. Raises `UnreadableRow`."""
    said = text(entry, "totp_secret")
    seed = None if said is None else seed_of(said)
    listed = _array(entry, "passkeys")
    if listed is None or len(listed) > MOST:
        raise UnreadableRow("has no list of passkeys, or too many")
    keys = tuple(map(_passkey, listed))
    handle = unb64(text(entry, "user_handle") or "")
    if keys and not (handle and len(handle) <= _MOST_HANDLE):
        raise UnreadableRow("has passkeys and no user_handle, by which authenticators know whose they are")
    return BroughtFactors(seed=seed, handle=handle if keys else None, passkeys=keys)


def seed_of(said: str) -> bytes:
    """Return a seed that is written in base32, as applications are told it. Raises `UnreadableRow`."""
    letters = "".join(said.split()).rstrip("=").upper()
    try:
        return checked_seed(b32decode(letters + "=" * (-len(letters) % 8)))
    except ValueError:
        raise UnreadableRow("has the seed of an authenticator app that cannot be read") from None


def checked_seed(seed: bytes) -> bytes:
    """Return a seed that can be one. Raises `ValueError`."""
    if not SHORTEST <= len(seed) <= LONGEST:
        raise ValueError("a seed has 10 to 128 bytes")
    return seed


def written(seed: bytes | None, handle: bytes | None, passkeys: tuple[Passkey, ...]) -> Iterator[tuple[str, object]]:
    """Yield what our own format says of somebody's second factors."""
    if seed is not None:
        yield "totp_secret", b32encode(seed).decode().rstrip("=")
    if passkeys and handle is not None:
        yield "user_handle", b64(handle)
        yield "passkeys", [_described(one) for one in passkeys]


def _described(one: Passkey) -> Mapping[str, object]:
    return {
        "credential_id": b64(one.credential_id),
        "public_key": b64(one.public_key),
        "sign_count": one.sign_count,
        "aaguid": one.aaguid,
        "transports": list(one.transports),
        "name": one.name,
        "backup_eligible": one.backup_eligible,
        "backed_up": one.backed_up,
        "rp_id": one.rp_id,
    }


def _array(entry: Entry, name: str) -> list[object] | None:
    """Return a member that is an array, an empty one if it is missing, `None` for anything else."""
    value: object = entry.get(name) or list[object]()
    return cast("list[object]", value) if isinstance(value, list) else None


def _passkey(said: object) -> NewPasskey:
    """Return one passkey. That it verified its person nobody here has seen, so `uv_seen` is not believed."""
    entry: Entry = cast(Entry, said) if isinstance(said, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    credential_id, public_key = (unb64(text(entry, name) or "") for name in ("credential_id", "public_key"))
    count, eligible, backed_up = entry.get("sign_count", 0), entry.get("backup_eligible"), entry.get("backed_up")
    transports = _array(entry, "transports")
    if not credential_id or len(credential_id) > _MOST_ID or not public_key:
        raise UnreadableRow("has a passkey whose id or key cannot be read")
    if not isinstance(eligible, bool) or not isinstance(backed_up, bool) or (backed_up and not eligible):
        raise UnreadableRow("has a passkey of which backup_eligible and backed_up are not told, or do not fit")
    if type(count) is not int or not 0 <= count < 1 << 32 or transports is None:
        raise UnreadableRow("has a passkey whose sign_count or transports cannot be read")
    return NewPasskey(
        credential_id=credential_id,
        public_key=public_key,
        sign_count=count,
        aaguid=text(entry, "aaguid") or NO_AAGUID,
        transports=tuple(map(str, transports)),
        name=(text(entry, "name") or "Passkey")[:MAX_NAME],
        backup_eligible=eligible,
        backed_up=backed_up,
        uv_seen=False,
        rp_id=text(entry, "rp_id") or "",
    )
