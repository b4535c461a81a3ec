"""Auth0: its export of users, an object a line, with the password hashes its support sends, or its import format."""

from base64 import b64decode
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

_POSITIONS = {"prefix": "before", "suffix": "after"}
_CLAIMS = ("given_name", "family_name", "nickname", "picture", "phone_number", "locale")


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a file; it takes no options."""
    return map(_person, entries(file))


def _person(entry: Entry) -> Read:
    sub, email = text(entry, "user_id"), text(entry, "email")
    username = text(entry, "username") or email
    if sub is None or username is None:
        return UnreadableRow("has no user_id, or neither username nor email")
    try:
        password = _password(entry)
    except ValueError as error:
        return UnreadableRow(str(error))
    return ImportedPerson(
        sub=sub,
        username=username,
        email=email,
        email_verified=entry.get("email_verified") is True,
        name=text(entry, "name"),
        claims=claims((name, text(entry, name)) for name in _CLAIMS),
        attributes=claims(inner(entry, "app_metadata").items()),  # people may write their `user_metadata` themselves
        enabled=entry.get("blocked") is not True,
        created_at=seconds(entry.get("created_at")),
        password=password,
    )


def _password(entry: Entry) -> str | WeakHash | None:
    if plain := text(entry, "passwordHash") or text(entry, "password_hash"):
        return plain
    custom = inner(entry, "custom_password_hash")
    if not custom:
        return None
    algorithm, kept = text(custom, "algorithm") or "", inner(custom, "hash")
    value = text(kept, "value") or ""
    if algorithm not in ("md5", "sha1", "sha256", "sha512"):
        return value
    salt = inner(custom, "salt")
    order = _POSITIONS.get(text(salt, "position") or "prefix", "before") if salt else "none"
    return WeakHash(algorithm, order, _decoded(salt, "utf8"), _decoded(kept, "hex"))


def _decoded(value: Entry, default: str) -> bytes:
    written = text(value, "value") or ""
    match text(value, "encoding") or default:
        case "hex":
            return bytes.fromhex(written)
        case "base64":
            return b64decode(written)
        case _:
            return written.encode()
