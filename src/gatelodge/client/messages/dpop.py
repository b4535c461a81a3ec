"""Proving that a token is ours: a key, a proof for each request, and the nonce a server wants in it (RFC 9449)."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from json import dumps
from typing import Literal
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.clock import Clock, Entropy, SystemClock, SystemEntropy
from gatelodge.protocol.dpop import HEADER, MAX_NONCE, NONCE_HEADER, SCHEME, TYPE, token_hash
from gatelodge.protocol.strict_json import BadJson, read_object

DpopAlg = Literal["ES256", "EdDSA", "PS256"]

MAX_ERROR = 16_384  # bytes of an answer that is looked into for the wish for a nonce
MAX_SERVERS = 100  # whose nonces are remembered
_JTI_BYTES = 16
_ASKS = re.compile(r'(?:^|[\s,])error="?use_dpop_nonce"?(?:$|[\s,])')


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


@dataclass(frozen=True)
class DpopKey:
    """The key that tokens are bound to. Without it they are worth nothing: keep it as long as them, and as secret.

    `generate` makes one, `pem` and `from_pem` keep it across a restart. Any thread and task may use it; it remembers
    which nonce each server wants. Raises `ValueError` if key and algorithm do not fit.
    """

    key: ECKey | OKPKey | RSAKey = field(repr=False)
    alg: DpopAlg = "ES256"
    clock: Clock = field(default_factory=SystemClock, compare=False, repr=False)
    entropy: Entropy = field(default_factory=SystemEntropy, compare=False, repr=False)
    _nonces: dict[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.key, _KINDS[self.alg]) or not self.key.is_private:
            raise ValueError(f"a private key for {self.alg} is needed")

    @classmethod
    def generate(cls, alg: DpopAlg = "ES256", clock: Clock | None = None) -> "DpopKey":
        """Make a new key; `clock` tells its proofs the time."""
        match alg:
            case "ES256":
                return cls(ECKey.generate_key("P-256"), alg, clock or SystemClock())
            case "EdDSA":
                return cls(OKPKey.generate_key("Ed25519"), alg, clock or SystemClock())
            case "PS256":
                return cls(RSAKey.generate_key(2048), alg, clock or SystemClock())

    @classmethod
    def from_pem(cls, pem: str | bytes, alg: DpopAlg = "ES256", clock: Clock | None = None) -> "DpopKey":
        """Read what `pem` wrote. Raises `ValueError`."""
        return cls(_KINDS[alg].import_key(pem), alg, clock or SystemClock())

    @property
    def pem(self) -> str:
        """The private key as text, to be kept where nobody else reads it."""
        return self.key.as_pem(private=True).decode("ascii")

    @cached_property
    def jkt(self) -> str:
        """The thumbprint by which tokens name it (RFC 7638)."""
        return self.key.thumbprint()

    def headers(self, method: str, url: str, access_token: str) -> Mapping[str, str]:
        """Return what goes with one request to an API: the token, and a proof for this request alone (7.1)."""
        return {"authorization": f"{SCHEME} {access_token}", HEADER: self.proof(method, url, access_token)}

    def proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """Return a proof for one request, never the same twice (4.2)."""
        claims: dict[str, object] = {
            "jti": _b64(self.entropy.bytes(_JTI_BYTES)),
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": self.clock.now(),
        }
        if access_token is not None:
            claims["ath"] = token_hash(access_token)
        if (nonce := self._nonces.get(_origin(url))) is not None:
            claims["nonce"] = nonce
        signed = f"{self._header}.{_b64(dumps(claims).encode())}"
        return f"{signed}.{_b64(JWSRegistry.algorithms[self.alg].sign(signed.encode(), self.key))}"

    def learn(self, url: str, headers: Mapping[str, str]) -> bool:
        """Remember the nonce of an answer, for further proofs to that server; `False` if it has none (8.2)."""
        nonce = headers.get(NONCE_HEADER)
        if not nonce or len(nonce) > MAX_NONCE:
            return False
        origin = _origin(url)
        self._nonces.pop(origin, None)
        while len(self._nonces) >= MAX_SERVERS:
            self._nonces.pop(next(iter(self._nonces), ""), None)
        self._nonces[origin] = nonce
        return True

    @cached_property
    def _header(self) -> str:
        header = {"typ": TYPE, "alg": self.alg, "jwk": self.key.as_dict(private=False)}
        return _b64(dumps(header).encode())


_KINDS: Mapping[str, type[ECKey] | type[OKPKey] | type[RSAKey]] = {"ES256": ECKey, "EdDSA": OKPKey, "PS256": RSAKey}


def with_proof(key: DpopKey | None, request: HttpRequest, access_token: str | None = None) -> HttpRequest:
    """Return a request with a fresh proof, or as it is without a key."""
    if key is None:
        return request
    proof = key.proof(request.method, request.url, access_token)
    return replace(request, headers={**request.headers, HEADER: proof})


def asks_for_nonce(key: DpopKey | None, request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the same is to be asked again with the nonce that the answer told, which is remembered (8, 9)."""
    if key is None or not key.learn(request.url, response.headers):
        return False
    if response.status == 401:
        return challenges_for_nonce(response.headers.get("www-authenticate", ""))
    return response.status == 400 and _error_of(response) == "use_dpop_nonce"


def learn_nonce(key: DpopKey | None, request: HttpRequest, response: HttpResponse) -> None:
    """Remember what the next proof is to repeat, if an answer says so."""
    if key is not None:
        key.learn(request.url, response.headers)


def challenges_for_nonce(challenge: str) -> bool:
    """Whether a challenge asks for a nonce."""
    return _ASKS.search(challenge) is not None


def _error_of(response: HttpResponse) -> object:
    try:
        return read_object(response.body, MAX_ERROR).get("error")
    except BadJson:
        return None
