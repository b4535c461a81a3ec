"""What a migration needs of an engine."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

Entry = tuple[int, str, str]  # of `schema_migrations`: number, name, checksum

BOOK = """
create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at bigint not null
)
"""
APPLIED = "select number, name, checksum from schema_migrations order by number"


class Schema(Protocol):
    """A database while its schema is looked at or changed. Raises `Unavailable` if it cannot be reached."""

    words: Mapping[str, str]  # what the marks in a migration stand for

    def applied(self) -> Sequence[Entry]:
        """Return what was applied, in order; nothing if nothing ever was."""
        ...

    def changing(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock and a transaction: committed at the end, rolled back by an exception.

        Raises `StatementFailed`, which says `name`, if a statement inside is refused.
        """
        ...

    def run(self, script: str) -> None:
        """Run statements inside that transaction."""
        ...

    def enter(self, entry: Entry, now: int) -> None:
        """Note a migration as applied inside that transaction."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
