"""A client that proves its key: proofs as they should be, but for what a test changes."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

Key = ECKey | OKPKey | RSAKey
_NUMBERS = count()


def key_for(alg: str = "ES256", name: str = "") -> Key:
    """The private key of that name, made once for all tests."""
    return _made(alg, name)


@cache
def _made(alg: str, name: str) -> Key:
    del name
    if alg == "ES256":
        return ECKey.generate_key("P-256")
    return OKPKey.generate_key("Ed25519") if alg.startswith("Ed") else RSAKey.generate_key(2048)


def jkt_of(key: Key) -> str:
    """The thumbprint of a key, computed by somebody else's code."""
    return key.thumbprint()


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def ath_of(token: str) -> str:
    return b64(sha256(token.encode()).digest())


def proof(
    url: str,
    method: str = "POST",
    *,
    now: int,
    key: Key | None = None,
    alg: str = "ES256",
    signed_by: Key | None = None,
    header: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A good proof for one request, each time another; `None` takes a member out of its header or its claims."""
    key = key or key_for(alg)
    head = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)} | dict(header or {})
    claims = {"jti": f"jti-{next(_NUMBERS)}", "htm": method, "htu": url, "iat": now} | changes
    parts = [{name: value for name, value in part.items() if value is not None} for part in (head, claims)]
    text = ".".join(b64(json.dumps(part).encode()) for part in parts)
    algorithm = JWSRegistry.algorithms["EdDSA" if alg.startswith("Ed") else alg]
    return f"{text}.{b64(algorithm.sign(text.encode(), signed_by or key))}"
