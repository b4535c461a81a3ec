"""The schema of a PostgreSQL database, while it is looked at or changed."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, cast

import psycopg

from gatelodge.database.postgres.engine import conninfo, reason
from gatelodge.database.render import POSTGRES_WORDS
from gatelodge.database.schema import APPLIED, BOOK, Entry, Schema
from gatelodge.database.tx import StatementFailed, Unavailable

LOCK = 0x6761_7465_6C6F_6467  # 'gatelodg': the advisory lock of migrations
HAS_BOOK = "select 1 from pg_catalog.pg_class where oid = to_regclass('schema_migrations')"
ENTER = "insert into schema_migrations (number, name, checksum, applied_at) values (%s, %s, %s, %s)"


class PostgresSchema(Schema):
    """One database, over a connection of its own."""

    words = POSTGRES_WORDS

    def __init__(self, url: str, patience: float) -> None:
        self._url = url
        self._patience = patience
        self._connection: psycopg.Connection[Any] | None = None

    def applied(self) -> Sequence[Entry]:
        with _blaming_the_server():
            connection = self._opened()
            known = connection.execute(HAS_BOOK).fetchone()
            return connection.execute(APPLIED).fetchall() if known else []

    @contextmanager
    def changing(self, name: str) -> Generator[None]:
        with _blaming_the_server(name):
            connection = self._opened()
            with connection.transaction():
                connection.execute("set local statement_timeout = 0")
                connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
                connection.execute(BOOK)
                yield

    def run(self, script: str) -> None:
        self._opened().execute(cast(LiteralString, script))

    def enter(self, entry: Entry, now: int) -> None:
        self._opened().execute(ENTER, (*entry, now))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            info = conninfo(self._url, self._patience)
            self._connection = psycopg.connect(info, autocommit=True, prepare_threshold=None)
        return self._connection


@contextmanager
def _blaming_the_server(name: str = "the schema") -> Generator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise Unavailable(reason(error)) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unavailable(f"{error.diag.message_primary}: the database must belong to the user that connects") from None
    except psycopg.Error as error:
        raise StatementFailed(f"{name}: {error}") from None
