"""The schema of a SQLite file, while it is looked at or changed."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gatelodge.database.render import SQLITE_WORDS
from gatelodge.database.schema import APPLIED, BOOK, Entry, Schema
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.database.tx import StatementFailed, Unavailable

HAS_BOOK = "select 1 from sqlite_master where name = 'schema_migrations'"
ENTER = "insert into schema_migrations (number, name, checksum, applied_at) values (?, ?, ?, ?)"


class SqliteSchema(Schema):
    """One file, which need not exist as long as it is only looked at."""

    words = SQLITE_WORDS

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._connection: sqlite3.Connection | None = None

    def applied(self) -> Sequence[Entry]:
        if not self._path.exists():
            return []
        with self._blaming_the_file():
            connection = self._opened()
            known = connection.execute(HAS_BOOK).fetchone()
            return connection.execute(APPLIED).fetchall() if known else []

    @contextmanager
    def changing(self, name: str) -> Generator[None]:
        with self._blaming_the_file(name):
            connection = self._opened()
            with sqlite_file.writing_alone(self._path):
                connection.execute("begin immediate")
                try:
                    connection.execute(BOOK)
                    yield
                    connection.execute("commit")
                finally:
                    if connection.in_transaction:
                        connection.execute("rollback")

    def run(self, script: str) -> None:
        for statement in statements(script):
            self._opened().execute(statement)

    def enter(self, entry: Entry, now: int) -> None:
        self._opened().execute(ENTER, (*entry, now))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite_file.connect(self._path, wait=self._patience)
        return self._connection

    @contextmanager
    def _blaming_the_file(self, name: str = "the schema") -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = sqlite_file.trouble(error)
            if reason is None and isinstance(error, sqlite3.Error):
                raise StatementFailed(f"{name}: {error}") from None
            raise Unavailable(f"{self._path}: {reason or error}") from None


def statements(script: str) -> Generator[str]:
    """Split a script, since the driver runs a whole one only outside of a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
