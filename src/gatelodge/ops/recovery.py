"""Coming back to an account whose password is lost, by a link to an address of it that is proved.

Who asks learns nothing: the same statements are run for an address that nobody has, and a parcel is put that nobody
delivers. The link sets a password and proves nothing else: a second factor is asked for as ever (ASVS 6.4.3), so an
account that has one is come back to by two kinds of proof.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from gatelodge.authn.throttle import Full
from gatelodge.config.policies import AccountsPolicy
from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import PasswordChangedLetter
from gatelodge.mail.entry_letters import SetPasswordLetter
from gatelodge.mail.letters import Addressee, Letters, addressee_of
from gatelodge.ops.limits import LetterLimits
from gatelodge.sessions.mailed_links import LinkOver, MailedLink, MailedLinks, NewLink
from gatelodge.stores import audit, credentials, endings, names, users
from gatelodge.stores.users import NOBODY, UserRecord
from gatelodge.telemetry.events import Origin, PasswordRecovered, RecoveryAsked

PURPOSE = "recover"


@dataclass(frozen=True, slots=True)
class AskedRecovery:
    """What somebody typed who lost their password: the address of an account in its one form.

    `known` returns the name of their browser if the account of this id knows it, and else `None`.
    """

    address: str
    known: Callable[[int], bytes | None] = field(repr=False)
    origin: Origin = field(repr=False)


class Recoveries:
    """Sends links to people who lost their password, and takes the new one."""

    def __init__(self, links: MailedLinks, letters: Letters, limits: LetterLimits, policy: AccountsPolicy) -> None:
        self._links = links
        self._letters = letters
        self._limits = limits
        self._policy = policy

    async def ask(self, tx: Tx, asked: AskedRecovery, new: NewLink, now: int) -> RecoveryAsked | Full:
        """Have a link sent to an address, if it is somebody's; `Full` if too many were asked for."""
        address, origin = asked.address, asked.origin
        user = await users.find(tx, await names.find(tx, names.LOGIN, address) or NOBODY)
        known = asked.known(NOBODY if user is None else user.id)
        full = await self._limits.admit_recovery(tx, address, origin.address, now, known)
        if full is not None:
            return full
        hashed = await credentials.password(tx, NOBODY if user is None else user.id)
        theirs = user if user is not None and user.enabled and is_proved(user, address) else None
        handle, until = await self.put(tx, NOBODY if theirs is None else theirs.id, address, hashed, new, now)
        letter = SetPasswordLetter(link=f"/recover/{handle}", until=until)
        if theirs is not None:
            await self._letters.put(tx, letter, addressee_of(theirs, address), new.cause, now)
        else:
            await self._letters.put_none(tx, letter, Addressee(address), new.cause, now)
        event = RecoveryAsked(user_id=theirs and theirs.id)
        await audit.record(tx, event, origin, now)
        return event

    async def put(
        self, tx: Tx, user_id: int, address: str, hashed: str | None, new: NewLink, now: int
    ) -> tuple[str, int]:
        """Keep a link for an address of this person, whose password has this hash, and return its handle and end.

        It ends the one that the same browser asked for before, and no other: a stranger who asks ends nothing.
        """
        until = now + self._policy.recover_lifetime
        said = {"user_id": user_id, "address": address, "before": _mark(hashed)}
        return await self._links.put(tx, new, PURPOSE, f"{address} {new.browser}", said, until, now), until

    async def whose(self, tx: Tx, link: MailedLink) -> UserRecord:
        """Return whom a link is for. Raises `LinkOver` if they are kept out, or got another password or address."""
        user = await users.find(tx, int(link.said["user_id"]))
        if user is None or not user.enabled or not is_proved(user, str(link.said["address"])):
            raise LinkOver
        if _mark(await credentials.password(tx, user.id)) != link.said["before"]:
            raise LinkOver
        return user

    async def set_password(self, tx: Tx, link: MailedLink, hashed: str, origin: Origin, now: int) -> PasswordRecovered:
        """Give whoever holds the link another password: all that they hold ends. Raises `LinkOver`."""
        user = await self.whose(tx, link)
        await self._links.take(tx, link, now)
        await endings.change_password(tx, user.id, hashed, now)
        event = PasswordRecovered(user_id=user.id)
        await audit.record(tx, event, origin, now)
        await self._letters.tell(tx, user, PasswordChangedLetter(at=now), origin, now)
        return event


def is_proved(user: UserRecord, address: str) -> bool:
    """Whether a person proved that this address is theirs."""
    return user.email == address and user.email_verified


def _mark(hashed: str | None) -> str:
    """Return what tells one password from another and says nothing of either."""
    return sha256((hashed or "").encode()).hexdigest()
