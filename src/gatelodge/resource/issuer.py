"""The authorization server whose tokens an API takes: found when it is first needed, its keys kept at hand."""

from gatelodge.client.messages.discovery import ServerMetadata, discovery_requests
from gatelodge.client.sending.jwks import AsyncJwksCache, JwksCache
from gatelodge.client.sending.metadata import Metadata
from gatelodge.clock import Clock
from gatelodge.protocol.jwks import PublicKeys
from gatelodge.resource.carrier import Carrier

MOMENT = 1.0  # seconds in which keys are used again without asking whether it is time to look


class Issuer:
    """One authorization server, for threads and tasks. Each question raises `OAuthClientError` if it was never found.

    Raises `AddressRefused` for a text that can be no issuer: now, and not with the first token.
    """

    def __init__(self, issuer: str, carrier: Carrier, clock: Clock) -> None:
        discovery_requests(issuer)
        self.name = issuer
        self._carrier = carrier
        self.clock = clock
        wanted = ("jwks_uri", "introspection_endpoint")
        self._metadata = Metadata(issuer, wanted=wanted, allow_private=carrier.allow_private, clock=clock)
        self._keys: tuple[str, JwksCache] | None = None  # with the address they are at
        self._async_keys: tuple[str, AsyncJwksCache] | None = None
        self._at_hand = PublicKeys(), float("-inf")  # and until when, in monotonic seconds

    @property
    def known(self) -> ServerMetadata | None:
        """What is known of it without asking."""
        return self._metadata.known

    def metadata(self) -> ServerMetadata:
        """Return what the server says about itself."""
        return self._metadata.get(self._carrier.send)

    async def metadata_async(self) -> ServerMetadata:
        """Do the same from a task."""
        return await self._metadata.get_async(self._carrier.send_async)

    def keys_for(self, kid: str | None, alg: str) -> PublicKeys:
        """Return the server's keys, looking again if this one is unknown and the last look is long ago."""
        return self._had(kid, alg) or self._keep(self._looked_for(kid, alg))

    async def keys_for_async(self, kid: str | None, alg: str) -> PublicKeys:
        """Do the same from a task."""
        return self._had(kid, alg) or self._keep(await self._looked_for_async(kid, alg))

    def _had(self, kid: str | None, alg: str) -> PublicKeys | None:
        """Return the keys of a moment ago if the one asked for is among them, by its name."""
        keys, until = self._at_hand
        if kid is None or self.clock.monotonic() >= until:
            return None
        key = keys.find(kid, alg)
        return keys if key is not None and key.kid == kid else None

    def _keep(self, keys: PublicKeys) -> PublicKeys:
        self._at_hand = keys, self.clock.monotonic() + MOMENT
        return keys

    def _looked_for(self, kid: str | None, alg: str) -> PublicKeys:
        uri = self.metadata().endpoint("jwks_uri")
        if self._keys is None or self._keys[0] != uri:
            self._keys = uri, JwksCache(uri, self._carrier.send, self.clock)
        return self._keys[1].keys_for(kid, alg)

    async def _looked_for_async(self, kid: str | None, alg: str) -> PublicKeys:
        uri = (await self.metadata_async()).endpoint("jwks_uri")
        if self._async_keys is None or self._async_keys[0] != uri:
            self._async_keys = uri, AsyncJwksCache(uri, self._carrier.send_async, self.clock)
        return await self._async_keys[1].keys_for(kid, alg)
