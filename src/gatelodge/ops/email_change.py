"""Another address for an account: proved by a link to the new one, told to the old one, which can take it back.

Who asks learns nothing of the new address: if it is somebody's, the same statements are run and nothing is sent.
"""

from msgspec.structs import replace

from gatelodge.authn.throttle import Full
from gatelodge.config.policies import DAY, AccountsPolicy
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx
from gatelodge.mail.entry_letters import ConfirmEmailLetter, EmailChangedLetter, SetPasswordLetter
from gatelodge.mail.letters import Addressee, Letters, addressee_of
from gatelodge.ops.limits import LetterLimits
from gatelodge.ops.recovery import Recoveries
from gatelodge.sessions.mailed_links import LinkOver, MailedLink, MailedLinks, NewLink
from gatelodge.stores import audit, email_changes, endings, names, users
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import EmailChangeAsked, EmailChanged, EmailChangeUndone, Origin

CONFIRM, UNDO = "new_email", "undo_email"


class EmailChanges:
    """Asks, changes, and takes back."""

    def __init__(self, links: MailedLinks, letters: Letters, limits: LetterLimits, policy: AccountsPolicy) -> None:
        self._links = links
        self._letters = letters
        self._limits = limits
        self._policy = policy
        self._recoveries = Recoveries(links, letters, limits, policy)

    async def ask(
        self, tx: Tx, user: UserRecord, address: str, new: NewLink, origin: Origin, now: int
    ) -> EmailChangeAsked | Full:
        """Have a link sent to an address in its one form; `Full` if too many were asked for."""
        full = await self._limits.admit_recovery(tx, address, origin.address, now)
        if full is not None:
            return full
        taken = await names.find(tx, names.LOGIN, address)
        said = {"user_id": user.id, "address": address, "before": user.email or ""}
        until = now + self._policy.email_lifetime
        handle = await self._links.put(tx, new, CONFIRM, str(user.id), said, until, now)
        letter, to = ConfirmEmailLetter(link=f"/confirm/{handle}", until=until), Addressee(address)
        put = self._letters.put if taken is None else self._letters.put_none
        await put(tx, letter, to, new.cause, now)
        event = EmailChangeAsked(user_id=user.id)
        await audit.record(tx, event, origin, now)
        return event

    async def whose(self, tx: Tx, link: MailedLink) -> UserRecord:
        """Return whom a link is for. Raises `LinkOver` if they are kept out, or their address is another one by now."""
        user = await users.find(tx, int(link.said["user_id"]))
        if user is None or not user.enabled or (user.email or "") != link.said["before"]:
            raise LinkOver
        return user

    async def confirm(self, tx: Tx, link: MailedLink, undo: NewLink, origin: Origin, now: int) -> EmailChanged:
        """Make the address theirs, and give the old one a link to take it back. Raises `LinkOver`."""
        user = await self.whose(tx, link)
        await self._links.take(tx, link, now)
        address, old = str(link.said["address"]), user.email
        await self._rename(tx, user, address, now)
        until = now + self._policy.undo_days * DAY
        number = await email_changes.begin(tx, user.id)
        said = {"user_id": user.id, "address": old or "", "change": number}
        handle = await self._links.put(tx, undo, UNDO, f"{user.id} {number}", said, until, now)
        letter = EmailChangedLetter(link=f"/undo/{handle}" if old else "", at=now, until=until)
        await self._letters.put(tx, letter, addressee_of(user, old or address), undo.cause, now)
        event = EmailChanged(user_id=user.id)
        await audit.record(tx, event, origin, now)
        return event

    async def undone(self, tx: Tx, link: MailedLink) -> UserRecord:
        """Return whose change a link takes back. Raises `LinkOver` if they are kept out, or it was taken back."""
        user = await users.find(tx, int(link.said["user_id"]))
        if user is None or not user.enabled:
            raise LinkOver
        if not await email_changes.is_in_force(tx, user.id, int(link.said["change"])):
            raise LinkOver
        return user

    async def undo(self, tx: Tx, link: MailedLink, new: NewLink, origin: Origin, now: int) -> EmailChangeUndone:
        """Give the account its old address back, whatever it has by now: all that anybody holds of it ends, nothing
        but a second factor stays of what it is entered by, and a new password is set by a link to that address.
        Later changes cannot be taken back any more: whoever made them holds their links. Raises `LinkOver`."""
        user = await self.undone(tx, link)
        await self._links.take(tx, link, now)
        if not await email_changes.take_back(tx, user.id, int(link.said["change"])):
            raise LinkOver
        address = str(link.said["address"])
        await self._rename(tx, user, address, now)
        await endings.close_entrances(tx, user.id, now)
        handle, until = await self._recoveries.put(tx, user.id, address, None, new, now)
        letter = SetPasswordLetter(link=f"/recover/{handle}", until=until)
        await self._letters.put(tx, letter, addressee_of(user, address), new.cause, now)
        event = EmailChangeUndone(user_id=user.id)
        await audit.record(tx, event, origin, now)
        return event

    async def _rename(self, tx: Tx, user: UserRecord, address: str, now: int) -> None:
        username = address if user.username == user.email else user.username
        try:
            await users.update(tx, user, replace(user, email=address, email_verified=True, username=username), now)
        except NameTaken:
            raise LinkOver from None
