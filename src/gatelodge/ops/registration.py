"""Making an account of one's own: asked for by anybody, made by whoever proved the address.

Until then there is no account, so nobody can take an address before its owner comes: the request waits as a link. Who
asks learns nothing: for a known, an unknown and a refused address the same statements are run and one letter is put.
"""

from dataclasses import dataclass, field

from gatelodge.authn import passkey_acts
from gatelodge.authn.throttle import Full
from gatelodge.config.policies import DAY, AccountsPolicy
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Tx
from gatelodge.mail.entry_letters import (
    AccountExistsLetter,
    ConfirmRegistrationLetter,
    InvitationLetter,
    RegistrationRefusedLetter,
)
from gatelodge.mail.letter import Letter
from gatelodge.mail.letters import Addressee, Letters
from gatelodge.ops.limits import LetterLimits
from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol import email_address, login_name
from gatelodge.protocol.joining import JoiningRules, may_join
from gatelodge.protocol.passkey import NewPasskey
from gatelodge.sessions.mailed_links import LinkOver, MailedLink, MailedLinks, NewLink
from gatelodge.stores import audit, credentials, names, users
from gatelodge.stores.users import NOBODY, NewUser, UserRecord
from gatelodge.telemetry.events import Event, Invited, Origin, Registered, RegistrationAsked

PURPOSE = "register"


@dataclass(frozen=True, slots=True)
class AskedRegistration:
    """What somebody typed who wants an account: their address in its one form, and what they came for."""

    address: str
    locale: str
    back: str
    origin: Origin = field(repr=False)


@dataclass(frozen=True, slots=True)
class FirstPasskey:
    """The passkey that an account is made with, and the user handle that it was made for."""

    handle: bytes
    made: NewPasskey


Entrance = str | FirstPasskey  # what an account is entered by first: the hash of a password, or a passkey


class Newcomers:
    """Takes requests for accounts, as `policy` says, and makes the accounts."""

    def __init__(self, links: MailedLinks, letters: Letters, limits: LetterLimits, policy: AccountsPolicy) -> None:
        self._links = links
        self._letters = letters
        self._limits = limits
        self._policy = policy
        self.rules = JoiningRules(policy.registration, policy.domains, policy.blocked_domains)

    async def ask(self, tx: Tx, asked: AskedRegistration, new: NewLink, now: int) -> RegistrationAsked | Full:
        """Have a letter sent to the address, whatever there is to say; `Full` if too many were asked for."""
        mailbox = email_address.parse(asked.address)
        full = await self._limits.admit_registration(tx, mailbox, asked.origin.address, now)
        if full is not None:
            return full
        owner = await users.find(tx, await names.find(tx, names.LOGIN, asked.address) or NOBODY)
        said = {"address": asked.address, "back": asked.back}
        until = now + self._policy.register_lifetime
        handle = await self._links.put(tx, new, PURPOSE, f"{asked.address} {new.browser}", said, until, now)
        letter = self._letter(owner, may_join(mailbox, self.rules), handle, until)
        await self._letters.put(tx, letter, Addressee(asked.address, asked.locale), new.cause, now)
        event = RegistrationAsked(user_id=owner and owner.id, letter=letter.template())
        await audit.record(tx, event, asked.origin, now)
        return event

    async def invite(self, tx: Tx, address: str, new: NewLink, origin: Origin, now: int) -> str:
        """Have somebody invited to make an account; return their address in its one form. Raises `OperationRefused`."""
        try:
            canonical = login_name.canonical(address)
            email_address.parse(canonical)
        except ValueError:
            raise OperationRefused("that is no e-mail address that mail can be sent to") from None
        if await names.find(tx, names.LOGIN, canonical) is not None:
            raise NameTaken("e-mail address")
        until = now + self._policy.invitation_days * DAY
        invited = f"invited {canonical}"  # no stranger who asks for an account with this address ends it
        handle = await self._links.put(tx, new, PURPOSE, invited, {"address": canonical, "back": ""}, until, now)
        letter = InvitationLetter(link=path_of(handle), until=until)
        await self._letters.put(tx, letter, Addressee(canonical), new.cause, now)
        await audit.record(tx, Invited(), origin, now)
        return canonical

    async def make(
        self, tx: Tx, link: MailedLink, new: NewUser, entrance: Entrance, origin: Origin, now: int
    ) -> tuple[Event, ...]:
        """Make the account of whoever holds the link, and so the address; return what is to be told.

        Raises `LinkOver`, also if somebody got the address meanwhile: then there is nothing that the link is good for.
        Raises `PasskeyRefused` if the passkey is somebody's; then nothing is made, and the link stays.
        """
        await self._links.take(tx, link, now)
        try:
            user = await users.add(tx, new, now)
        except NameTaken:
            raise LinkOver from None
        registered = Registered(user_id=user.id)
        await audit.record(tx, registered, origin, now)
        if isinstance(entrance, str):
            await credentials.set_password(tx, user.id, entrance, now)
            return (registered,)
        return registered, await passkey_acts.begin_with(tx, user.id, entrance.handle, entrance.made, origin, now)

    def _letter(self, owner: UserRecord | None, may: bool, handle: str, until: int) -> Letter:
        if owner is not None:
            return AccountExistsLetter()
        return ConfirmRegistrationLetter(link=path_of(handle), until=until) if may else RegistrationRefusedLetter()


def path_of(handle: str) -> str:
    """Return where a link to make an account leads, below the issuer."""
    return f"/register/{handle}"
