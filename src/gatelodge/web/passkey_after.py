"""What is shown after a sign-in, before it leads on: the offer of a passkey, and the word to those there are.

It comes only in a browser that said, by a script of the sign-in page, that it can do something with it; nobody else is
held up. Whoever does not want a passkey now is not asked again in that browser for some months.
"""

from dataclasses import dataclass

from gatelodge.authn.challenges import PATH
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.authn.passkeys import AFTER, LATER
from gatelodge.clock import Clock
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.protocol.passkey import PasskeyRefused
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Cookie, Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.sign_in_context import SignInContext, SignInContexts

LATER_LIFETIME = 90 * 86_400  # seconds for which nobody is asked again


@dataclass(frozen=True, slots=True)
class PasskeyAfterPage:
    """Offers a passkey to who signed in without one, and tells authenticators which are still known here.

    `lifetime` is how long after it a sign-in adds a passkey, in seconds.
    """

    pages: Pages
    contexts: SignInContexts
    browsers: Browsers
    ceremonies: PasskeyCeremonies
    db: Database
    clock: Clock
    lifetime: int

    async def show(self, request: Request) -> Reply:
        """Show what there is to show, or lead on."""
        context = await self.contexts.find(request)
        return context if isinstance(context, Reply) else await self._page(request, context)

    async def submit(self, request: Request) -> Reply:
        """Add the passkey that was made, or none for now, and lead on."""
        context = await self.contexts.find(request)
        if isinstance(context, Reply):
            return context
        person, act = await self._proven(request), request.form.get("act")
        if person is None:
            return self._onward(context)
        if not self.contexts.is_current(request, context, person.sub):
            return await self._page(request, context)
        if act not in ("add", "made"):
            return self._onward(context, Cookie(LATER, "1", LATER_LIFETIME))
        said, asked = request.form.get("passkey") or "", act == "add"
        held = await self.db.at(place_of(person.user_id)).write(users.hold, person.user_id)
        if held is None or await self._proven(request) is None:  # the session ended before it was looked at
            return self._onward(context)
        try:
            await self.ceremonies.add(
                said, context.browser, person.user_id, request.origin, asked=asked, endings=held.endings
            )
        except PasskeyRefused:
            return await self._page(request, context, problem=True)
        return self._onward(context)

    async def _page(self, request: Request, context: SignInContext, *, problem: bool = False) -> Reply:
        person = await self._proven(request)
        user = person and await self.db.at(place_of(person.user_id)).read(users.find, person.user_id)
        if person is None or user is None:
            return self._onward(context)
        known = await self.ceremonies.known(user.id)
        return self.pages.render(
            "authn/passkey_after",
            status=400 if problem else 200,
            allows=Allows(scripts=True, forms="here" if context.page else "anywhere"),
            locale=context.locale,
            action=f"{self.pages.base}{AFTER}?{context.query}",
            csrf=self.contexts.token(context, person.sub),
            challenge=PATH,
            options=None if known.passkeys else await self.ceremonies.creation(user.id),
            signal=self.ceremonies.signal(known, user.username, user.name),
            back=self.pages.base + context.back,
            problem=problem,
        )

    async def _proven(self, request: Request) -> SignedInPerson | None:
        """Return who signed in just now."""
        person = await self.browsers.signed_in(request)
        return person if person is not None and self.clock.now() - person.auth_time < self.lifetime else None

    def _onward(self, context: SignInContext, *cookies: Cookie) -> Reply:
        return redirect(self.pages.base + context.back, *cookies)
