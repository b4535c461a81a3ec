"""Our own format, also what `gatelodge users export` writes: one JSON object a line."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from gatelodge.ops.imports import factors
from gatelodge.ops.imports.contract import Entry, ImportedPerson, Read, UnreadableRow, entries, inner, seconds, text


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a file; it takes no options."""
    return map(_person, entries(file))


def _person(entry: Entry) -> Read:
    sub, username = text(entry, "sub"), text(entry, "username")
    if sub is None or username is None:
        return UnreadableRow("has no sub or no username")
    try:
        brought = factors.read(entry)
    except UnreadableRow as unreadable:
        return unreadable
    return ImportedPerson(
        sub=sub,
        username=username,
        email=text(entry, "email"),
        email_verified=entry.get("email_verified") is True,
        name=text(entry, "name"),
        claims=inner(entry, "claims"),
        enabled=entry.get("enabled") is not False,
        created_at=seconds(entry.get("created_at")),
        password=text(entry, "password_hash"),
        factors=brought,
    )
