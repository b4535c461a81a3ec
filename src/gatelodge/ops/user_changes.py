"""What an operator changes of a person: names, address, and what is known of them, in one transaction body."""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from gatelodge.database.tx import Tx
from gatelodge.mail.catalogue import UsernameChangedLetter
from gatelodge.mail.entry_letters import EmailChangedLetter
from gatelodge.mail.letters import Letters, addressee_of
from gatelodge.ops import user_claims
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.users import show
from gatelodge.protocol import email_address, login_name, profile
from gatelodge.protocol.profile import NotThatValue
from gatelodge.stores import audit, email_changes
from gatelodge.stores import users as store
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.events import Origin, UserChanged


class UserChange(Struct, frozen=True, kw_only=True):
    """What is said of a person: `None` leaves a member as it is, an empty text takes it away.

    A new `email` is not proved unless `email_verified` says so. `claims` are as `ops.user_claims.read` returns them.
    """

    username: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    name: str | None = None
    claims: Mapping[str, object] = field(default_factory=dict[str, object])


async def change(tx: Tx, login: str, said: UserChange, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Change what is known of a person, and return them as they are then.

    An address that is set here cannot be taken back by a link that an older one was sent. They hear by mail of another
    address, at the old one, and of another user name. Raises `NotThere`, `NameTaken` if a name is somebody's, and
    `OperationRefused` for what cannot be.
    """
    before = await show(tx, login)
    after = _changed(before, said)
    what = _differences(before, after)
    if not what:
        return before
    await user_claims.check_released(tx, said.claims)
    try:
        await store.update(tx, before, after, now)
    except ValueError as error:
        raise OperationRefused(str(error)) from None
    if "email" in what:
        await email_changes.take_back(tx, before.id, 1)
    await audit.record(tx, UserChanged(user_id=before.id, what=" ".join(what)), origin, now)
    await _tell(tx, before, after, letters, origin, now)
    return await show(tx, after.username)


def _changed(before: UserRecord, said: UserChange) -> UserRecord:
    email, verified = _address(before, said)
    username = before.username if said.username is None else _canonical(said.username)
    if said.username is None and before.username == before.email:
        if email is None:
            raise OperationRefused("they sign in with that address: give them a user name, too, with --username")
        username = email
    return replace(
        before,
        username=username,
        email=email,
        email_verified=verified,
        name=before.name if said.name is None else _name(said.name),
        claims=user_claims.applied(before.claims, said.claims),
    )


def _address(before: UserRecord, said: UserChange) -> tuple[str | None, bool]:
    """Return the address they have then, and whether it is proved."""
    email, verified = before.email, before.email_verified
    if said.email is not None:
        email = _mailbox(said.email) if said.email else None
        verified = verified and email == before.email
    if said.email_verified is not None:
        verified = said.email_verified
    if verified and email is None:
        raise OperationRefused("there is no address that could be proved")
    return email, verified


def _mailbox(text: str) -> str:
    address = _canonical(text)
    try:
        email_address.parse(address)
    except ValueError:
        raise OperationRefused("that is no e-mail address that mail can be sent to") from None
    return address


def _canonical(text: str) -> str:
    try:
        return login_name.canonical(text)
    except ValueError as error:
        raise OperationRefused(str(error)) from None


def _name(text: str) -> str | None:
    try:
        return profile.check({"name": text})["name"] or None
    except NotThatValue:
        raise OperationRefused(f"a name has at most {profile.MAX_TEXT} characters, all of which can be seen") from None


def _differences(before: UserRecord, after: UserRecord) -> list[str]:
    """Return the names of what is another thing than before."""
    members = ("username", "email", "email_verified", "name")
    names = before.claims.keys() | after.claims.keys()
    changed = sorted(name for name in names if before.claims.get(name) != after.claims.get(name))
    return [*(one for one in members if getattr(before, one) != getattr(after, one)), *changed]


async def _tell(tx: Tx, before: UserRecord, after: UserRecord, letters: Letters, origin: Origin, now: int) -> None:
    """Tell the old address of a new one, and the new one of another user name."""
    cause = f"{origin.request_id} {now}"
    if before.email is not None and before.email != after.email:
        await letters.put(
            tx, EmailChangedLetter(link="", at=now, until=now), addressee_of(before, before.email), cause, now
        )
    if before.username not in (after.username, before.email):
        await letters.tell(tx, after, UsernameChangedLetter(at=now), origin, now)
