"""Public keys to verify with: read once from a JWK set, found by `kid` and algorithm alone (RFC 7517)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol, cast

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gatelodge.protocol.signature import ALGORITHMS, VERIFIABLE, Proof, PublicKey, proof_of
from gatelodge.protocol.strict_json import MAX_CONTAINERS, BadJson, read_object

MAX_JWKS = 65_536  # bytes
MAX_KEYS = 32
MAX_PUBLISHED, MAX_PUBLISHED_KEYS = 262_144, 256  # bytes and keys of what an authorization server publishes
MAX_KID = 255  # characters
MAX_TRIED = 8  # keys that a token which does not say which may cost us
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 4096  # a larger one only costs us time

ASYMMETRIC = frozenset({"ES256", "RS256", "PS256"})  # what is verified unless more is chosen

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MEMBERS = {"EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x"), "RSA": ("kty", "n", "e")}


class BadKeys(ValueError):
    """A JWK set we do not take; the message says why and echoes nothing."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, as a test for each algorithm it may verify. `kid` is `None` if it has no name."""

    kid: str | None
    proofs: Mapping[str, Proof]


class KeySource(Protocol):
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


class IssuerKeys(PublicKeys):
    """The keys one authorization server signs with. Any of them will do where a token or a key does not say which."""

    __slots__ = ("_by_name",)
    _by_name: Mapping[tuple[str | None, str], VerificationKey]

    def __init__(self, keys: tuple[VerificationKey, ...]) -> None:
        super().__init__(keys)
        names = Counter(key.kid for key in self.keys)
        by_name = {(key.kid, alg): key for key in self.keys for alg in key.proofs if key.kid and names[key.kid] == 1}
        object.__setattr__(self, "_by_name", by_name)

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key named `kid`; if none is, or the token names none, whichever key it could be (RFC 7515 6).

        Keys without a name could be it, for a token without a name any. `None` if there are none or too many to try.
        """
        return self._by_name.get((kid, alg)) or self._possible(kid, alg)

    def _possible(self, kid: str | None, alg: str) -> VerificationKey | None:
        fitting = [key for key in self.keys if alg in key.proofs]
        named = [key for key in fitting if key.kid == kid]
        tried = named or [key for key in fitting if kid is None or key.kid is None]
        if len(tried) == 1:
            return tried[0]
        return _any_of(tried, alg) if 0 < len(tried) <= MAX_TRIED else None


def _any_of(keys: Sequence[VerificationKey], alg: str) -> VerificationKey:
    proofs = [key.proofs[alg] for key in keys]
    return VerificationKey(None, {alg: lambda signed, signature: any(proves(signed, signature) for proves in proofs)})


def read_jwks(raw: bytes) -> PublicKeys:
    """Return the signing keys of a JWK set that somebody registers; keys for other purposes are passed over.

    Raises `BadKeys` for a private or symmetric key, two keys of one name, a weak RSA key, or no usable key at all.
    """
    entries = _entries(raw, MAX_JWKS, MAX_KEYS, MAX_CONTAINERS)
    return public_keys(key for key in map(read_jwk, entries) if key is not None)


def read_published(raw: bytes) -> IssuerKeys:
    """Return the keys that an authorization server publishes, whatever stands beside them, for any algorithm we know.

    Raises `BadKeys` if there is none.
    """
    keys: list[VerificationKey] = []
    for entry in _entries(raw, MAX_PUBLISHED, MAX_PUBLISHED_KEYS, 3 * MAX_PUBLISHED_KEYS):
        with suppress(BadKeys):  # its other keys are no worse for it
            keys += [key for key in (read_jwk(entry, VERIFIABLE),) if key is not None]
    if not keys:
        raise BadKeys("no key can verify a signature")
    return IssuerKeys(tuple(keys))


def _entries(raw: bytes, max_bytes: int, max_keys: int, max_containers: int) -> list[Any]:
    try:
        document = read_object(raw, max_bytes, max_containers)
    except BadJson as error:
        raise BadKeys("jwks is not a JSON object") from error
    entries = document.get("keys")
    if not isinstance(entries, list) or not 0 < len(cast("list[Any]", entries)) <= max_keys:
        raise BadKeys("jwks has no list of keys")
    return cast("list[Any]", entries)


def public_keys(keys: Iterable[VerificationKey]) -> PublicKeys:
    """Return `keys` as a set. Raises `BadKeys` if it is empty or a name is used twice (RFC 7517 4.5)."""
    found = tuple(keys)
    names = [key.kid for key in found if key.kid is not None]
    if len(set(names)) != len(names):
        raise BadKeys("two keys have the same kid")
    if not found:
        raise BadKeys("no key can verify a signature we accept")
    return PublicKeys(found)


def read_jwk(jwk: object, algorithms: frozenset[str] = ASYMMETRIC) -> VerificationKey | None:
    """Return one JWK as a key to verify `algorithms` with, or `None` if it is for something else. Raises `BadKeys`."""
    if not isinstance(jwk, dict):
        raise BadKeys("a key is not a JSON object")
    members = cast("dict[str, Any]", jwk)
    if members.get("kty") == "oct" or _PRIVATE_MEMBERS & members.keys():
        raise BadKeys("a key is not public")
    fit = _algorithms(members) & algorithms
    if members.get("use", "sig") != "sig" or not fit:
        return None
    kid, key = _kid(members), _imported(members)
    return VerificationKey(kid, {alg: proof_of(alg, key) for alg in fit})


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a key that `read_jwk` took: of what makes it up and nothing else (RFC 7638)."""
    members = {name: jwk[name] for name in sorted(_MEMBERS[jwk["kty"]])}
    digest = sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _algorithms(jwk: Mapping[str, Any]) -> frozenset[str]:
    """A key that names its algorithm verifies that one only (RFC 8725 3.1); both names of one are that one."""
    kty, crv, alg = (_text(jwk, name) for name in ("kty", "crv", "alg"))
    fit = ALGORITHMS.get((kty or "", crv if kty != "RSA" else None), frozenset[str]())
    return fit if alg is None or (kty == "OKP" and alg in fit) else fit & {alg}


def _text(jwk: Mapping[str, Any], name: str) -> str | None:
    value = jwk.get(name)
    return value if isinstance(value, str) else None


def _kid(jwk: Mapping[str, Any]) -> str | None:
    kid: Any = jwk.get("kid")
    if kid is None:
        return None
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        raise BadKeys("a kid is not a short string")
    return kid


def _imported(jwk: Mapping[str, Any]) -> PublicKey:
    """Keep the members that make up the public key and none that could change what it is used for."""
    try:
        members: dict[str, str | list[str]] = {name: str(jwk[name]) for name in _MEMBERS[jwk["kty"]]}
        if jwk["kty"] == "EC":
            return ECKey.import_key(members).public_key
        if jwk["kty"] == "OKP":
            return cast("PublicKey", OKPKey.import_key(members).public_key)
        if not MIN_RSA_BITS <= _bits(str(members["n"])) <= MAX_RSA_BITS:
            raise BadKeys(f"an RSA key must have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
        return RSAKey.import_key(members).public_key
    except BadKeys:
        raise
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise BadKeys("a key cannot be read") from error


def _bits(modulus: str) -> int:
    return int.from_bytes(urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()
