"""Django: `manage.py dumpdata auth.user`, or of the project's own user model."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from gatelodge.ops.imports.contract import (
    Entry,
    ImportedPerson,
    Read,
    UnreadableRow,
    WeakHash,
    claims,
    entries,
    inner,
    seconds,
    text,
)

_WEAK = ("md5", "sha1")


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a dump; rows of other models are passed over. It takes no options."""
    return (_person(entry) for entry in entries(file) if str(entry.get("model", "")).endswith("user"))


def _person(entry: Entry) -> Read:
    fields = inner(entry, "fields")
    username = text(fields, "username") or text(fields, "email")
    if username is None or entry.get("pk") is None:
        return UnreadableRow("has no pk, or neither username nor email")
    return person(str(entry["pk"]), username, fields)


def person(sub: str, username: str, fields: Entry) -> Read:
    """Return the person of a row of a user model."""
    given, family = text(fields, "first_name"), text(fields, "last_name")
    try:
        password = _password(text(fields, "password") or "")
    except ValueError:
        return UnreadableRow("has a password whose hash cannot be read")
    return ImportedPerson(
        sub=sub,
        username=username,
        email=text(fields, "email"),
        name=text(fields, "name") or " ".join(filter(None, (given, family))) or None,
        claims=claims((("given_name", given), ("family_name", family))),
        enabled=fields.get("is_active") is not False,
        created_at=seconds(fields.get("date_joined")),
        password=password,
    )


def _password(stored: str) -> str | WeakHash | None:
    if not stored or stored.startswith("!"):  # set_unusable_password()
        return None
    algorithm, _, rest = stored.partition("$")
    if algorithm not in _WEAK:
        return stored
    salt, _, digest = rest.partition("$")
    return WeakHash(algorithm, "before" if salt else "none", salt.encode(), bytes.fromhex(digest))
