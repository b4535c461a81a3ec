"""The page that asks which account is meant (`prompt=select_account`, OIDC Core 3.1.2.1)."""

from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.web.forms import Forms
from gatelodge.web.pages import Allows, Pages

PAGE = "select_account"


class SelectAccountPage:
    """Offers the account that is signed in, and the way to another."""

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
        user = signed_in and await self._db.read(users.find, signed_in.user_id)
        if user is None:
            return self._forms.back(parked)
        return self._pages.render(
            PAGE,
            allows=Allows(forms="anywhere"),
            locale=parked.locale,
            query=parked.query,
            again=parked.again,
            client_uri=parked.question.client.client_uri or "",
            csrf=self._forms.token(parked, PAGE, user.sub),
            client_name=parked.client_name,
            person_name=user.name or user.username,
            person_login=user.email or user.username,
        )

    async def submit(self, request: Request) -> Reply:
        """Go on with the account that was shown, and with no other."""
        parked = await self._forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        signed_in = await self._browsers.signed_in(request)
        sub = signed_in.sub if signed_in else ""
        if not self._forms.is_current(request, parked, PAGE, sub) or not sub:
            return await self._forms.ask_again(parked)
        await self._forms.keep(parked, parked.interaction.progress.choose(sub))
        return self._forms.back(parked)
