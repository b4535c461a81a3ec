"""Putting letters into the outbox, sealed, in the transaction of what they tell of."""

from dataclasses import asdict, dataclass

from msgspec.json import Decoder, encode

from gatelodge.config.policies import Config
from gatelodge.database.tx import Tx
from gatelodge.keys.vault import Vault
from gatelodge.mail.catalogue import AccountRemovedLetter, Letter
from gatelodge.stores import outbox, users
from gatelodge.stores.outbox import NewParcel, Parcel
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.origin import Origin

KIND = "mail"

_PURPOSE = "outbox letter"
_values = Decoder(dict[str, str | int]).decode


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter is for. `locale` is the language they want, as far as anybody knows."""

    address: str
    locale: str = ""
    user_id: int | None = None


class Letters:
    """Puts letters where the courier finds them. Without a `vault` nobody is written to: no mail is configured."""

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault

    @property
    def are_sent(self) -> bool:
        """Whether people get mail from this server."""
        return self._vault is not None

    async def put(self, tx: Tx, letter: Letter, to: Addressee, cause: str, now: int) -> None:
        """Have a letter written and sent. `cause` is what it tells of: one is sent, however often it is put."""
        await self._put(tx, letter, to, cause, None, now)

    async def put_later(
        self, tx: Tx, letter: Letter, to: Addressee, cause: str, not_before: int, now: int
    ) -> int | None:
        """Have a letter sent at that time and no earlier; return the id of its parcel, by which it can be dropped."""
        return await self._put(tx, letter, to, cause, None, now, not_before)

    async def put_none(self, tx: Tx, letter: Letter, to: Addressee, cause: str, now: int) -> None:
        """Do the same work as `put`, for a letter that is never written."""
        await self._put(tx, letter, to, cause, now, now)

    async def _put(
        self,
        tx: Tx,
        letter: Letter,
        to: Addressee,
        cause: str,
        sent_at: int | None,
        now: int,
        not_before: int | None = None,
    ) -> int | None:
        if self._vault is None:
            return None
        sealed = self._vault.seal(encode(asdict(letter)), _PURPOSE)
        template = letter.template() if sent_at is None else ""
        new = NewParcel(
            kind=KIND,
            template=template,
            recipient=to.address,
            locale=to.locale,
            dedupe=f"{letter.template()} {to.address} {cause}",
            payload=sealed,
            user_id=to.user_id,
            sent_at=sent_at,
            not_before=not_before,
        )
        return await outbox.put(tx, new, now)

    async def tell(self, tx: Tx, user: UserRecord, letter: Letter, origin: Origin, now: int) -> None:
        """Have a person told, at their own address, what was just done there, if they have one."""
        if user.email is not None:
            await self.put(tx, letter, addressee_of(user, user.email), f"{origin.request_id} {now}", now)

    async def farewell(self, tx: Tx, user: UserRecord, now: int) -> None:
        """Have a person told that their account is gone, as they had asked."""
        await self.tell(tx, user, AccountRemovedLetter(at=now), Origin("sweep"), now)

    async def tell_of(self, tx: Tx, user_id: int, letter: Letter, origin: Origin, now: int) -> None:
        """Do the same for the person of this id, if they are there."""
        user = await users.find(tx, user_id) if self.are_sent else None
        if user is not None:
            await self.tell(tx, user, letter, origin, now)


def letters_of(config: Config, vault: Vault) -> Letters:
    """Return what puts the letters of a server: into the outbox where mail is configured, or shown by the demo."""
    return Letters(vault if is_on(config) else None)


def is_on(config: Config) -> bool:
    """Whether people get mail from a server that is configured so."""
    return bool(config.mail.url) or config.demo


def addressee_of(user: UserRecord, address: str) -> Addressee:
    """Return a person as one who is written to at one of their addresses."""
    locale = user.claims.get("locale")
    return Addressee(address, locale if isinstance(locale, str) else "", user.id)


def unsealed(vault: Vault, parcel: Parcel) -> dict[str, str | int]:
    """Return what a letter holds. Raises `WrongSecretKey`."""
    return _values(vault.unseal(parcel.payload, _PURPOSE))
