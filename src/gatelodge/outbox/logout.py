"""Applications are told that a session is over, each at its own address (OpenID Connect Back-Channel Logout 1.0 2.5).

The token is made when it is sent, so it is never older than its try; whoever answered 200 is told no more.
"""

from collections.abc import Collection
from typing import ClassVar, Self
from urllib.parse import urlsplit

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import DAY
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.keys import SigningKeys
from gatelodge.keys.secrets import b64
from gatelodge.outbound import Call, FetchFailed, Outbound
from gatelodge.outbox.contract import NotDelivered, ParcelKind, ReceiverAway, Undeliverable
from gatelodge.protocol.client import Client
from gatelodge.protocol.logout_token import TYPE, EndedSession, logout_token_claims
from gatelodge.protocol.subjects import Subjects
from gatelodge.stores import visits
from gatelodge.stores.outbox import Parcel
from gatelodge.stores.registry import Registry
from gatelodge.stores.visits import SessionVisit

HOUR = 3_600
AT_ONCE = 64  # as many as one look takes on, so that nobody waits for a place
MAX_ANSWER = 65_536  # bytes: what it says besides its status does not matter
JTI_BYTES = 16

ARRIVED, REFUSED = frozenset({200, 204}), 400  # HTTP status


class LogoutNotice(ParcelKind):
    """Tells clients that a session is over."""

    name: ClassVar[str] = visits.KIND
    pauses: ClassVar[tuple[int, ...]] = (1, 5, 30, 300, HOUR, 6 * HOUR)
    lifetime: ClassVar[int] = DAY
    patience: ClassVar[float] = 10.0  # more than the door itself has

    def __init__(
        self,
        issuer: str,
        registry: Registry,
        keys: SigningKeys,
        outbound: Outbound,
        clock: Clock,
        entropy: Entropy,
        subjects: Subjects,
        own_hosts: Collection[str] = (),
    ) -> None:
        self._issuer = issuer
        self._registry = registry
        self._keys = keys
        self._outbound = outbound.apart(AT_ONCE)
        self._own_network = outbound.into_own_network().apart(AT_ONCE)
        self._own_hosts = frozenset(host.lower().strip("[]") for host in own_hosts)
        self._clock = clock
        self._entropy = entropy
        self._subjects = subjects

    @classmethod
    def open(cls, on: Foundation) -> Self:
        own_hosts = on.config.sessions.logout_hosts
        return cls(on.site.issuer, on.registry, on.keys, on.outbound, on.clock, on.entropy, on.subjects, own_hosts)

    async def deliver(self, parcel: Parcel) -> None:
        visit = visits.read(parcel.payload)
        client = await self._registry.client(visit.client_id)
        if client is None or client.generation != visit.generation or client.backchannel_logout_uri is None:
            raise Undeliverable("the client is gone, disabled, or wants to hear of no sign-out any more")
        call = Call("POST", {"logout_token": self._token(client, visit)})
        try:
            answer = await self._door_to(client.backchannel_logout_uri).send(
                call, client.backchannel_logout_uri, MAX_ANSWER
            )
        except FetchFailed as failure:
            raise ReceiverAway(failure.reason) from None
        if answer.status == REFUSED:
            raise Undeliverable("the client refuses the logout token: it answered 400")
        if answer.status not in ARRIVED:
            raise NotDelivered(f"the client answered {answer.status}")

    def _door_to(self, uri: str) -> Outbound:
        """Return the door to an address: the one into our own network where the operator named its host."""
        return self._own_network if urlsplit(uri).hostname in self._own_hosts else self._outbound

    def _token(self, client: Client, visit: SessionVisit) -> str:
        now, jti = self._clock.now(), b64(self._entropy.bytes(JTI_BYTES))
        whose = None if client.backchannel_needs_sid else self._subjects.told(client, visit.sub)
        claims = logout_token_claims(EndedSession(self._issuer, client.id, whose, visit.sid, jti), now)
        return self._keys.ring.signer(client.id_token_alg, now).sign(claims, TYPE)
