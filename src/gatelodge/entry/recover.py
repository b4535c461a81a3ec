"""`/recover`: asks for the address of an account, and behind the link that is sent there takes a new password."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.throttle import Full
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.entry.choosing import NotChosen, PasswordChoice
from gatelodge.entry.frame import EntryFrame, asked_address, purpose_of, read_email
from gatelodge.ops.delayed_recovery import HOUR, DelayedRecoveries
from gatelodge.ops.recovery import PURPOSE, AskedRecovery, Recoveries
from gatelodge.protocol.reply import Reply
from gatelodge.sessions import cookies
from gatelodge.sessions.mailed_links import LinkOver, MailedLink
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.emit import emit


@dataclass(frozen=True, slots=True)
class RecoverPage:
    """Asks who lost their password for the address of their account; the answer is the same for every address."""

    frame: EntryFrame
    db: Database
    recoveries: Recoveries
    known: KnownBrowsers

    async def show(self, request: Request) -> Reply:
        """Show the form."""
        return self._form(request)

    async def submit(self, request: Request) -> Reply:
        """Have a link sent, if there is an account, and say where to look."""
        if not self.frame.is_current(request, PURPOSE):
            return self._form(request, again="changed")
        typed = (request.form.get("email") or "").strip()
        try:
            address = read_email(typed)
        except ValueError:
            return self._form(request, 400, problem="address")
        new = self.frame.links.draw(self.frame.browsers.identify(request))
        known = partial(self.known.recognise, request.cookies.get(cookies.KNOWN))
        asked = AskedRecovery(address, known, request.origin)
        event = await self.db.write(self.recoveries.ask, asked, new, self.frame.clock.now())
        if isinstance(event, Full):
            return self.frame.wait(request, "recover", PURPOSE, event, **asked_address(request))
        emit(event, request.origin)
        return self.frame.mailbox(request, typed, new)

    def _form(self, request: Request, status: int = 200, problem: str = "", again: str = "") -> Reply:
        values = asked_address(request)
        return self.frame.draw(request, "recover", PURPOSE, status, problem=problem, again=again, **values)


@dataclass(frozen=True, slots=True)
class RecoverLinkPage:
    """Where the link of a lost password leads: says what it does, and sets the new one."""

    frame: EntryFrame
    db: Database
    recoveries: Recoveries
    choice: PasswordChoice
    delayed: DelayedRecoveries

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            link = await self.frame.followed(request, PURPOSE)
            return await self._form(request, link, await self.db.read(self.recoveries.whose, link))
        except LinkOver:
            return self.frame.over(request, "/recover")

    async def submit(self, request: Request) -> Reply:
        """Set the new password of whoever chose one that can be taken; every session of theirs ends."""
        try:
            link = await self.frame.followed(request, PURPOSE)
            user = await self.db.read(self.recoveries.whose, link)
            if not self.frame.is_current(request, purpose_of(link)):
                return await self._form(request, link, user, again="changed")
            if request.form.get("act") == "later":
                return await self._begin(request, link, user)
            return await self._set(request, link, user)
        except LinkOver:
            return self.frame.over(request, "/recover")

    async def _set(self, request: Request, link: MailedLink, user: UserRecord) -> Reply:
        try:
            hashed = await self.choice.hashed(request, link, (user.username, user.email, user.name))
        except NotChosen as refused:
            page = await self._form(request, link, user, refused.status, problem=refused.problem)
            return page.with_headers(*refused.headers)
        now = self.frame.clock.now()
        event = await self.db.write(self.recoveries.set_password, link, hashed, request.origin, now)
        emit(event, request.origin)
        return self.frame.done(request, "password_set", link)

    async def _begin(self, request: Request, link: MailedLink, user: UserRecord) -> Reply:
        """Begin a delayed recovery; nothing of the account changes yet."""
        now = self.frame.clock.now()
        try:
            await self.choice.check_code(request, link)
        except NotChosen as refused:
            return await self._form(request, link, user, refused.status, problem=refused.problem)
        begun = await self.db.write(self.delayed.ask, link, self.delayed.draw(), request.origin, now)
        if isinstance(begun, Full):
            return self.frame.wait(request, "recover_link", purpose_of(link), begun, **await self._values(link, user))
        waiting, event = begun
        if event is not None:
            emit(event, request.origin)
        return self.frame.draw(
            request, "recovery_waits", "", hours=-((now - waiting.due_at) // HOUR), address=user.email
        )

    async def _form(
        self,
        request: Request,
        link: MailedLink,
        user: UserRecord,
        status: int = 200,
        problem: str = "",
        again: str = "",
    ) -> Reply:
        values = await self._values(link, user)
        return self.frame.draw(
            request, "recover_link", purpose_of(link), status, problem=problem, again=again, **values
        )

    async def _values(self, link: MailedLink, user: UserRecord) -> dict[str, Any]:
        offered = await self.db.read(self.delayed.is_offered, user)
        login = user.email or user.username
        return {"link": link, "login": login, "least": self.choice.least, "delayed": offered}
