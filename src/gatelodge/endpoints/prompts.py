"""Having people asked for a client: what is next, the page that asks it, and the request that waits meanwhile.

It is the same for whatever waits: an authorization request, or one that is answered without a redirect.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import urlencode

from gatelodge.authn.ways import Ways
from gatelodge.clock import Clock
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.hints import Hints
from gatelodge.endpoints.next_pages import NextPages
from gatelodge.endpoints.request import Request
from gatelodge.ops import signposts
from gatelodge.ops.client_questions import ClientQuestion
from gatelodge.ops.signposts import Signposts
from gatelodge.protocol import rules
from gatelodge.protocol.access_request import NOBODY, AccessRequest
from gatelodge.protocol.client import Client
from gatelodge.protocol.decide import Step, next_step, wanted_of
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again, Progress, SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.protocol.subjects import Subjects
from gatelodge.sessions.arrivals import Arrivals
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.interactions import PARAMETER, Interaction, Interactions

MAX_PARKED = 16_384  # characters of a request that waits for a person, as it is kept


class NextStep(NamedTuple):
    """What is next to a request, and who is signed in where it is."""

    step: Step
    signed_in: SignedInPerson | None


@dataclass(frozen=True, slots=True)
class Prompts:
    """Has people asked. `base` is the issuer's path, `ways` know what a person can prove."""

    base: str
    browsers: Browsers
    interactions: Interactions
    signposts: Signposts
    ways: Ways
    next_pages: NextPages
    clock: Clock
    hints: Hints
    arrivals: Arrivals = field(default_factory=Arrivals)

    async def next(self, request: Request, question: ClientQuestion, progress: Progress) -> NextStep:
        """Return what is next. Raises `OAuthError` for the client, as `next_step` does."""
        client, asked = question.client, question.asked
        signed_in, granted = await self.browsers.standing(request, client.id)
        reachable = await self.ways.reachable(wanted_of(asked, client), signed_in.user_id if signed_in else None)
        if signed_in is not None:
            asked = _as_we_know_them(asked, client, signed_in, self.hints.subjects)
            asked = await self.hints.decided(asked, client, signed_in.user_id)
        return NextStep(next_step(asked, client, signed_in, granted, progress, reachable, self.clock.now()), signed_in)

    async def lead(self, found: NextStep, parked: Interaction, question: ClientQuestion) -> Reply:
        """Send the browser to the page that asks what is next, with what finds the request that waits."""
        page = await self.next_pages.of(found.step, wanted_of(question.asked, question.client), parked, found.signed_in)
        query = {PARAMETER: parked.handle, signposts.PARAMETER: self.signposts.to(question.client.id), **page.query}
        return redirect(f"{self.base}{page.path}?{urlencode(query)}")

    async def park(
        self, request: Request, kind: str, params: Params, browser: BrowserId, again: Again = ""
    ) -> Interaction:
        """Keep a request until the person was asked. Strangers send any number of them: size and rate are bounded.

        Raises `OAuthError` if it is too long, and `HttpRefusal` if too many begin where it came from.
        """
        encoded = params.encoded()
        if len(encoded) > MAX_PARKED:
            raise OAuthError("invalid_request", "the request is too long", rules.BOUNDED)
        wait = self.arrivals.admit(request.origin.address, self.clock.monotonic())
        if wait:
            said = "too many sign-ins begin at this address"
            raise HttpRefusal(429, said, "temporarily_unavailable", (("retry-after", str(wait)),))
        return await self.interactions.park(kind, encoded, browser, again)


def _as_we_know_them(asked: AccessRequest, client: Client, person: SignedInPerson, subjects: Subjects) -> AccessRequest:
    """Return a request whose hint names the person who is signed in as we do, if the client means them by it."""
    said = asked.hinted_sub
    if said is None or said == NOBODY or client.subject_type == "public":
        return asked
    return replace(asked, hinted_sub=person.sub if subjects.named(client, said)(person.sub) else f"not {person.sub}")
