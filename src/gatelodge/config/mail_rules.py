"""What `[mail]` must hold: a server or a folder, and a sender that mail can be from."""

from collections.abc import Mapping
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import urlsplit

from gatelodge.config.policies import ConfigError, MailPolicy
from gatelodge.config.values import SettingName
from gatelodge.protocol import email_address

_SCHEMES = ("smtp", "smtps")


def check_mail(mail: MailPolicy, named: Mapping[SettingName, str]) -> None:
    """Check the section. Raises `ConfigError`."""
    if mail.url:
        _check_url(mail.url, named.get(("mail", "url"), "mail.url"))
        if not mail.sender:
            raise ConfigError("mail.sender", 'is missing: say whom mail is from, as in "Example <id@example.org>"')
    if mail.sender:
        try:
            _read_sender(mail.sender)
        except ValueError:
            name = named.get(("mail", "sender"), "mail.sender")
            raise ConfigError(
                name, 'must be an address, as in "id@example.org" or "Example <id@example.org>"'
            ) from None


def mail_sender(mail: MailPolicy, host: str) -> Address:
    """Return whom mail is from; where nobody is named, as in the demo, a name at this host that nobody answers to."""
    return _read_sender(mail.sender) if mail.sender else Address("Gatelodge", "no-reply", host)


def _read_sender(text: str) -> Address:
    name, bracket, spec = text.partition("<")
    if bracket and not spec.endswith(">"):
        raise ValueError("a bracket stays open")
    address = email_address.parse(spec.removesuffix(">") if bracket else text)
    return Address(name.strip().strip('"') if bracket else "", address.local, address.domain)


def _check_url(url: str, name: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port, parts = 0, urlsplit("")
    if parts.scheme == "file":
        if parts.netloc or not Path(parts.path).is_absolute() or parts.query:
            raise ConfigError(name, "must name a folder by its whole path, as in file:///var/mail-to-look-at")
    elif parts.scheme not in _SCHEMES or not parts.hostname or port == 0 or parts.path not in ("", "/"):
        raise ConfigError(name, "must be smtp://USER:PASSWORD@HOST:PORT, smtps://... or file:///FOLDER")
    elif parts.query or parts.fragment or (parts.username is None) != (parts.password is None):
        raise ConfigError(name, "must have a user name and a password or neither, and nothing after the host")
