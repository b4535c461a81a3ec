"""Signs JSON Web Tokens by hand: the header is encoded once per key, the claims by msgspec, then signed."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from gatelodge.keys.secrets import unb64
from gatelodge.protocol.client import SigningAlg
from gatelodge.protocol.signature import proof_of

TYPES = ("at+jwt", "JWT", "logout+jwt")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_ECDSA = ECDSA(SHA256())
_PKCS1 = PKCS1v15()
_SHA256 = SHA256()


class Signer:
    """Signs with one private key. Any thread may use it. Raises `ValueError` if key and algorithm do not fit."""

    __slots__ = ("_headers", "_proves", "_signature", "alg", "kid")

    def __init__(self, kid: str, alg: SigningAlg, key: EllipticCurvePrivateKey | RSAPrivateKey) -> None:
        self.kid = kid
        self.alg: SigningAlg = alg
        self._headers = {typ: _header(kid, alg, typ) for typ in TYPES}
        self._signature = _signature_of(alg, key)
        self._proves = proof_of(alg, key.public_key())

    def sign(self, claims: Mapping[str, object], typ: str) -> str:
        """Return `claims` as a compact JWT whose header says `typ`, one of `TYPES` (RFC 7515 7.1)."""
        signed = self._headers[typ] + _b64(_encode(claims))
        return (signed + b"." + _b64(self._signature(signed))).decode("ascii")

    def header(self, typ: str) -> str:
        """Return the encoded header of every token of this kind it signs; no two keys have the same."""
        return self._headers[typ][:-1].decode("ascii")

    def read(self, token: str, typ: str) -> dict[str, Any] | None:
        """Return the claims of a token that this very signer made, `None` for any other.

        The header must be the one it writes, byte for byte, so there is nothing in it to be judged; and nobody else can
        have made what is signed. Tokens of others go through `protocol.jose`.
        """
        signed, _, signature = token.rpartition(".")
        header, _, claims = signed.partition(".")
        raw, body = unb64(signature), unb64(claims)
        if raw is None or body is None or header != self.header(typ) or not self._proves(signed.encode("ascii"), raw):
            return None
        return _decode(body)


def _signature_of(alg: SigningAlg, key: EllipticCurvePrivateKey | RSAPrivateKey) -> Callable[[bytes], bytes]:
    if alg == "ES256" and isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        sign_ec = key.sign
        return lambda signed: raw_signature(sign_ec(signed, _ECDSA))
    if alg == "RS256" and isinstance(key, RSAPrivateKey):
        sign_rsa = key.sign
        return lambda signed: sign_rsa(signed, _PKCS1, _SHA256)
    raise ValueError(f"this key cannot sign {alg}")


def raw_signature(der: bytes) -> bytes:
    """Return a DER-encoded P-256 signature as the 64 bytes of JWS (RFC 7518 3.4): r and s, 32 bytes each.

    Both lengths fit one byte, so the second number begins four bytes after the end of the first one's length.
    """
    end_of_r = 4 + der[3]
    r, s = der[4:end_of_r], der[end_of_r + 2 :]
    return r[-32:].rjust(32, b"\0") + s[-32:].rjust(32, b"\0")


def _header(kid: str, alg: str, typ: str) -> bytes:
    return _b64(_encode({"alg": alg, "typ": typ, "kid": kid})) + b"."


def _b64(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
