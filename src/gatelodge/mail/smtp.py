"""Handing messages to the operator's SMTP server, the only other way out of here than `outbound.py`.

`smtps` is TLS from the first byte (RFC 8314 3.3). `smtp` begins TLS where the server offers it; where a password would
go, or the operator demands it, nothing is sent without. The server's certificate is checked either way.
"""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from gatelodge.config.rules import is_loopback
from gatelodge.mail.carrier import NotSent
from gatelodge.protocol.email_address import EmailAddress

TIMEOUT = 20.0  # seconds for each answer of the server
PORTS = {"smtp": 587, "smtps": 465}

_SAID = 200  # characters of what a server said


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A server and how to sign in there."""

    host: str
    port: int
    tls: bool
    demands_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def server_of(url: str, *, demands_tls: bool) -> SmtpServer:
    """Return the server of a checked URL. TLS is a must where a password goes to another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    username, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    must = demands_tls or (password is not None and not is_loopback(host))
    return SmtpServer(host, parts.port or PORTS[parts.scheme], parts.scheme == "smtps", must, username, password)


class Smtp:
    """Sends each message over a connection of its own. `own_name` is what this machine says it is called."""

    def __init__(self, server: SmtpServer, sender: str, own_name: str) -> None:
        self._server = server
        self._sender = sender
        self._own_name = own_name
        self._trusted = ssl.create_default_context()

    async def send(self, message: EmailMessage, to: EmailAddress) -> None:
        """Send it. Raises `NotSent`."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._own_name,
            timeout=TIMEOUT,
            use_tls=server.tls,
            start_tls=None if not server.tls and not server.demands_tls else not server.tls,
            tls_context=self._trusted,
        )
        try:
            async with client:
                await client.send_message(message, sender=self._sender, recipients=[str(to)])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            raise NotSent(_said(f"{first.code} {first.message}"), for_good=first.code >= 500) from None
        except aiosmtplib.SMTPAuthenticationError as refused:
            raise NotSent(_said(f"the password was refused: {refused.code}"), nobody_there=True) from None
        except aiosmtplib.SMTPResponseException as refused:
            raise NotSent(_said(f"{refused.code} {refused.message}")) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(
                _said(f"{server.host}:{server.port}: {error or type(error).__name__}"), nobody_there=True
            ) from None


def _said(text: str) -> str:
    """Return what a server said as a line of a log."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_SAID]
