"""Client assertions as they are read: a JWT in `client_assertion`, by the client itself or by who runs it."""

from functools import lru_cache

from gatelodge.protocol import jose
from gatelodge.protocol.assertion import MAX_ASSERTION
from gatelodge.protocol.jose import TokenParts


@lru_cache(maxsize=1)  # two methods look at the same one, one after the other
def taken_apart(token: str) -> TokenParts:
    """Return the parts of an assertion, proving nothing. Raises `BadToken`."""
    return jose.take_apart(token, MAX_ASSERTION)


def is_of_workload(parts: TokenParts) -> bool:
    """Whether an assertion is somebody's word about another: a client that signs for itself is issuer and subject."""
    issuer, subject = parts.claims.get("iss"), parts.claims.get("sub")
    return isinstance(issuer, str) and isinstance(subject, str) and issuer != subject
