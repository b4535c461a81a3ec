"""Letters as parcels: written when they are delivered, and handed to whatever carries mail from here."""

from email.headerregistry import Address
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

from gatelodge.clock import Clock
from gatelodge.config.mail_rules import mail_sender
from gatelodge.config.policies import Config
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.vault import Vault
from gatelodge.mail.carrier import Folder, MailCarrier, NotSent, Nowhere
from gatelodge.mail.letters import KIND, is_on, unsealed
from gatelodge.mail.message import message_of
from gatelodge.mail.rendering import Stationery, WrittenLetter
from gatelodge.outbox.contract import NotDelivered, ParcelKind, ReceiverAway, Undeliverable, doubling
from gatelodge.protocol import email_address, languages
from gatelodge.stores.outbox import Parcel
from gatelodge.web import locales

HOUR = 3_600


class Mail(ParcelKind):
    """Letters. All go to one server, so when that is away all wait."""

    name: ClassVar[str] = KIND
    pauses: ClassVar[tuple[int, ...]] = doubling(60, 6 * HOUR)
    patience: ClassVar[float] = 60.0

    def __init__(
        self, carrier: MailCarrier, stationery: Stationery, sender: Address, vault: Vault, clock: Clock
    ) -> None:
        self._carrier = carrier
        self._stationery = stationery
        self._sender = sender
        self._vault = vault
        self._clock = clock

    @classmethod
    def open(cls, on: Foundation) -> Self | None:
        if not is_on(on.config):
            return None
        sender = mail_sender(on.config.mail, urlsplit(on.site.issuer).hostname or "localhost")
        return cls(_carrier(on.config, sender), stationery(on.site.issuer), sender, on.vault, on.clock)

    def receiver(self, parcel: Parcel) -> str:
        """Return the same for all of them."""
        return ""

    async def deliver(self, parcel: Parcel) -> None:
        try:
            to = email_address.parse(parcel.recipient)
        except ValueError:
            raise Undeliverable("no address that mail can be sent to") from None
        locale, name = _language(parcel), sha256(f"{parcel.id} {parcel.since}".encode()).hexdigest()[:32]
        written = write(self._stationery, self._vault, parcel)
        try:
            await self._carrier.send(message_of(written, self._sender, to, name, self._clock.now(), locale), to)
        except NotSent as failure:
            if failure.for_good:
                raise Undeliverable(failure.reason) from None
            raise (ReceiverAway if failure.nobody_there else NotDelivered)(failure.reason) from None


def stationery(issuer: str) -> Stationery:
    """Return what writes the letters of this issuer, in every language there is."""
    return Stationery(issuer, languages.LANGUAGES, locales.install)


def write(with_it: Stationery, vault: Vault, parcel: Parcel) -> WrittenLetter:
    """Return a letter as it is read. Raises `WrongSecretKey`."""
    return with_it.write(parcel.template, _language(parcel), unsealed(vault, parcel))


def _language(parcel: Parcel) -> str:
    return languages.choose([parcel.locale]) or languages.DEFAULT


def _carrier(config: Config, sender: Address) -> MailCarrier:
    url = config.mail.url
    if not url:
        return Nowhere()
    if url.startswith("file:"):
        return Folder(Path(urlsplit(url).path))
    from gatelodge.mail.smtp import Smtp, server_of

    own_name = urlsplit(config.server.issuer).hostname or "localhost"
    return Smtp(server_of(url, demands_tls=config.mail.starttls == "required"), sender.addr_spec, own_name)
