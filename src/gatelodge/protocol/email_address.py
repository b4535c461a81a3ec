"""E-mail addresses, as far as this server writes to them: one mailbox, at one domain, and nothing hidden in either.

Narrower than RFC 5321: no quoted local parts, no address literals, no comments, so that every program that looks at an
address sees the same one. A domain may be international; it is compared and dialled in its ASCII form.
"""

import re
from dataclasses import dataclass

MAX_ADDRESS = 254  # characters (RFC 5321 4.5.3.1.3)
MAX_LOCAL = 64  # characters (RFC 5321 4.5.3.1.1)

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE | re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One mailbox. `domain` is in ASCII and lower case."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def is_at(self, domain: str) -> bool:
        """Whether its domain is this one, not one below it."""
        return self.domain == in_ascii(domain)


def parse(text: str) -> EmailAddress:
    """Return the mailbox that `text` names. Raises `ValueError` for anything else, without echoing it."""
    local, at, domain = text.partition("@")
    if not at or len(text) > MAX_ADDRESS or len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise ValueError("not an e-mail address")
    ascii_domain = in_ascii(domain)
    if len(ascii_domain) > MAX_ADDRESS - 2 or not _DOMAIN.fullmatch(ascii_domain):
        raise ValueError("not an e-mail address")
    return EmailAddress(local, ascii_domain)


def in_ascii(domain: str) -> str:
    """Return a domain as it is dialled: in ASCII and lower case; empty if it has no such form."""
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
