"""Other providers that people sign in with, as the protocol sees them, and what one said of somebody.

What a provider says is worth what the operator says it is worth: whether it is believed about addresses, what its
levels are here, whom it may send.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

MAX_SUBJECT = 255  # characters
MAX_ADDRESS = 254  # characters; the longest e-mail address (RFC 5321 4.5.3.1)
MAX_TEXT = 200  # characters of a name somebody else wrote

Linking = Literal["ask", "verified_address"]

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ADDRESS = re.compile(
    r"[^\s@\"(),:;<>\[\\\]]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider that people of this server may sign in with.

    `name` is in its addresses here, `label` on its button, `kind` is one of `authn/federation`. `issuer` is empty where
    the kind knows its own. `tenants` are those of Entra ID whose people may come, `domains` those whose addresses are
    believed or let in, as the kind says. `trusts_address` says that the provider proves the addresses it calls
    verified. `link` says what happens when such an address has an account here: the person is asked to sign in to it
    once, or it is connected at once. `new_accounts` says whether who has none gets one. `levels` translates what it
    says of a sign-in (`acr`, or one of `amr`) into a level of ours; what is not in it is one factor. `keep_tokens`
    keeps the refresh tokens it gives for people, sealed, and renews them. `allow_private` lets it be inside the
    operator's own network. `key_id` and `team` go with a private key in place of a client secret.
    """

    name: str
    kind: str
    label: str
    client_id: str
    issuer: str = ""
    scopes: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    trusts_address: bool = False
    link: Linking = "ask"
    new_accounts: bool = False
    levels: Mapping[str, str] = field(default_factory=dict[str, str])
    keep_tokens: bool = False
    allow_private: bool = False
    key_id: str = ""
    team: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamIdentity:
    """Somebody, as a provider says: `subject` means nothing without `issuer`, and nothing else names anybody.

    `address` is one that can be an address, `None` if there is none; `is_proved` says that the provider is believed to
    have proved it. `level` is ours, `None` for one factor. `auth_time` is when they proved anything there, as far as it
    says, in seconds since 1970. `sid` is their session there. `kept` is what is kept of it besides.
    """

    issuer: str
    subject: str
    address: str | None = None
    is_proved: bool = False
    name: str | None = None
    level: str | None = None
    amr: tuple[str, ...] = ()
    auth_time: int | None = None
    sid: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict[str, str])


def link_name(issuer: str, subject: str) -> str:
    """Return what one person at one provider is found by; no issuer holds a space, so no two are alike (ACC-19)."""
    return f"{issuer} {subject}"


def address_of(value: object) -> str | None:
    """Return an e-mail address that a provider sent, or `None` if it is none: one `@`, a domain with a dot (ACC-19)."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS or not value.isascii():
        return None
    return value.lower() if _ADDRESS.fullmatch(value) else None


def is_of_domain(address: str | None, domains: Collection[str]) -> bool:
    """Whether an address belongs to one of these domains itself, not to one below it."""
    return address is not None and address.rpartition("@")[2] in domains


def text_of(value: object) -> str | None:
    """Return a name that somebody else wrote, as far as people can be shown it."""
    if not isinstance(value, str):
        return None
    plain = "".join(letter for letter in value if letter.isprintable()).strip()
    return plain[:MAX_TEXT] or None


def level_of(levels: Mapping[str, str], acr: object, amr: Collection[str]) -> str | None:
    """Return what a sign-in there is worth here: the operator's word for its `acr`, else for one of its `amr`."""
    said = (acr if isinstance(acr, str) else "", *amr)
    return next((levels[one] for one in said if one in levels), None)
