"""Migrations: numbered SQL files, one set for both engines, each applied once, whole or not at all.

A migration and its row in `schema_migrations` are one transaction, under a lock: several processes may ask at once, and
any of them may be killed. Expand, then contract: version N-1 of the program still runs on the schema of version N.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from gatelodge.clock import Clock, SystemClock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_schema
from gatelodge.database.render import migration as rendered
from gatelodge.database.schema import Entry, Schema


class SchemaTooNew(Exception):
    """The database was migrated by a newer version of this program, which this one must not write to."""

    def __init__(self, current: int, latest: int) -> None:
        super().__init__(f"the database has schema {current}, this version knows {latest}: run the newer version")
        self.current = current
        self.latest = latest


class MigrationChanged(Exception):
    """A migration that was applied is no longer the file it was. The message names it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"migration {name} was changed after it had been applied: another build of this program made this database."
            " Run that build, or begin with a new database"
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `name` begins with its number; `sql` still has its marks."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, in hex."""
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Status:
    """Which migration the database has, which this version knows, and the names of those in between."""

    current: int
    latest: int
    pending: list[str]


def status(policy: DatabasePolicy) -> Status:
    """Return where the schema stands; changes nothing. Blocks.

    Raises `SchemaTooNew`, `MigrationChanged`, or `Unavailable` if the database cannot be reached.
    """
    known = shipped()
    with closing(open_schema(policy)) as schema:
        return compare(known, schema.applied())


def up(policy: DatabasePolicy, known: Sequence[Migration] | None = None, clock: Clock | None = None) -> list[str]:
    """Apply what is pending and return its names. Blocks; of several processes at once, each migration has one.

    Raises `SchemaTooNew`, `MigrationChanged`, `StatementFailed` with the migration's name if its SQL is refused, or
    `Unavailable` if the database cannot be reached. What came before the failure stays applied.
    """
    known = shipped() if known is None else known
    clock = clock or SystemClock()
    with closing(open_schema(policy)) as schema:
        pending = compare(known, schema.applied()).pending
        return [migration.name for migration in known if migration.name in pending and _apply(schema, migration, clock)]


def shipped() -> list[Migration]:
    """Return the migrations this version has, in order."""
    folder = files("gatelodge.stores") / "migrations"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted((_read(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in found), key=_number)


def compare(known: Sequence[Migration], applied: Sequence[Entry]) -> Status:
    """Return what is pending. Raises `SchemaTooNew` or `MigrationChanged`."""
    latest = max((migration.number for migration in known), default=0)
    current = max((number for number, _, _ in applied), default=0)
    if current > latest:
        raise SchemaTooNew(current, latest)
    checksums = {number: checksum for number, _, checksum in applied}
    for migration in known:
        if checksums.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationChanged(migration.name)
    return Status(current, latest, [migration.name for migration in known if migration.number not in checksums])


def _apply(schema: Schema, migration: Migration, clock: Clock) -> bool:
    """Apply a migration unless another process has meanwhile; return whether it was us."""
    with schema.changing(migration.name):
        if any(number == migration.number for number, _, _ in schema.applied()):
            return False
        schema.run(rendered(migration.sql, schema.words))
        schema.enter((migration.number, migration.name, migration.checksum), clock.now())
        return True


def _read(name: str, sql: str) -> Migration:
    return Migration(int(name.split("_")[0]), name, sql)


def _number(migration: Migration) -> int:
    return migration.number
