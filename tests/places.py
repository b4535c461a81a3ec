"""How rows lie: what each table is spread by, and every statement there is."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import walk_packages

import gatelodge.inspector
import gatelodge.stores
from gatelodge.database.migrate import Migration
from gatelodge.database.render import POSTGRES_WORDS, migration

PLACED = {
    "users": "place",
    "credentials": "place",
    "passkeys": "place",
    "links": "place",
    "recovery_codes": "place",
    "trusted_browsers": "place",
    "sessions": "place",
    "visits": "place",
    "vouched_sessions": "place",
    "consents": "place",
    "tickets": "place",
    "families": "place",
    "access_tokens": "place",
    "audit": "place",
    "outbox": "place",
    "deletions": "place",
    "recoveries": "place",
    "tombstones": "place",
    "names": "name",
    "seen": "digest",
    "throttle": "bucket",
}
EVERYWHERE = {
    "instance",
    "clients",
    "client_logos",
    "apis",
    "claim_scopes",
    "providers",
    "trusted_issuers",
    "signing_keys",
    "sweeps",
    "traces",
}
PARTITIONS = 4

_MODULES = [
    *(
        found.name
        for room in (gatelodge.stores, gatelodge.inspector)
        for found in walk_packages(room.__path__, room.__name__ + ".")
    ),
    "gatelodge.testing.faults",
]
_STATEMENT = re.compile(r"\s*(insert into|update \w+ set|delete from|select )")


def statements() -> Iterator[tuple[str, str]]:
    """Yield every statement that has a name, under it."""
    for module in _MODULES:
        for name, value in vars(import_module(module)).items():
            where = f"{module.removeprefix('gatelodge.')}.{name}"
            if isinstance(value, str) and name[0] != "_" and name.isupper() and _STATEMENT.match(value):
                yield where, value
            elif isinstance(value, Mapping) and name == "REMOVALS":
                yield from ((f"{where}.{key}", sql) for key, sql in value.items())


def in_parts(one: Migration) -> str:
    """Return a migration for PostgreSQL with every table that is spread in parts, by what it is spread by.

    That a statement reads one part is what Citus asks of it, too, to send it to one machine.
    """
    rendered = migration(one.sql, POSTGRES_WORDS)
    return re.sub(r"create table (\w+) \((.*?)\n\)( with \([^)]*\))?;", _in_parts, rendered, flags=re.DOTALL)


def _in_parts(made: re.Match[str]) -> str:
    table, columns = made[1], made[2]
    if table not in PLACED:
        return made[0]
    parts = (
        f"create table {table}_p{part} partition of {table} for values with (modulus {PARTITIONS}, remainder {part});"
        for part in range(PARTITIONS)
    )
    return "\n".join((f"create table {table} ({columns}\n) partition by hash ({PLACED[table]});", *parts))
