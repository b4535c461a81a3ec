"""DPoP: a proof that whoever sends a request has the key that a token is bound to (RFC 9449 4).

The proof is a JWT that the client signs for one request. It brings its public key along and proves nothing but that
its sender has the private one; what the key is worth, a token or a code says that names it by its thumbprint, `jkt`.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

from gatelodge.protocol import jose, rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.http_uri import without_query
from gatelodge.protocol.jose import BadToken, Expected
from gatelodge.protocol.jwks import BadKeys, VerificationKey, read_jwk, thumbprint
from gatelodge.protocol.params import Params

TYPE = "dpop+jwt"
SCHEME = "DPoP"
HEADER = "dpop"
NONCE_HEADER = "dpop-nonce"
ALGORITHMS = ("ES256", "EdDSA", "Ed25519", "PS256")
MAX_PROOF = 8_192  # characters
MAX_JTI = 255  # characters
MAX_NONCE = 255  # characters
MAX_DRIFT = 60  # seconds `iat` may lie in the past or ahead
NONCE_WINDOW = 120  # seconds after which another nonce is given out
KEYS = 1_024  # keys of clients remembered at most

_EXPECTED = Expected(
    issuer=None,
    audience=None,
    types=frozenset({TYPE}),
    algorithms=frozenset(ALGORITHMS),
    brings_key=True,
    max_bytes=MAX_PROOF,
)
_JKT = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ProvenRequest:
    """What a proof must be for: `method` and `url` of the request that brings it, and the access token beside it."""

    method: str
    url: str
    access_token: str | None = None


@dataclass(frozen=True, slots=True)
class DpopProof:
    """A proof that was checked; made only by `check`. It is good once: `name` is to be remembered until `forget_at`.

    `jkt` is the thumbprint of its key. `nonce` is the one that it repeats, if any.
    """

    jkt: str
    jti: str
    forget_at: int
    nonce: str | None = None

    @property
    def name(self) -> str:
        """What tells it from every other proof."""
        return f"{self.jkt}\0{self.jti}"


@dataclass(frozen=True, slots=True)
class DpopNonces:
    """Nonces that follow from the time and a key, so that none is kept: whoever has the key knows them all (8)."""

    key: bytes = field(repr=False)

    def current(self, now: int) -> str:
        """Return the one to give out."""
        return _nonce(self.key, now // NONCE_WINDOW)

    def good(self, now: int) -> tuple[str, ...]:
        """Return those that are taken: also the one before, and one of a server whose clock is a little ahead."""
        window = now // NONCE_WINDOW
        return tuple(_nonce(self.key, number) for number in (window, window - 1, window + 1))


def check(proof: str, wanted: ProvenRequest, now: int, nonces: Collection[str] | None = None) -> DpopProof:
    """Return what a proof shows, if it is one for this request, made about now (4.3). Raises `BadToken`.

    `nonces` are those that are good, `None` if none is asked for. Whether the proof was used before is for the caller
    to find out.
    """
    parts = jose.take_apart(proof, MAX_PROOF, _header)
    alg = jose.check_header(parts, _EXPECTED)
    claims = parts.claims
    jti, iat = _jti(claims), _check_times(claims, now)
    _check_request(claims, wanted)
    nonce = _check_nonce(claims, nonces)
    key, jkt = _key(parts.signed.partition(b".")[0])
    if alg not in key.proofs:
        raise BadToken(rules.DPOP_KEY)
    if not key.proofs[alg](parts.signed, parts.signature):
        raise BadToken(rules.JWT_SIGNATURE)
    return DpopProof(jkt, jti, iat + 2 * MAX_DRIFT, nonce)


def check_binding(jkt: str | None, proof: DpopProof | None) -> None:
    """Check that what is bound to the key `jkt` comes with a proof by that key; `None` and `""` are bound to none.

    Raises `OAuthError`: invalid_dpop_proof without a proof, invalid_grant with another key's (5, 10).
    """
    if not jkt:
        return
    if proof is None:
        raise OAuthError("invalid_dpop_proof", "it is bound to a key, and no DPoP proof came with it", rules.DPOP_BOUND)
    if proof.jkt != jkt:
        raise OAuthError("invalid_grant", "it is bound to another key than that of the DPoP proof", rules.DPOP_BOUND)


def read_jkt(params: Params) -> str | None:
    """Return the thumbprint of the key that a code is to be bound to (10). Raises `OAuthError` if it cannot be one."""
    jkt = params.get("dpop_jkt")
    if jkt is not None and not _JKT.fullmatch(jkt):
        raise OAuthError("invalid_request", "dpop_jkt is no SHA-256 thumbprint", rules.DPOP_JKT)
    return jkt


def token_hash(access_token: str) -> str:
    """Return the `ath` of an access token (4.2)."""
    return _b64(sha256(access_token.encode("utf-8", "surrogatepass")).digest())


@lru_cache(maxsize=KEYS)
def _header(segment: bytes) -> Mapping[str, Any]:
    """Read a header as any other. Those of clients' keys are remembered apart from those of our own."""
    return jose.unproven_header(segment)


