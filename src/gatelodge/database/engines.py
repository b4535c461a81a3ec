"""Which engine runs the statements: the one place that tells SQLite from PostgreSQL."""

from pathlib import Path
from typing import Literal

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.schema import Schema
from gatelodge.database.tx import Database

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


def engine_of(url: str) -> Literal["sqlite", "postgres"]:
    """Return the engine a database URL asks for. Raises `ValueError`, which never repeats the URL's password."""
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return "sqlite"
    if url.startswith(POSTGRES):
        return "postgres"
    raise ValueError("database.url must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def sqlite_path(url: str) -> Path:
    """Return the file of `sqlite:///FILE`: relative to the working directory, absolute with a fourth slash."""
    return Path(url.removeprefix(SQLITE)).absolute()


def open_database(policy: DatabasePolicy) -> Database:
    """Return the database of a policy, not started yet. Raises `ValueError` for a URL of no known engine."""
    if engine_of(policy.url) == "sqlite":
        from gatelodge.database.sqlite.engine import SqliteDatabase

        return SqliteDatabase(sqlite_path(policy.url), policy)
    from gatelodge.database.postgres.engine import PostgresDatabase  # only here: the driver is an extra

    return PostgresDatabase(policy)


def lack_of_room(policy: DatabasePolicy) -> str | None:
    """Say that the disk of a database file is full or about to be; `None` if not, or if a server looks after it."""
    if engine_of(policy.url) != "sqlite":
        return None
    from gatelodge.database.sqlite import file as sqlite_file

    return sqlite_file.lack_of_room(sqlite_path(policy.url))


def file_identity(policy: DatabasePolicy) -> object:
    """Return which database file is there now; `None` if there is none, or if it is no file."""
    if engine_of(policy.url) != "sqlite":
        return None
    from gatelodge.database.sqlite import file as sqlite_file

    return sqlite_file.identity(sqlite_path(policy.url))


def open_schema(policy: DatabasePolicy) -> Schema:
    """Return the schema of a policy's database. Raises `ValueError` for a URL of no known engine."""
    if engine_of(policy.url) == "sqlite":
        from gatelodge.database.sqlite.schema import SqliteSchema

        return SqliteSchema(sqlite_path(policy.url), policy.deadline)
    from gatelodge.database.postgres.schema import PostgresSchema

    return PostgresSchema(policy.url, policy.deadline)
