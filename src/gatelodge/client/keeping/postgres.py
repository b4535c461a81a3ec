"""A store in PostgreSQL, for applications of several machines. Needs psycopg: `pip install 'psycopg[binary]'`."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, cast

from gatelodge.client.forks import ForkedLock
from gatelodge.client.keeping.contract import StoreUnavailable
from gatelodge.client.keeping.sealed import Seals, TokenStore
from gatelodge.client.keeping.sql import SCHEMA, SqlRows

try:
    import psycopg
except ModuleNotFoundError as missing:
    if missing.name != "psycopg":
        raise
    raise ImportError("this store needs psycopg: pip install 'psycopg[binary]'", name="psycopg") from None

PATIENCE = 5  # seconds for a connection, and for a statement

_NAME = re.compile(r":(\w+)")
_LOCK = 5_403_971_103_418_114_063  # makes the processes that start together make the table one after the other


def postgres_store(url: str, keys: Sequence[str]) -> TokenStore:
    """Return the store in a database, whose table is made if it is not there; `keys` are as in `Seals`.

    Raises `StoreUnavailable`.
    """
    seals = Seals(keys)
    connection = PostgresConnection(url)
    schema = ";".join(statement.replace("{BYTES}", "bytea") for statement in SCHEMA)
    connection.run(f"select pg_advisory_xact_lock({_LOCK}); {schema}", {})
    return TokenStore(SqlRows(connection.run), seals)


class PostgresConnection:
    """One connection for all threads of a process, opened again when it was lost; a forked process opens its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = ForkedLock()
        self._process = 0
        self._open: psycopg.Connection[Any] | None = None
        self._inherited: psycopg.Connection[Any] | None = None

    def run(self, statement: str, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run one statement, committed when this returns. Raises `StoreUnavailable`."""
        text = cast("LiteralString", _NAME.sub(r"%(\1)s", statement)) if values else cast("LiteralString", statement)
        with self._lock:
            try:
                cursor = self._connection().execute(text, values or None)
                return cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                raise StoreUnavailable(f"the store's database failed: {type(error).__name__}") from None

    def _connection(self) -> psycopg.Connection[Any]:
        """Return a connection that works, as far as can be seen without asking."""
        if self._process != os.getpid():
            self._inherited, self._open = self._open, None  # saying good-bye on it would end the parent's session
        if self._open is None or self._open.broken or self._open.closed:
            self._open, self._process = _connect(self._url), os.getpid()
        return self._open


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        url,
        autocommit=True,
        prepare_threshold=None,  # so that it works through a pooler
        connect_timeout=PATIENCE,
        application_name="gatelodge-client",
        options=f"-c statement_timeout={PATIENCE * 1000}",
    )
