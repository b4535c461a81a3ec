"""The one connection that writes to the SQLite file, and the transaction it has open."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from gatelodge.database.render import for_sqlite
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.database.tx import Statement


class Writer:
    """Begins, commits and gives up transactions. One at a time, and none while another process has one."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._lock: sqlite_file.WriteLock | None = None
        self._connection: sqlite3.Connection | None = None
        self._last_id: int | None = None  # that was given in this transaction

    @property
    def connection(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    def open(self) -> None:
        """Open the file unless it is open. Raises `sqlite3.Error` or `OSError`."""
        if self._lock is None:
            self._lock = sqlite_file.WriteLock(self._path)
        if self._connection is None:
            self._connection = sqlite_file.connect(self._path, patience=self._patience)
            self._connection.create_function("nextval", 1, self._next_id)

    def begin_at_once(self) -> bool:
        """Begin a transaction if nothing has to be waited for. Never blocks."""
        if self._connection is None or self._lock is None or not self._lock.take_at_once():
            return False
        if self._try_to_begin(self._connection):
            return True
        self._lock.release()
        return False

    def begin(self) -> None:
        """Begin a transaction, and wait for whoever has one. Blocks; raises `sqlite3.Error` or `OSError`."""
        self.open()
        assert self._lock is not None
        self._lock.take()
        gives_up = monotonic() + self._patience
        while not self._try_to_begin(self.connection):
            if monotonic() > gives_up:
                self.connection.execute("begin immediate")
                return
            sleep(sqlite_file.PAUSE)

    def mark(self) -> None:
        """Remember this point of the transaction."""
        self.connection.execute("savepoint job")

    def settle(self, *, keep: bool) -> None:
        """Keep what was done since the mark, or undo it."""
        if not keep:
            self.connection.execute("rollback to job")
        self.connection.execute("release job")

    def commit(self) -> None:
        """Commit, and let others write. Blocks for the disk."""
        assert self._lock is not None
        if self._last_id is not None:
            self.connection.execute("update ids set last = ?", (self._last_id,))
            self._last_id = None
        self.connection.execute("commit")
        self._lock.release()

    def abandon(self) -> None:
        """Give up the transaction and the connection, which may be in any state; the next `begin` opens another."""
        connection, self._connection = self._connection, None
        self._last_id = None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        if self._lock is not None:
            self._lock.release()

    def close(self) -> None:
        self.abandon()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _next_id(self, _sequence: str) -> int:
        """Answer `nextval('ids')` as PostgreSQL does: never the same twice, also after a delete.

        The file is read once a transaction and written once, at its end: ids of a body that was undone are not used.
        """
        if self._last_id is None:
            self._last_id = int(self.connection.execute("select last from ids").fetchone()[0])
        self._last_id += 1
        return self._last_id

    @staticmethod
    def _try_to_begin(connection: sqlite3.Connection) -> bool:
        try:
            connection.execute("begin immediate")
        except sqlite3.OperationalError as error:
            if not sqlite_file.is_busy(error):
                raise
            return False
        return True


def execute(connection: sqlite3.Connection, statement: Statement) -> Any:
    """Run a statement and return its answer."""
    answer, sql, params = statement
    cursor = connection.execute(for_sqlite(sql), params)
    if answer == "one":
        return cursor.fetchone()
    if answer == "all":
        return cursor.fetchall()
    if cursor.rowcount >= 0:
        return cursor.rowcount
    return connection.execute("select changes()").fetchone()[0]  # the driver does not count for `with ... update`
