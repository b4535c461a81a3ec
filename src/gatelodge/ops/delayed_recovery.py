"""Coming back to an account of which the password and the second factor are lost: after a wait that can be stopped.

Who reads the mail of an account could be anybody who broke into it. So nothing changes for a day, whoever has the
account hears of it meanwhile, and any one click in a letter, or any sign-in with what the account has, ends it.
"""

from dataclasses import dataclass, field, replace

from gatelodge.authn.throttle import Full
from gatelodge.config.policies import DAY, AccountsPolicy
from gatelodge.database.tx import RunAgain, Tx
from gatelodge.mail.entry_letters import AccountRecoveredLetter, RecoveryBegunLetter, RecoveryDueLetter
from gatelodge.mail.letters import Letters, addressee_of
from gatelodge.ops.limits import LetterLimits
from gatelodge.ops.recovery import Recoveries, is_proved
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.sessions.mailed_links import LinkOver, MailedLink, MailedLinks, NewLink
from gatelodge.sessions.stopping import LINK, stop_recovery
from gatelodge.stores import audit, authenticators, credentials, endings, passkeys, recoveries, users
from gatelodge.stores.recoveries import WaitingRecovery
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import AccountRecovered, Origin, RecoveryBegun, RecoveryStopped

USE, STOP = "delayed_recovery", "stop_recovery"
OPEN = DAY  # seconds the link is good for once the wait is over (NIST SP 800-63B-4 on mailed recovery codes)
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class NewRecovery:
    """The two links of a recovery that is not kept yet. They are asked for in no browser: the wait is their proof.

    `to_operator` says that an operator was asked for it, and not a page.
    """

    use: NewLink = field(repr=False)
    stop: NewLink = field(repr=False)
    to_operator: bool = False


