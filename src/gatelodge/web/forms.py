"""What every page of an interaction begins and ends with: the parked request it belongs to, and the way back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from gatelodge.endpoints.request import Request
from gatelodge.ops import signposts
from gatelodge.ops.client_questions import ClientQuestion, NotAskable
from gatelodge.ops.signposts import Signposts
from gatelodge.protocol.languages import choose
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import Again, Progress
from gatelodge.protocol.reply import Cookie, Reply, redirect
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.interactions import PARAMETER, Interaction, Interactions
from gatelodge.telemetry.origin import continues
from gatelodge.web.errors import expired, is_current
from gatelodge.web.interaction_kind import InteractionKind


@dataclass(frozen=True, slots=True)
class ParkedRequest:
    """A request that waits for the person in this browser, read anew from the server's record."""

    interaction: Interaction
    browser: BrowserId
    kind: InteractionKind
    question: ClientQuestion
    query: str  # what finds it again, in the query of a page

    @property
    def handle(self) -> str:
        return self.interaction.handle

    @property
    def back(self) -> str:
        """Where it goes on, below the issuer's path, and where alone it is known what is next."""
        return self.kind.back(self.handle)

    @property
    def again(self) -> Again:
        """Why the person is asked once more, if they are."""
        return self.interaction.progress.again

    @property
    def client_name(self) -> str:
        return self.question.client.name

    @property
    def client_logo(self) -> str:
        """The picture that is kept of the client, by its name; empty if none is."""
        return self.question.client.logo or ""

    @property
    def locale(self) -> str | None:
        """The language of the pages, if one that was asked for is ours (`ui_locales`)."""
        return choose(self.question.asked.ui_locales)

    @property
    def next_host(self) -> str:
        """The host the browser goes to with the answer, as people are shown it; empty if it stays here."""
        return shown_host(self.question.next_uri) if self.question.next_uri else ""


class Forms:
    """Finds the parked request a page is about, makes its forms unforgeable, and leads back to where it
    goes on."""

    def __init__(
        self,
        base: str,
        key: csrf.Key,
        browsers: Browsers,
        interactions: Interactions,
        kinds: Iterable[InteractionKind],
        signposts: Signposts,
    ) -> None:
        self._base = base
        self._key = key
        self._browsers = browsers
        self._interactions = interactions
        self._kinds = {kind.name: kind for kind in kinds}
        self._signposts = signposts

    async def parked(self, request: Request) -> ParkedRequest | Reply:
        """Return what this page is about, or the way to where it begins anew. Raises `HttpRefusal` if nothing is known.

        A request that does not wait any more begins anew, whatever was sent: nothing of an answer that comes late is
        taken. One that was understood when it was parked, and is not since its client was changed, goes back as well:
        the client is told in the way it listens.
        """
        handle, browser = request.query.get(PARAMETER) or "", self._browsers.identify(request)
        interaction = await self._interactions.resume(None, handle, browser)
        found = interaction or await self._interactions.recall(None, handle, browser)
        kind = found and self._kinds.get(found.kind)
        if kind is None:
            raise expired(await self._signposts.follow(request.query.get(signposts.PARAMETER)))
        if interaction is None:
            return redirect(self._base + kind.back(handle))
        params = Params.parse(interaction.params.encode())
        continues(request.origin, params)
        try:
            question = await kind.question(params)
        except NotAskable:
            return redirect(self._base + kind.back(handle))
        query = {PARAMETER: handle, signposts.PARAMETER: self._signposts.to(question.client.id)}
        return ParkedRequest(interaction, interaction.browser, kind, question, urlencode(query))

    def token(self, parked: ParkedRequest, page: str, person: str = "") -> str:
        """Return the token of a form: good in this browser, for this page of this request, and for this person."""
        return csrf.token(self._key, parked.browser.secret, _purpose(parked, page, person))

    def is_current(self, request: Request, parked: ParkedRequest, page: str, person: str = "") -> bool:
        """Whether a form carries its token; `False` if it is one of ours and out of date. Raises `HttpRefusal`."""
        return is_current(self._key, request, _purpose(parked, page, person))

    async def keep(self, parked: ParkedRequest, progress: Progress) -> None:
        """Keep what has happened to the request."""
        await self._interactions.save(replace(parked.interaction, progress=progress), parked.browser)

    def back(self, parked: ParkedRequest, *cookies: Cookie) -> Reply:
        """Return to where it goes on."""
        return redirect(self._base + parked.back, *cookies)

    async def ask_again(self, parked: ParkedRequest) -> Reply:
        """Return to where it goes on with an answer of which nothing was taken; the next page says why it is shown."""
        await self.keep(parked, parked.interaction.progress.ask_again("changed"))
        return self.back(parked)


def shown_host(uri: str) -> str:
    """Return where an address leads, in a form that cannot be mistaken: its host, or the scheme of an application."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _purpose(parked: ParkedRequest, page: str, person: str) -> str:
    return f"{page} {parked.handle} {person}"
