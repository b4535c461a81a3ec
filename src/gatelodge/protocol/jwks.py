"""Public keys to verify with: read once from a JWK set, found by `kid` and algorithm alone (RFC 7517)."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gatelodge.protocol.signature import ALGORITHMS_OF_EC, ALGORITHMS_OF_RSA, Proof, proof_of
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_JWKS = 65_536  # bytes
MAX_KEYS = 32
MAX_KID = 255  # characters
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 4096  # a larger one only costs us time

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHMS = {"EC": ALGORITHMS_OF_EC, "RSA": ALGORITHMS_OF_RSA}


class BadKeys(ValueError):
    """A JWK set we do not take; the message says why and echoes nothing."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, as a test for each algorithm it may verify. `kid` is `None` if it has no name."""

    kid: str | None
    proofs: Mapping[str, Proof]


class Keys(Protocol):
    """Where the one JOSE door looks for the key of a token it was handed."""

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the one key of that name fit for `alg`, or `None`."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """A set of public keys."""

    keys: tuple[VerificationKey, ...] = ()

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key named `kid`; without a name, the only key that fits `alg` (OpenID Connect Core 10.1)."""
        fitting = [key for key in self.keys if alg in key.proofs and (kid is None or key.kid == kid)]
        return fitting[0] if len(fitting) == 1 else None


def read_jwks(raw: bytes) -> PublicKeys:
    """Return the signing keys of a JWK set; keys for encryption and of types we never verify are passed over.

    Raises `BadKeys` for a private or symmetric key, two keys of one name, a weak RSA key, or no usable key at all.
    """
    try:
        document = read_object(raw, MAX_JWKS)
    except BadJson as error:
        raise BadKeys("jwks is not a JSON object") from error
    entries = document.get("keys")
    if not isinstance(entries, list) or not 0 < len(cast("list[Any]", entries)) <= MAX_KEYS:
        raise BadKeys("jwks has no list of keys")
    return public_keys(key for key in map(read_jwk, cast("list[Any]", entries)) if key is not None)


def public_keys(keys: Iterable[VerificationKey]) -> PublicKeys:
    """Return `keys` as a set. Raises `BadKeys` if it is empty or a name is used twice (RFC 7517 4.5)."""
    found = tuple(keys)
    names = [key.kid for key in found if key.kid is not None]
    if len(set(names)) != len(names):
        raise BadKeys("two keys have the same kid")
    if not found:
        raise BadKeys("no key can verify a signature we accept")
    return PublicKeys(found)


def read_jwk(jwk: object) -> VerificationKey | None:
    """Return one JWK as a key to verify with, or `None` if it is for something else. Raises `BadKeys`."""
    if not isinstance(jwk, dict):
        raise BadKeys("a key is not a JSON object")
    members = cast("dict[str, Any]", jwk)
    if members.get("kty") == "oct" or _PRIVATE_MEMBERS & members.keys():
        raise BadKeys("a key is not public")
    if not _is_for_signing(members):
        return None
    kid, key = _kid(members), _imported(members).public_key
    return VerificationKey(kid, {alg: proof_of(alg, key) for alg in _algorithms(members)})


def _is_for_signing(jwk: Mapping[str, Any]) -> bool:
    if jwk.get("use", "sig") != "sig" or (jwk.get("kty") == "EC" and jwk.get("crv") != "P-256"):
        return False
    return bool(_algorithms(jwk))


def _algorithms(jwk: Mapping[str, Any]) -> frozenset[str]:
    """A key that names its algorithm verifies that one only (RFC 8725 3.1)."""
    kty: Any = jwk.get("kty")
    fit = _ALGORITHMS.get(kty, frozenset[str]()) if isinstance(kty, str) else frozenset[str]()
    return fit & {jwk["alg"]} if isinstance(jwk.get("alg"), str) else fit


def _kid(jwk: Mapping[str, Any]) -> str | None:
    kid: Any = jwk.get("kid")
    if kid is None:
        return None
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        raise BadKeys("a kid is not a short string")
    return kid


def _imported(jwk: Mapping[str, Any]) -> ECKey | RSAKey:
    """Keep the members that make up the public key and none that could change what it is used for."""
    try:
        if jwk["kty"] == "EC":
            return ECKey.import_key({name: str(jwk[name]) for name in ("kty", "crv", "x", "y")})
        if not MIN_RSA_BITS <= _bits(str(jwk["n"])) <= MAX_RSA_BITS:
            raise BadKeys(f"an RSA key must have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
        return RSAKey.import_key({name: str(jwk[name]) for name in ("kty", "n", "e")})
    except BadKeys:
        raise
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise BadKeys("a key cannot be read") from error


def _bits(modulus: str) -> int:
    return int.from_bytes(urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()
