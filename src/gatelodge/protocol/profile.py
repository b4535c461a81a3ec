"""What people say of themselves: the standard claims they may set, and how each must look (OpenID Connect Core 5.1)."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast
from unicodedata import category
from urllib.parse import urlsplit

MAX_TEXT = 200  # characters
ADDRESS = "address."
ADDRESS_MEMBERS = ("street_address", "postal_code", "locality", "region", "country")

# Control, direction, surrogate, private, unassigned, line separators: but for joiners, which scripts are written with.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"

_DATE = re.compile(r"(?:\d{4}|\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./;=a-z-]{3,40}")


def _is_text(value: str) -> bool:
    return all(category(character) not in _UNSEEN or character in _JOINERS for character in value)


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and _is_text(value) and " " not in value


FIELDS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "name": _is_text,
        "given_name": _is_text,
        "family_name": _is_text,
        "nickname": _is_text,
        "birthdate": _DATE.fullmatch,
        "website": _is_web_address,
        "phone_number": _PHONE.fullmatch,
        "locale": _LOCALE.fullmatch,
        "zoneinfo": _ZONE.fullmatch,
        **{f"{ADDRESS}{member}": _is_text for member in ADDRESS_MEMBERS},
    }
)
"""What a person may set, by its name, with what it must pass. A member of the address is `address.` and its name."""


class NotThatValue(ValueError):
    """A value cannot be what it is given for; `field` is one of `FIELDS`, or a name that is none."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} cannot have that value")
        self.field = field


def check(given: Mapping[str, str]) -> dict[str, str]:
    """Return the values, trimmed. An empty one takes the claim away. Raises `NotThatValue` for the first that fails."""
    trimmed = {field: value.strip() for field, value in given.items()}
    for field, value in trimmed.items():
        passes = FIELDS.get(field)
        if passes is None or len(value) > MAX_TEXT or (value and not passes(value)):
            raise NotThatValue(field)
    return trimmed


def told_of(name: str | None, claims: Mapping[str, object]) -> dict[str, str]:
    """Return what a person said of themselves, by field; empty where nothing was."""
    members = _members(claims)
    found = {field: claims.get(field) for field in FIELDS if not field.startswith(ADDRESS)}
    found |= {f"{ADDRESS}{member}": members.get(member) for member in ADDRESS_MEMBERS} | {"name": name}
    return {field: value if isinstance(value, str) else "" for field, value in found.items()}


def settled(claims: Mapping[str, object], changed: Mapping[str, str]) -> dict[str, object]:
    """Return the claims of a person after a change that passed `check`. A new phone number is not verified."""
    plain = {field: value for field, value in changed.items() if field != "name" and not field.startswith(ADDRESS)}
    after = {name: value for name, value in claims.items() if name not in plain}
    after |= {field: value for field, value in plain.items() if value}
    if "phone_number" in changed:
        after.pop("phone_number_verified", None)
    members = {field.removeprefix(ADDRESS): value for field, value in changed.items() if field.startswith(ADDRESS)}
    if members:
        address = address_of({**_members(claims), **members})
        after.pop("address", None)
        after |= {"address": address} if address else {}
    return after


def _members(claims: Mapping[str, object]) -> Mapping[str, object]:
    address = claims.get("address")
    return cast("dict[str, object]", address) if isinstance(address, dict) else {}


def address_of(members: Mapping[str, object]) -> dict[str, object]:
    """Return an address with its lines written anew (5.1.1); empty ones are left out."""
    kept = {name: value for name, value in members.items() if value and name != "formatted"}
    town = " ".join(str(kept[name]) for name in ("postal_code", "locality") if name in kept)
    lines = [str(line) for line in (kept.get("street_address"), town, kept.get("region"), kept.get("country")) if line]
    return {"formatted": "\n".join(lines), **kept} if kept else {}
