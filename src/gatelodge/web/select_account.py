"""The page that asks which account is meant (`prompt=select_account`, OIDC Core 3.1.2.1)."""

from collections.abc import Sequence
from typing import NamedTuple

from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.web.forms import Forms
from gatelodge.web.pages import Allows, Pages

PAGE = "select_account"


class ShownAccount(NamedTuple):
    """One account in this browser, as the page shows it. `sid` names its session; `here` is the one signed in."""

    sid: str
    name: str
    login: str
    here: bool


class SelectAccountPage:
    """Offers the accounts that are signed in here, and the way to another."""

    def __init__(self, pages: Pages, forms: Forms, browsers: Browsers, db: Database) -> None:
        self._pages = pages
        self._forms = forms
        self._browsers = browsers
        self._db = db

    async def show(self, request: Request) -> Reply:
        """Show who is signed in; if nobody is, the request goes on where it is known what to do."""
        parked = await self._forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        signed_in = await self._browsers.signed_in(request)
        accounts = () if signed_in is None else await accounts_in(request, self._browsers, self._db, signed_in)
        if signed_in is None or not accounts:
            return self._forms.back(parked)
        hint = (parked.question.asked.login_hint or "").casefold()
        return self._pages.render(
            PAGE,
            allows=Allows(forms="anywhere"),
            locale=parked.locale,
            query=parked.query,
            again=parked.again,
            client_uri=parked.question.client.client_uri or "",
            client_logo=parked.client_logo,
            csrf=self._forms.token(parked, PAGE, signed_in.sub),
            client_name=parked.client_name,
            accounts=sorted(accounts, key=lambda one: one.login.casefold() != hint),
        )

    async def submit(self, request: Request) -> Reply:
        """Go on with the account that was chosen of those shown, and with no other; or sign one of them out."""
        parked = await self._forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        person = await self._browsers.signed_in(request)
        if not self._forms.is_current(request, parked, PAGE, person.sub if person else "") or person is None:
            return await self._forms.ask_again(parked)
        several, remove = self._browsers.several, request.form.get("remove")
        if remove is not None:
            cookie, _ = await several.end(request, (remove,))
            return redirect(f"{self._pages.base}/select-account?{parked.query}", cookie)
        sid = request.form.get("account") or person.sid
        if sid == person.sid:
            await self._forms.keep(parked, parked.interaction.progress.choose(person.sub))
            return self._forms.back(parked)
        chosen = next((one for one in await several.waiting(request) if one.session.sid == sid), None)
        cookies = await several.switch(request, sid)
        if chosen is None or not cookies:
            return await self._forms.ask_again(parked)
        await self._forms.keep(parked, parked.interaction.progress.choose(chosen.session.sub))
        return self._forms.back(parked, *cookies)


async def accounts_in(
    request: Request, browsers: Browsers, db: Database, person: SignedInPerson
) -> Sequence[ShownAccount]:
    """Return the accounts of a browser: first the one of the `person` who is signed in."""
    there = [(person.sid, person.user_id)]
    there += [(one.session.sid, one.session.user_id) for one in await browsers.several.waiting(request)]
    found = [(sid, await db.at(place_of(user_id)).read(users.find, user_id)) for sid, user_id in there]
    return [
        ShownAccount(sid, user.name or user.username, user.email or user.username, sid == person.sid)
        for sid, user in found
        if user is not None
    ]
