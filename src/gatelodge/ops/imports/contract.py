"""What the export of another product says of a person: one form for all of them, read and judged row by row."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, cast

from msgspec import Struct, field

from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.passkey import NewPasskey

Entry = Mapping[str, object]


class WeakHash(Struct, frozen=True):
    """A digest that is quick to guess; argon2id goes over it before it is kept. `order` says where the salt stood."""

    algorithm: str
    order: str
    salt: bytes
    digest: bytes


class BroughtFactors(Struct, frozen=True, kw_only=True):
    """Second factors as an export tells of them. `handle` is what authenticators call the person by; `passkeys` have no
    `rp_id` yet. `left` counts what cannot come."""

    seed: bytes | None = field(default=None)
    handle: bytes | None = None
    passkeys: tuple[NewPasskey, ...] = ()
    left: int = 0

    def __repr__(self) -> str:
        """Show no seed."""
        return f"BroughtFactors(passkeys={len(self.passkeys)})"


NO_FACTORS = BroughtFactors()


class ImportedPerson(Struct, frozen=True, kw_only=True):
    """A person as an export tells of them. `sub` is who they were there; `password` is a hash in a form that
    `keys.foreign_hashes` knows, ours among them. `created_at` is in seconds since 1970, 0 if it is not told.
    `attributes` are what the product kept of them under names that its operator chose: of these, those come along that
    a scope releases as claims."""

    sub: str
    username: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    claims: Mapping[str, object] = field(default_factory=dict[str, object])
    attributes: Mapping[str, object] = field(default_factory=dict[str, object])
    enabled: bool = True
    created_at: int = 0
    password: str | WeakHash | None = None
    factors: BroughtFactors = NO_FACTORS


class UnreadableRow(ValueError):
    """A row of an export that says nothing usable; the message says why."""


Read = ImportedPerson | UnreadableRow
ReadExport = Callable[[BinaryIO, Mapping[str, str]], Iterator[Read]]


def entries(file: BinaryIO, member: str = "") -> Iterator[Entry]:
    """Yield the objects of a file: one JSON document, an array or an object with an array at `member`; or one object a
    line. Raises `OperationRefused` if it is neither."""
    head = file.read(1)
    while head.isspace():
        head = file.read(1)
    rest = file.readline()
    whole = _parsed(head + rest)
    if whole is not None and not (member and member in _object(whole)):
        return _lines(whole, file)
    document = whole if whole is not None else _parsed(head + rest + file.read())
    if document is None:
        raise OperationRefused("the file is neither JSON nor one JSON object a line")
    return _listed(document, member)


def text(entry: Entry, name: str) -> str | None:
    """Return a member that is text and not empty, else `None`."""
    value = entry.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else None


def inner(entry: Entry, name: str) -> Entry:
    """Return a member that is an object, else an empty one."""
    value = entry.get(name)
    return cast(Entry, value) if isinstance(value, dict) else {}


def seconds(value: object, unit: int = 1) -> int:
    """Return a time: `1/unit` seconds since 1970, as a number or text, or an ISO 8601 moment; 0 for anything else."""
    try:
        if isinstance(value, int | float):
            return int(value // unit)
        if isinstance(value, str):
            return int(value) // unit if value.isdigit() else int(datetime.fromisoformat(value).timestamp())
    except (ValueError, OverflowError):
        return 0
    return 0


def claims(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the claims that were told."""
    return {name: value for name, value in pairs if value not in (None, "", [])}


def _lines(first: object, file: BinaryIO) -> Iterator[Entry]:
    if isinstance(first, list):
        yield from _listed(cast(object, first), "")
        return
    yield _object(first)
    for line in file:
        if line.strip():
            parsed = _parsed(line)
            if parsed is None:
                raise OperationRefused("a line of the file is no JSON object")
            yield _object(parsed)


def _listed(document: object, member: str) -> Iterator[Entry]:
    found = cast(Entry, document).get(member) if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise OperationRefused(f"the file has no array{f' at {member}' if member else ''}")
    yield from map(_object, cast("list[object]", found))


def _object(value: object) -> Entry:
    return cast(Entry, value) if isinstance(value, dict) else {}


def _parsed(raw: bytes) -> object:
    try:
        return cast(object, json.loads(raw))
    except ValueError:
        return None
