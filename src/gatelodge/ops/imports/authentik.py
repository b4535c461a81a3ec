"""authentik, which is a Django project: `ak dumpdata authentik_core.user`. Who somebody is is their `uuid` there."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from msgspec.structs import replace

from gatelodge.ops.imports import django
from gatelodge.ops.imports.contract import Entry, Read, UnreadableRow, claims, entries, inner, text

_MACHINES = ("service_account", "internal_service_account")


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a dump; service accounts are passed over. It takes no options."""
    found = ((entry, inner(entry, "fields")) for entry in entries(file))
    return (
        _person(fields)
        for entry, fields in found
        if entry.get("model") == "authentik_core.user" and fields.get("type") not in _MACHINES
    )


def _person(fields: Entry) -> Read:
    sub, username = text(fields, "uuid"), text(fields, "username")
    if sub is None or username is None:
        return UnreadableRow("has no uuid or no username")
    person = django.person(sub, username, fields)
    if isinstance(person, UnreadableRow):
        return person
    return replace(person, attributes=claims(inner(fields, "attributes").items()))