class DelayedRecoveries:
    """Begins, stops and ends them, as `policy` says."""

    def __init__(self, links: MailedLinks, letters: Letters, limits: LetterLimits, policy: AccountsPolicy) -> None:
        self._links = links
        self._letters = letters
        self._limits = limits
        self._policy = policy
        self._recoveries = Recoveries(links, letters, limits, policy)

    def draw(self) -> NewRecovery:
        """Return new links, before the transaction that keeps them."""
        return NewRecovery(self._links.draw(), self._links.draw())

    def may(self, user: UserRecord) -> bool:
        """Whether this person can come back so: never an administrator, unless that is switched on."""
        return self._policy.recovery_delay_hours > 0 and (self._policy.recovery_delay_admins or not user.admin)

    async def is_offered(self, tx: Tx, user: UserRecord) -> bool:
        """Whether a person has something that a new password alone would not let them past, and may come back so."""
        if not self.may(user):
            return False
        return await authenticators.find(tx, user.id) is not None or await passkeys.has(tx, user.id)

    async def ask(
        self, tx: Tx, link: MailedLink, new: NewRecovery, origin: Origin, now: int
    ) -> tuple[WaitingRecovery, RecoveryBegun | None] | Full:
        """Begin one for whoever holds a link for a new password, which is over then. Raises `LinkOver`.

        One that waits already stays as it is, and nobody is told anew; `Full` if too many began today.
        """
        user = await self._recoveries.whose(tx, link)
        if not await self.is_offered(tx, user):
            raise LinkOver
        waiting = await recoveries.find(tx, user.id, now)
        full = None if waiting else await self._limits.admit_delayed(tx, user.id, now)
        if full is not None:
            return full
        await self._links.take(tx, link, now)
        return (waiting, None) if waiting else await self._begin(tx, user, new, origin, now)

    async def begin(self, tx: Tx, login: str, new: NewRecovery, origin: Origin, now: int) -> WaitingRecovery:
        """Begin one for somebody who asked an operator. Raises `NotThere` or `OperationRefused`."""
        user = await users.find_by_login(tx, login)
        if user is None:
            raise NotThere("user", login)
        if not self.may(user):
            raise OperationRefused("delayed recovery is off: see accounts.recovery_delay_hours, recovery_delay_admins")
        if not user.enabled or user.email is None or not is_proved(user, user.email):
            raise OperationRefused(f"{login} has no proved address to be written to, or is disabled")
        if await recoveries.find(tx, user.id, now) is not None:
            raise OperationRefused(f"a recovery of {login} waits already")
        waiting, _ = await self._begin(tx, user, replace(new, to_operator=True), origin, now)
        return waiting

    async def whose(self, tx: Tx, link: MailedLink, now: int) -> UserRecord:
        """Return whom the link of a recovery is for, if its time has come. Raises `LinkOver`."""
        user = await users.find(tx, int(link.said["user_id"]))
        waiting = user and await recoveries.find(tx, user.id, now)
        if user is None or waiting is None or waiting.mark != link.said["mark"] or waiting.due_at > now:
            raise LinkOver
        if not user.enabled or not self.may(user) or not is_proved(user, str(link.said["address"])):
            raise LinkOver
        return user

    async def use(self, tx: Tx, link: MailedLink, hashed: str, origin: Origin, now: int) -> AccountRecovered:
        """Give whoever holds the link another password, and take all else off that the account is entered by; all that
        anybody holds of it ends. Raises `LinkOver`."""
        user = await self.whose(tx, link, now)
        await users.claim(tx, user.id)
        if not await recoveries.take(tx, user.id, str(link.said["mark"]), now):
            raise LinkOver
        await self._links.take(tx, link, now)
        await endings.empty(tx, user.id, now)
        await credentials.set_password(tx, user.id, hashed, now)
        event = AccountRecovered(user_id=user.id)
        await audit.record(tx, event, origin, now)
        await self._letters.tell(tx, user, AccountRecoveredLetter(at=now), origin, now)
        return event

    async def stop(self, tx: Tx, link: MailedLink, origin: Origin, now: int) -> RecoveryStopped:
        """End the recovery that a letter told of. Raises `LinkOver`, also if it is over."""
        user_id = int(link.said["user_id"])
        waiting = await recoveries.find(tx, user_id, now)
        await self._links.take(tx, link, now)
        if waiting is None or waiting.mark != link.said["mark"]:
            raise LinkOver
        event = await stop_recovery(tx, user_id, LINK, self._letters, origin, now)
        if event is None:
            raise LinkOver
        return event

    async def _begin(
        self, tx: Tx, user: UserRecord, new: NewRecovery, origin: Origin, now: int
    ) -> tuple[WaitingRecovery, RecoveryBegun]:
        """Keep one and put its letters: now, half way, and when its time has come."""
        if await users.hold(tx, user.id) is None:  # disabled just now, beside this transaction
            raise RunAgain
        await recoveries.stop(tx, user.id)  # one whose time is up
        due_at = now + self._policy.recovery_delay_hours * HOUR
        waiting = WaitingRecovery(new.use.cause, due_at, due_at + OPEN)
        later = await self._write(tx, user, new, waiting, now)
        if not await recoveries.begin(tx, user.id, waiting, later):
            raise RunAgain
        event = RecoveryBegun(user_id=user.id, due_at=due_at)
        await audit.record(tx, event, origin, now)
        return waiting, event

    async def _write(self, tx: Tx, user: UserRecord, new: NewRecovery, waiting: WaitingRecovery, now: int) -> list[int]:
        said = {"user_id": user.id, "address": user.email or "", "mark": waiting.mark}
        use = await self._links.put(tx, new.use, USE, str(user.id), said, waiting.until, now)
        stop = await self._links.put(tx, new.stop, STOP, str(user.id), said, waiting.until, now)
        asked = int(new.to_operator)
        begun = RecoveryBegunLetter(link=f"/stop/{stop}", at=now, due_at=waiting.due_at, to_operator=asked)
        due = RecoveryDueLetter(link=f"/regain/{use}", stop=f"/stop/{stop}", until=waiting.until)
        to, half = addressee_of(user, user.email or ""), now + (waiting.due_at - now) // 2
        await self._letters.put(tx, begun, to, f"{waiting.mark} begun", now)
        put = self._letters.put_later
        later = [
            await put(tx, begun, to, f"{waiting.mark} half way", half, now),
            await put(tx, due, to, waiting.mark, waiting.due_at, now),
        ]
        return [parcel for parcel in later if parcel is not None]
