"""The page that asks which account is meant (`prompt=select_account`, OIDC Core 3.1.2.1)."""

from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.protocol.progress import SignedIn
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.web.errors import expired
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
        """Show who is signed in; if nobody is, `/authorize` knows what to do."""
        parked = await self._forms.parked(request)
        signed_in = await self._browsers.signed_in(request)
        user = signed_in and await self._db.read(users.find, signed_in.user_id)
        if user is None:
            return self._forms.back(parked)
        return self._pages.render(
            PAGE,
            allows=Allows(forms="anywhere"),
            locale=parked.locale,
            handle=parked.handle,
            csrf=self._forms.token(parked, PAGE, user.sub),
            client_name=parked.client_name,
            person_name=user.name or user.username,
            person_login=user.email or user.username,
        )

    async def submit(self, request: Request) -> Reply:
        """Go on with the account that was shown, and with no other."""
        parked = await self._forms.parked(request)
        signed_in = self._present(await self._browsers.signed_in(request))
        self._forms.check(request, parked, PAGE, signed_in.sub)
        await self._forms.keep(parked, parked.interaction.progress.choose(signed_in.sub))
        return self._forms.back(parked)

    @staticmethod
    def _present(signed_in: SignedIn | None) -> SignedIn:
        if signed_in is None:
            raise expired()
        return signed_in
