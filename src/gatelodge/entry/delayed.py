"""`/lost`, `/regain` and `/stop`: coming back without a second factor, after a wait that a click ends.

`/lost` says how; it begins behind the link of `/recover`. Who followed a link to stop it need not be signed in.
"""

from dataclasses import dataclass
from typing import Any

from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.entry.choosing import NotChosen, PasswordChoice
from gatelodge.entry.frame import EntryFrame, purpose_of, read_back
from gatelodge.ops.delayed_recovery import STOP, USE, DelayedRecoveries
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.mailed_links import LinkOver, MailedLink
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.emit import emit


@dataclass(frozen=True, slots=True)
class LostPage:
    """Says to whoever cannot finish a sign-in what there is to be done; the same for everybody."""

    frame: EntryFrame
    hours: int
    admins: bool

    async def show(self, request: Request) -> Reply:
        """Show what can be tried first, and the way to a new beginning."""
        back = read_back(request.query)
        return self.frame.draw(request, "lost", "", back=back, hours=self.hours, admins=self.admins)


@dataclass(frozen=True, slots=True)
class RegainPage:
    """Where the link leads that comes after the wait: takes a new password, and all else off that the account has."""

    frame: EntryFrame
    db: Database
    delayed: DelayedRecoveries
    choice: PasswordChoice

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            link = await self.frame.followed(request, USE)
            return self._form(request, link, await self._whose(link))
        except LinkOver:
            return self.frame.over(request, "/recover")

    async def submit(self, request: Request) -> Reply:
        """Set the new password of whoever chose one that can be taken."""
        try:
            link = await self.frame.followed(request, USE)
            user = await self._whose(link)
            if not self.frame.is_current(request, purpose_of(link)):
                return self._form(request, link, user, again="changed")
            return await self._set(request, link, user)
        except LinkOver:
            return self.frame.over(request, "/recover")

    async def _whose(self, link: MailedLink) -> UserRecord:
        return await self.db.read(self.delayed.whose, link, self.frame.clock.now())

    async def _set(self, request: Request, link: MailedLink, user: UserRecord) -> Reply:
        try:
            hashed = await self.choice.hashed(request, link, (user.username, user.email, user.name))
        except NotChosen as refused:
            page = self._form(request, link, user, refused.status, problem=refused.problem)
            return page.with_headers(*refused.headers)
        event = await self.db.write(self.delayed.use, link, hashed, request.origin, self.frame.clock.now())
        emit(event, request.origin)
        return self.frame.done(request, "password_set", link)

    def _form(
        self,
        request: Request,
        link: MailedLink,
        user: UserRecord,
        status: int = 200,
        problem: str = "",
        again: str = "",
    ) -> Reply:
        about: dict[str, Any] = {"link": link, "login": user.email or user.username, "least": self.choice.least}
        return self.frame.draw(request, "regain", purpose_of(link), status, problem=problem, again=again, **about)


@dataclass(frozen=True, slots=True)
class StopPage:
    """Ends a delayed recovery, for whoever reads the letters that tell of it."""

    frame: EntryFrame
    db: Database
    delayed: DelayedRecoveries

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            return self._form(request, await self.frame.followed(request, STOP))
        except LinkOver:
            return self.frame.over(request)

    async def submit(self, request: Request) -> Reply:
        """End it, and say that everything stays as it is."""
        try:
            link = await self.frame.followed(request, STOP)
            if not self.frame.is_current(request, purpose_of(link)):
                return self._form(request, link, again="changed")
            event = await self.db.write(self.delayed.stop, link, request.origin, self.frame.clock.now())
        except LinkOver:
            return self.frame.over(request)
        emit(event, request.origin)
        return self.frame.done(request, "recovery_stopped", link)

    def _form(self, request: Request, link: MailedLink, again: str = "") -> Reply:
        return self.frame.draw(request, "stop_recovery", purpose_of(link), link=link, again=again)
