"""Opaque access tokens: what the server said of one is believed for a few seconds, and never past the token's end.

While the server cannot be asked, no token is good of which it did not just say so. One token is asked about once at a
time, however many requests bring it, and only so many tokens at once, whether or not anybody still waits for the
answer: a flood of made-up ones stops here.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from gatelodge.client.forks import ForkedLock
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.introspection import introspection_request, read_introspection_response
from gatelodge.client.messages.registration import Moment
from gatelodge.client.sending.flight import Flight
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol import rules
from gatelodge.protocol.jose import BadToken, Expected
from gatelodge.protocol.rules import Rule
from gatelodge.resource.cache import Remembered, digest
from gatelodge.resource.carrier import Carrier
from gatelodge.resource.introspection import Introspection, check_answer, read_answered
from gatelodge.resource.issuer import Issuer
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import CannotDecide
from gatelodge.resource.terms import Terms

ROOM = 10_000  # tokens remembered that work, and as many that do not
REFUSED_FOR = 5.0  # seconds a refusal is believed, if an answer is believed that long
AT_ONCE = 64  # tokens asked about at the same time

_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found out about a token: whose it is, or the rule it breaks.

    It holds until `stale_at` (monotonic seconds), and never after `exp` (seconds since 1970).
    """

    principal: Principal | None
    rule: Rule
    stale_at: float
    exp: int = _FOREVER


class OpaqueTokens:
    """Verifies the tokens of one issuer by asking it, for threads and tasks.

    Questions under way are held weakly, so that one whose event loop is gone keeps no place.

    Both ways raise `BadToken`; `OAuthClientError` or `CannotDecide` if the server cannot be asked.
    """

    def __init__(self, issuer: Issuer, carrier: Carrier, ask: Introspection, terms: Terms) -> None:
        self.also_jwts = ask.also_jwts
        self._issuer = issuer
        self._terms = terms
        self._carrier = carrier
        self._how = ask
        self._client = ask.client_of(issuer.name)
        self._clock = issuer.clock
        self._moment = Moment(self._clock)
        self._expected = Expected(issuer=issuer.name, audience=None, types=frozenset(), grace=0, whole_seconds=False)
        self._good, self._bad = Remembered[Outcome](ROOM), Remembered[Outcome](ROOM)
        self._flights = WeakValueDictionary[bytes, Flight[Outcome]]()
        self._process = os.getpid()
        self._lock = ForkedLock()

    def verify(self, token: str) -> Principal:
        """Return whose token it is."""
        name = digest(token)
        answer = self._remembered(name)
        if answer is None:
            answer = self._flight_of(name).run(lambda: self._ask(token, name))
        return _judged(answer)

    async def verify_async(self, token: str) -> Principal:
        """Do the same from a task."""
        name = digest(token)
        answer = self._remembered(name)
        if answer is None:
            answer = await self._flight_of(name).run_async(lambda: self._ask_async(token, name))
        return _judged(answer)

    def _remembered(self, name: bytes) -> Outcome | None:
        answer = self._good.get(name) or self._bad.get(name)
        if answer is None or self._clock.monotonic() >= answer.stale_at or self._clock.now() >= answer.exp:
            return None
        return answer

    def _flight_of(self, name: bytes) -> Flight[Outcome]:
        """Join those who ask about the same token. Raises `CannotDecide` if too many others are asked about."""
        with self._lock:
            if self._process != os.getpid():  # what the parent asks about, nobody asks about here
                self._process = os.getpid()
                self._flights.clear()
            flight = self._flights.get(name)
            if flight is None:
                if len(self._flights) >= AT_ONCE:
                    raise CannotDecide("too many tokens have to be asked about at once")
                flight = self._flights[name] = Flight[Outcome]()
            return flight

    @contextmanager
    def _asking(self, name: bytes) -> Generator[None]:
        """Hold the place until the answer is there: who asked may long be gone."""
        try:
            yield
        finally:
            with self._lock:
                self._flights.pop(name, None)

    def _ask(self, token: str, name: bytes) -> Outcome:
        with self._asking(name):
            server = self._how.server_of(self._issuer.metadata())
            return self._keep(name, self._carrier.send(self._question(server, token)), server)

    async def _ask_async(self, token: str, name: bytes) -> Outcome:
        with self._asking(name):
            server = self._how.server_of(await self._issuer.metadata_async())
            return self._keep(name, await self._carrier.send_async(self._question(server, token)), server)

    def _question(self, server: ServerMetadata, token: str) -> HttpRequest:
        return introspection_request(server, self._client, token, self._moment, "access_token")

    def _keep(self, name: bytes, response: HttpResponse, server: ServerMetadata) -> Outcome:
        """Remember what the server said: good and bad apart, so that made-up tokens never push out real ones."""
        said = read_introspection_response(server, response)
        answer = self._understood(said.claims if said.active else None)
        kept, other = (self._bad, self._good) if answer.principal is None else (self._good, self._bad)
        other.forget(name)
        kept.put(name, answer)
        return answer

    def _understood(self, document: Mapping[str, Any] | None) -> Outcome:
        monotonic, lifetime = self._clock.monotonic(), float(self._how.lifetime)
        if document is None:
            return Outcome(None, rules.TOKEN_ACTIVE, monotonic + min(lifetime, REFUSED_FOR))
        try:
            claims = check_answer(document, self._expected, self._terms, self._how, self._clock.now())
            principal = read_answered(claims, self._issuer.name, self._terms.profile)
        except BadToken as refused:
            return Outcome(None, refused.rule, monotonic + min(lifetime, REFUSED_FOR))
        return Outcome(principal, rules.TOKEN_ACTIVE, monotonic + lifetime, claims.get("exp", _FOREVER))


def _judged(answer: Outcome) -> Principal:
    if answer.principal is None:
        raise BadToken(answer.rule)
    return answer.principal
