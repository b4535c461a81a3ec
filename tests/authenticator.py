"""An authenticator in software, with its browser, that does as it is told: right by default, and wrong on order."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cbor2 import dumps
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from gatelodge.keys.secrets import b64, unb64

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64


@dataclass
class SoftwareKey:
    """One passkey. `flags` are those of its authenticator data; `count` is its counter, which `step` raises it by."""

    rp_id: str = "id.test"
    origin: str = "https://id.test"
    handle: bytes = b""
    credential_id: bytes = b"credential-0123456789"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    step: int = 1
    aaguid: bytes = bytes(16)
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def cose(self) -> dict[int, Any]:
        """Its public key as authenticators write it."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return {1: 1, 3: -8, -1: 6, -2: self.private.public_key().public_bytes_raw()}
        numbers = self.private.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def create(self, options: dict[str, Any], *, fmt: str = "none", **client: Any) -> str:
        """Answer creation options; `client` are members of the client data that are to be otherwise."""
        self.handle = unb64(options["user"]["id"]) or b""
        client_data = self._client_data("webauthn.create", options["challenge"], client)
        attested = self.aaguid + len(self.credential_id).to_bytes(2) + self.credential_id + dumps(self.cose)
        data = self._data(self.flags | ATTESTED) + attested
        statement = {} if fmt == "none" else {"alg": -7, "sig": self._sign(data + sha256(client_data).digest())}
        made = dumps({"fmt": fmt, "attStmt": statement, "authData": data})
        return self._json({"attestationObject": b64(made), "transports": ["internal"]}, client_data)

    def get(self, options: dict[str, Any], *, handle: bytes | None = b"", **client: Any) -> str:
        """Answer request options; `handle` is another user handle, or `None` for none."""
        self.count += self.step
        client_data = self._client_data("webauthn.get", options["challenge"], client)
        data = self._data(self.flags)
        said: dict[str, Any] = {
            "authenticatorData": b64(data),
            "signature": b64(self._sign(data + sha256(client_data).digest())),
        }
        if handle is not None:
            said["userHandle"] = b64(handle or self.handle)
        return self._json(said, client_data)

    def _client_data(self, kind: str, challenge: str, other: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | other
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        return self.private.sign(data, ec.ECDSA(SHA256()))

    def _json(self, response: dict[str, Any], client_data: bytes) -> str:
        name = b64(self.credential_id)
        said = {"clientDataJSON": b64(client_data), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": said})
