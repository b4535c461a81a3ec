"""What carries a message away: an SMTP server, a folder, or nothing in the demo, which shows what it would send."""

from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from gatelodge.protocol.email_address import EmailAddress


class NotSent(Exception):
    """A message was not taken. `for_good` if it never will be, `nobody_there` if nothing else would be now either."""

    def __init__(self, reason: str, *, for_good: bool = False, nobody_there: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.nobody_there = nobody_there


class MailCarrier(Protocol):
    """Takes messages."""

    async def send(self, message: EmailMessage, to: EmailAddress) -> None:
        """Take a message to one address. Raises `NotSent`."""
        ...


class Folder:
    """Keeps every message as a file, for tests and for looking."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage, to: EmailAddress) -> None:
        """Write it to a file of its own. Raises `NotSent`."""
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / f"{name}.eml").write_bytes(message.as_bytes())
        except OSError as error:
            raise NotSent(f"{self._folder} cannot be written to: {error.strerror}", nobody_there=True) from None


class Nowhere:
    """Sends nothing: the demo shows its letters."""

    async def send(self, message: EmailMessage, to: EmailAddress) -> None:
        """Do nothing."""