@lru_cache(maxsize=KEYS)
def _key(segment: bytes) -> tuple[VerificationKey, str]:
    """Return the public key that a header brings, and its thumbprint. A client sends the same one again and again."""
    jwk = _header(segment)["jwk"]
    try:
        key = read_jwk(jwk, _EXPECTED.algorithms)
    except BadKeys:
        raise BadToken(rules.DPOP_KEY) from None
    if key is None:
        raise BadToken(rules.DPOP_KEY)
    return key, thumbprint(jwk)


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise BadToken(rules.DPOP_ONCE)
    return jti


def _check_times(claims: Mapping[str, Any], now: int) -> int:
    """Return when it was made: that decides. `exp` and `nbf` are not asked for, and hold if they are there."""
    iat, exp, nbf = (_time(value) for value in (claims.get("iat"), claims.get("exp", now + 1), claims.get("nbf", now)))
    if not now - MAX_DRIFT <= iat <= now + MAX_DRIFT or exp <= now - MAX_DRIFT or nbf > now + MAX_DRIFT:
        raise BadToken(rules.DPOP_TIME)
    return int(iat)


def _time(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < jose.LAST_SECOND:
        raise BadToken(rules.DPOP_TIME)
    return value


def _check_request(claims: Mapping[str, Any], wanted: ProvenRequest) -> None:
    if claims.get("htm") != wanted.method:
        raise BadToken(rules.DPOP_METHOD)
    htu = claims.get("htu")
    if not isinstance(htu, str) or (htu != wanted.url and _normal(htu) != _normal(wanted.url)):
        raise BadToken(rules.DPOP_URL)
    if wanted.access_token is not None and claims.get("ath") != token_hash(wanted.access_token):
        raise BadToken(rules.DPOP_TOKEN)


def _normal(url: str) -> str:
    """Return an address without its query in its normal form; what has none is not equal to anything."""
    normal = without_query(url)
    if normal is None:
        raise BadToken(rules.DPOP_URL)
    return normal


def _check_nonce(claims: Mapping[str, Any], good: Collection[str] | None) -> str | None:
    """Return the nonce it repeats. One that nobody asked for is no reason to refuse it."""
    nonce = claims.get("nonce")
    if nonce is not None and (not isinstance(nonce, str) or len(nonce) > MAX_NONCE):
        raise BadToken(rules.DPOP_NONCE)
    if good is not None and nonce not in good:
        raise BadToken(rules.DPOP_NONCE)
    return nonce


@lru_cache(maxsize=8)
def _nonce(key: bytes, window: int) -> str:
    return _b64(hmac.digest(key, b"dpop nonce" + window.to_bytes(8), "sha256")[:18])


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
