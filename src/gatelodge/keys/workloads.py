"""Whose word about a workload is believed, and by which keys: for a client that is one, and for a grant."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.keys.remote import RemoteKeys
from gatelodge.protocol.jose import TokenParts
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.protocol.workload import ALGORITHMS, TrustedIssuer, fits, read_pattern
from gatelodge.stores.registry import Registry

SEEN = "workload assertion"  # of what is remembered, so that it comes once


@dataclass(frozen=True, slots=True)
class Workloads:
    """Finds who is trusted and their keys. `remote` are those of others, `inside` may be in the operator's network."""

    registry: Registry
    remote: RemoteKeys
    inside: RemoteKeys

    async def trusted(self, workloads: Sequence[str], parts: TokenParts) -> TrustedIssuer | None:
        """Return who is to have signed a JWT, if one of these `workloads` is meant: before anything is fetched."""
        listed = await self.registry.trusted_issuers()
        trusted = next((one for one in listed if one.issuer == parts.claims.get("iss")), None)
        patterns = [read_pattern(said) for said in workloads]
        if trusted is None or not fits(parts.claims, [one for one in patterns if one.issuer == trusted.name]):
            return None
        return trusted

    async def keys_of(self, trusted: TrustedIssuer, parts: TokenParts) -> PublicKeys:
        """Return the key that a JWT names, if its issuer publishes it."""
        alg = parts.header.get("alg")
        if alg not in ALGORITHMS:
            return PublicKeys()
        key = await (self.inside if trusted.allow_private else self.remote).find(trusted.jwks_uri, parts.kid, alg)
        return PublicKeys() if key is None else PublicKeys((key,))
