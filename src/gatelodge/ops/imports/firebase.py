"""Firebase Authentication: `firebase auth:export users.json`, with the project's hash parameters from its console."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from gatelodge.keys import foreign_hashes
from gatelodge.ops.imports.contract import Entry, ImportedPerson, Read, UnreadableRow, claims, entries, seconds, text
from gatelodge.ops.refusals import OperationRefused

PARAMETERS = ("base64_signer_key", "base64_salt_separator", "rounds", "mem_cost")


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a project. `options` are its hash parameters. Raises `OperationRefused` without them."""
    missing = [name for name in PARAMETERS if name not in options]
    if missing:
        raise OperationRefused(f"--hash-config does not say {', '.join(missing)}: copy them from the Firebase console")
    return (_person(entry, options) for entry in entries(file, "users"))


def _person(entry: Entry, options: Mapping[str, str]) -> Read:
    sub, email, phone = text(entry, "localId"), text(entry, "email"), text(entry, "phoneNumber")
    username = email or phone or sub
    if sub is None or username is None:
        return UnreadableRow("has no localId")
    try:
        password = _password(entry, options)
    except ValueError:
        return UnreadableRow("has a password whose hash cannot be read")
    return ImportedPerson(
        sub=sub,
        username=username,
        email=email,
        email_verified=entry.get("emailVerified") is True,
        name=text(entry, "displayName"),
        claims=claims((("phone_number", phone), ("picture", text(entry, "photoUrl")))),
        attributes=_attributes(entry),
        enabled=entry.get("disabled") is not True,
        created_at=seconds(entry.get("createdAt"), 1_000),
        password=password,
    )


def _attributes(entry: Entry) -> dict[str, object]:
    """Return its custom claims, which are JSON in a text."""
    try:
        said = json.loads(text(entry, "customAttributes") or "{}")
    except ValueError:
        return {}
    return claims(cast("dict[str, object]", said).items()) if isinstance(said, dict) else {}


def _password(entry: Entry, options: Mapping[str, str]) -> str | None:
    key, salt = text(entry, "passwordHash"), text(entry, "salt")
    if key is None or salt is None:
        return None
    separator, signer = _raw(options["base64_salt_separator"]), _raw(options["base64_signer_key"])
    rounds, memory = int(options["rounds"]), int(options["mem_cost"])
    return foreign_hashes.firebase(rounds, memory, separator, signer, _raw(salt), _raw(key))


def _raw(written: str) -> bytes:
    return b64decode(written.replace("-", "+").replace("_", "/"))
