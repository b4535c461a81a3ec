"""A letter as a message of internet mail (RFC 5322): text first, then HTML, and headers that no value can break."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gatelodge.mail.rendering import WrittenLetter
from gatelodge.protocol.email_address import EmailAddress


def message_of(
    written: WrittenLetter, sender: Address, to: EmailAddress, message_id: str, now: int, locale: str
) -> EmailMessage:
    """Return the message. A letter that is sent twice has the same `message_id`, by which mailboxes tell."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(username=to.local, domain=to.domain)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Content-Language"] = locale
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 5: nobody's absence answers it
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    return message
