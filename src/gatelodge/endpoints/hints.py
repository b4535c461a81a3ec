"""Whom a request means by its hints, among the accounts of the browser that brings it (OIDC Core 3.1.2.1).

An ID token in `id_token_hint` is proof that the client was told of that person: nobody else is answered for. A
`login_hint` is a name that anybody can write. It chooses among the accounts that are signed in here where the person
sees a page of their application next, and never has one answered for without a page (`prompt=none`): so nobody learns
from it who is signed in.
"""

from dataclasses import dataclass, replace

from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.ops.client_questions import ClientQuestion
from gatelodge.protocol.access_request import NOBODY, AccessRequest
from gatelodge.protocol.client import Client
from gatelodge.protocol.logout import names
from gatelodge.protocol.progress import Progress
from gatelodge.protocol.reply import Cookie
from gatelodge.protocol.subjects import Subjects
from gatelodge.sessions import cookies
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users

_SAYS_HOW = frozenset({"none", "login", "select_account"})  # values of `prompt` that leave a `login_hint` no choice


@dataclass(frozen=True, slots=True)
class Hints:
    """Reads the hints of requests."""

    browsers: Browsers
    subjects: Subjects
    db: Database

    async def choose(self, request: Request, question: ClientQuestion, progress: Progress) -> tuple[Cookie, ...]:
        """Sign in whom a hint means, if they wait in this browser; return the cookies to set.

        Whoever was chosen, or signed in, since the request came is not exchanged for whom a `login_hint` means.
        """
        if cookies.OTHERS not in request.cookies:
            return ()
        if question.asked.hinted_sub not in (None, NOBODY):
            return await self._choose_proven(request, question)
        hint, untouched = question.asked.login_hint, progress.chosen_sub is None and not progress.session_id
        if hint is None or not untouched or not _SAYS_HOW.isdisjoint(question.asked.prompt):
            return ()
        person = await self.browsers.signed_in(request)
        if person is not None and await self._names(hint, question.client, person.user_id):
            return ()
        for waiting in await self.browsers.several.waiting(request):
            if await self._names(hint, question.client, waiting.session.user_id):
                return await self.browsers.several.switch(request, waiting.session.sid)
        return ()

    async def decided(self, asked: AccessRequest, client: Client, user_id: int) -> AccessRequest:
        """Return a request without its `login_hint`, if that needs no decision: it means whom it finds."""
        hint = asked.login_hint
        if hint is None or ("none" not in asked.prompt and not await self._names(hint, client, user_id)):
            return asked
        return replace(asked, login_hint=None)

    async def _choose_proven(self, request: Request, question: ClientQuestion) -> tuple[Cookie, ...]:
        is_meant = self.subjects.named(question.client, question.asked.hinted_sub or "")
        person = await self.browsers.signed_in(request)
        is_here = person is not None and is_meant(person.sub)
        return () if is_here else await self.browsers.several.switch_to(request, is_meant)

    async def _names(self, hint: str, client: Client, user_id: int) -> bool:
        """Whether a `login_hint` is what somebody signs in with, or what the client calls them."""
        user = await self.db.at(place_of(user_id)).read(users.find, user_id)
        if user is None:
            return False
        return names(hint.strip(), "", self.subjects.told(client, user.sub), user.username, user.email)
