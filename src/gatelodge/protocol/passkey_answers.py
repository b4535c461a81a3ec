"""What a browser sends after it used or made a passkey, taken apart: JSON as `PublicKeyCredential.toJSON` writes it.

Nothing of it is believed yet: `protocol/passkey.py` judges it. Everything is bounded before it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from gatelodge.protocol.base64url import decoded
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_ANSWER = 16_384  # bytes of JSON
MAX_CREDENTIAL_ID = 1_023  # bytes (WebAuthn L3 4, credential ID)
MAX_HANDLE = 64  # bytes (WebAuthn L3 5.4.3)
_MAX_CLIENT_DATA = 4_096  # bytes
_FIXED = 37  # bytes of authenticator data before what varies (WebAuthn L3 6.1)
_TRANSPORTS = frozenset({"ble", "hybrid", "internal", "nfc", "smart-card", "usb"})


class BadAnswer(ValueError):
    """Not what a browser sends for a passkey."""


class ClientData(NamedTuple):
    """What the browser says of the page (WebAuthn L3 5.8.1). `framed` if the page stands in another site's page."""

    type: str
    challenge: str
    origin: str
    framed: bool


class AuthenticatorData(NamedTuple):
    """What the authenticator says (WebAuthn L3 6.1): whom for, that somebody was `present`, that they were `verified`,
    whether the key may be and was backed up, and how often it was used."""

    rp_id_hash: bytes
    present: bool
    verified: bool
    backup_eligible: bool
    backed_up: bool
    sign_count: int


@dataclass(frozen=True, slots=True)
class PasskeyAssertion:
    """The answer made with a passkey. `user_handle` says whose it is, if it says so; the other bytes are signed."""

    credential_id: bytes
    client: ClientData
    authenticator: AuthenticatorData
    user_handle: bytes | None
    client_data: bytes = field(repr=False)
    authenticator_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasskeyAttestation:
    """The answer that brings a new passkey; `attestation_object` is CBOR and holds its public key."""

    credential_id: bytes
    client: ClientData
    transports: tuple[str, ...]
    client_data: bytes = field(repr=False)
    attestation_object: bytes = field(repr=False)


def read_assertion(text: str) -> PasskeyAssertion:
    """Read what `navigator.credentials.get` answered. Raises `BadAnswer`."""
    credential_id, response = _read(text)
    client_data, authenticator_data = _bytes(response, "clientDataJSON"), _bytes(response, "authenticatorData")
    handle = None if response.get("userHandle") is None else _bytes(response, "userHandle", MAX_HANDLE)
    return PasskeyAssertion(
        credential_id,
        read_client_data(client_data),
        read_authenticator_data(authenticator_data),
        handle,
        client_data,
        authenticator_data,
        _bytes(response, "signature"),
    )


def read_attestation(text: str) -> PasskeyAttestation:
    """Read what `navigator.credentials.create` answered. Raises `BadAnswer`."""
    credential_id, response = _read(text)
    client_data = _bytes(response, "clientDataJSON")
    said = response.get("transports")
    transports = cast("list[object]", said) if isinstance(said, list) else []
    return PasskeyAttestation(
        credential_id,
        read_client_data(client_data),
        tuple(sorted(_TRANSPORTS.intersection(one for one in transports if isinstance(one, str)))),
        client_data,
        _bytes(response, "attestationObject"),
    )


def read_client_data(raw: bytes) -> ClientData:
    """Read `clientDataJSON`. A page is framed unless it says it is not, or says nothing. Raises `BadAnswer`."""
    said = _object(raw, _MAX_CLIENT_DATA)
    texts = [said.get(name) for name in ("type", "challenge", "origin")]
    if not all(isinstance(text, str) for text in texts):
        raise BadAnswer("client data")
    kind, challenge, origin = cast("list[str]", texts)
    return ClientData(kind, challenge, origin, said.get("crossOrigin", False) is not False or "topOrigin" in said)


def read_authenticator_data(raw: bytes) -> AuthenticatorData:
    """Read the fixed part of authenticator data. Raises `BadAnswer`."""
    if len(raw) < _FIXED:
        raise BadAnswer("authenticator data")
    flags = raw[32]
    present, verified, eligible, backed_up = (bool(flags & 1 << bit) for bit in (0, 2, 3, 4))
    return AuthenticatorData(raw[:32], present, verified, eligible, backed_up, int.from_bytes(raw[33:_FIXED]))


def _read(text: str) -> tuple[bytes, Mapping[str, object]]:
    whole = _object(text.encode("utf-8", "surrogatepass"), MAX_ANSWER)
    response = whole.get("response")
    if whole.get("type") != "public-key" or whole.get("id") != whole.get("rawId") or not isinstance(response, dict):
        raise BadAnswer("credential")
    return _bytes(whole, "rawId", MAX_CREDENTIAL_ID), cast("dict[str, object]", response)


def _object(raw: bytes, most: int) -> Mapping[str, object]:
    try:
        return read_object(raw, most)
    except BadJson as error:
        raise BadAnswer("JSON") from error


def _bytes(members: Mapping[str, object], name: str, most: int = MAX_ANSWER) -> bytes:
    text = members.get(name)
    try:
        raw = decoded(text.encode("ascii")) if isinstance(text, str) else b""
    except ValueError as error:
        raise BadAnswer(name) from error
    if not 0 < len(raw) <= most:
        raise BadAnswer(name)
    return raw
