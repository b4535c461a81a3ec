"""`/confirm` and `/undo`: where the links of a change of address lead. Each says what it does and has one button."""

from dataclasses import dataclass

from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.entry.frame import EntryFrame, purpose_of
from gatelodge.ops.email_change import CONFIRM, UNDO, EmailChanges
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.mailed_links import LinkOver, MailedLink
from gatelodge.telemetry.emit import emit


@dataclass(frozen=True, slots=True)
class ConfirmEmailPage:
    """Makes an address that of whoever is signed in here, if it is they who asked; nobody else can."""

    frame: EntryFrame
    db: Database
    changes: EmailChanges

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            return await self._form(request, await self._followed(request))
        except LinkOver:
            return self.frame.over(request)

    async def submit(self, request: Request) -> Reply:
        """Change the address."""
        try:
            link = await self._followed(request)
            if not self.frame.is_current(request, purpose_of(link)):
                return await self._form(request, link, again="changed")
            if not await self._is_here(request, link):
                return await self._form(request, link)
            undo, now = self.frame.links.draw(), self.frame.clock.now()
            event = await self.db.write(self.changes.confirm, link, undo, request.origin, now)
        except LinkOver:
            return self.frame.over(request)
        emit(event, request.origin)
        return self.frame.done(request, "email_changed", link)

    async def _followed(self, request: Request) -> MailedLink:
        link = await self.frame.followed(request, CONFIRM)
        await self.db.read(self.changes.whose, link)
        return link

    async def _is_here(self, request: Request, link: MailedLink) -> bool:
        person = await self.frame.browsers.signed_in(request)
        return person is not None and person.user_id == link.said["user_id"]

    async def _form(self, request: Request, link: MailedLink, again: str = "") -> Reply:
        here = await self._is_here(request, link)
        return self.frame.draw(request, "confirm_email", purpose_of(link), link=link, is_here=here, again=again)


@dataclass(frozen=True, slots=True)
class UndoEmailPage:
    """Takes a change of address back, for whoever reads the old one."""

    frame: EntryFrame
    db: Database
    changes: EmailChanges

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            return self._form(request, await self._followed(request))
        except LinkOver:
            return self.frame.over(request)

    async def submit(self, request: Request) -> Reply:
        """Give the account its old address back, and have a link sent there to set a new password."""
        try:
            link = await self._followed(request)
            if not self.frame.is_current(request, purpose_of(link)):
                return self._form(request, link, again="changed")
            new = self.frame.links.draw(self.frame.browsers.identify(request))
            event = await self.db.write(self.changes.undo, link, new, request.origin, self.frame.clock.now())
        except LinkOver:
            return self.frame.over(request)
        emit(event, request.origin)
        return self.frame.mailbox(request, str(link.said["address"]), new)

    async def _followed(self, request: Request) -> MailedLink:
        link = await self.frame.followed(request, UNDO)
        await self.db.read(self.changes.undone, link)
        return link

    def _form(self, request: Request, link: MailedLink, again: str = "") -> Reply:
        return self.frame.draw(request, "undo_email", purpose_of(link), link=link, again=again)
