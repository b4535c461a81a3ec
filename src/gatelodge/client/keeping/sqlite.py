"""A store in an SQLite file. Several processes may have it open."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gatelodge.client.forks import ForkedLock
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.client.keeping.locked_file import make_private
from gatelodge.client.keeping.sealed import Seals, TokenStore
from gatelodge.client.keeping.sql import SCHEMA, SqlRows

PATIENCE = 5.0  # seconds to wait for another process to finish its statement


def sqlite_store(path: str | Path, keys: Sequence[str]) -> TokenStore:
    """Return the store in a database file, which is made with mode 0600 if it is not there; `keys` are as in `Seals`.

    Raises `StoreRefused` for a file that others may read, `StoreUnavailable`.
    """
    seals = Seals(keys)
    make_private(Path(path))
    connection = SqliteConnection(Path(path))
    for statement in SCHEMA:
        connection.run(statement.replace("{BYTES}", "blob"), {})
    return TokenStore(SqlRows(connection.run), seals)


class SqliteConnection:
    """One connection for all threads of a process; a process that was forked off opens its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = ForkedLock()
        self._process = 0
        self._open: sqlite3.Connection | None = None
        self._inherited: sqlite3.Connection | None = None

    def run(self, statement: str, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run one statement, which is on the disk when this returns. Raises `StoreUnavailable`."""
        with self._lock:
            try:
                return self._connection().execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise StoreUnavailable(f"{self._path}: {error}") from None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None or self._process != os.getpid():
            self._inherited = self._open  # closing what a parent process opened would take its locks away
            self._open, self._process = _connect(self._path), os.getpid()
        return self._open


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    # A refresh token that was replaced is worthless: its successor must not be lost with the power.
    connection.execute("pragma synchronous = full")
    return connection
