"""Keys for clients that do not exist: checking an assertion takes as long as for one that does, and never succeeds."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from joserfc.jwk import ECKey

from gatelodge.protocol.jwks import PublicKeys, VerificationKey, read_jwk

# No product of two primes, so nobody's key: verifying with it costs what verifying with any 2048-bit key costs.
_MODULUS = urlsafe_b64encode((1 << 2047 | 1).to_bytes(256)).rstrip(b"=").decode()


class Decoys(PublicKeys):
    """Finds a key whatever name is asked for."""

    __slots__ = ()

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return the key for `alg`; its name does not matter."""
        return super().find(None, alg)


@lru_cache(maxsize=1)
def decoys() -> Decoys:
    """Return the decoys of this process."""
    made = (read_jwk(ECKey.generate_key("P-256", private=False).as_dict()), read_jwk(_RSA))
    return Decoys(tuple(key for key in made if key is not None))


_RSA = {"kty": "RSA", "n": _MODULUS, "e": "AQAB"}
