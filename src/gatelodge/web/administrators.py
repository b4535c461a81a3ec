"""Administrators: who they are, and the pages that are theirs alone.

A person is one because the operator said so on the command line; it is read from the database at every request, with
the session and the account. A sign-in counts for `sessions.admin_lifetime` seconds, however long the session lives.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Handler, Request
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.stores import users
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import AdminRefused
from gatelodge.web.own_pages import OwnPage, PageAddress, address_at
from gatelodge.web.pages import Pages

Guard = Callable[[OwnPage, Handler], Handler]


@dataclass(frozen=True, slots=True)
class Administrator:
    """An administrator who proved not long ago who they are, as of this request. Made by `Administrators.admit`."""

    user: UserRecord


class Administrators:
    """Lets administrators in whose sign-in is at most `lifetime` seconds old."""

    def __init__(self, pages: Pages, browsers: Browsers, db: Database, clock: Clock, lifetime: int) -> None:
        self._pages = pages
        self._browsers = browsers
        self._db = db
        self._clock = clock
        self._lifetime = lifetime

    def only(self, page: OwnPage, show: Handler) -> Handler:
        """Return what answers requests to a page that `show` shows to administrators."""
        return _Guarded(self, page, show).handle

    async def admit(self, request: Request, page: OwnPage) -> Administrator | Reply:
        """Return the administrator who asks for `page`, or the answer to whoever else does.

        Nobody signed in, or too long ago: to the sign-in page, which leads back. Raises `HttpRefusal` for an address
        that cannot be.
        """
        address = address_at(page, request)
        if address is None:
            raise HttpRefusal(404, "there is nothing at this address", "not_found")
        found = await self._who(request)
        if found is None:
            return self._to_sign_in(request, address)
        person, user = found
        if not user.admin:
            return self._refuse(request, user, address)
        if self._clock.now() - person.auth_time >= self._lifetime:
            return self._to_sign_in(request, address)
        return Administrator(user)

    async def is_signed_in(self, request: Request) -> bool:
        """Whether an administrator is signed in here, whenever it was. Good for showing them the way and no more."""
        found = await self._who(request)
        return found is not None and found[1].admin

    async def _who(self, request: Request) -> tuple[SignedInPerson, UserRecord] | None:
        person = await self._browsers.signed_in(request)
        user = person and await self._db.read(users.find, person.user_id)
        return (person, user) if person and user and user.enabled else None

    def _to_sign_in(self, request: Request, address: PageAddress) -> Reply:
        return redirect(f"{self._pages.base}/login?{address.query}", *self._browsers.identify(request).cookies)

    def _refuse(self, request: Request, user: UserRecord, address: PageAddress) -> Reply:
        emit(AdminRefused(user_id=user.id, page=address.page.name), request.origin)
        person_name, person_login = user.name or user.username, user.email or user.username
        return self._pages.render(
            "no_administrator", status=403, query=address.query, person_name=person_name, person_login=person_login
        )


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A page for administrators."""

    administrators: Administrators
    page: OwnPage
    show: Handler

    async def handle(self, request: Request) -> Reply:
        admitted = await self.administrators.admit(request, self.page)
        return await self.show(request) if isinstance(admitted, Administrator) else admitted


def everybody(page: OwnPage, show: Handler) -> Handler:
    """Guard nothing: in the demo, where whoever looks is its only person."""
    del page
    return show
