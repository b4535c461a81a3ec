"""What PostgreSQL says at the end of a transaction is read, not taken for granted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.postgres.engine import PostgresDatabase
from gatelodge.database.postgres.wire import ConnectionLost, StatementRefused, Wire
from gatelodge.database.tx import Statement, Tx, Unavailable

pytestmark = pytest.mark.anyio


@dataclass
class Meddler:
    """Stands between us and PostgreSQL and, while it meddles, has it roll back what we commit."""

    server: dict[str, str]
    meddles: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    ends: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = f"{self.server['host']}/.s.PGSQL.{self.server.get('port', '5432')}"
        upstream = (
            await asyncio.open_unix_connection(path)
            if self.server["host"].startswith("/")
            else await asyncio.open_connection(self.server["host"], int(self.server.get("port", "5432")))
        )
        for whence, where in ((reader, upstream[1]), (upstream[0], writer)):
            self.tasks.append(asyncio.ensure_future(self._pass_on(whence, where)))
            self.ends.append(where)

    async def _pass_on(self, whence: asyncio.StreamReader, where: asyncio.StreamWriter) -> None:
        while said := await whence.read(65_536):
            where.write(said.replace(b"\0commit\0", b"\0abort \0") if self.meddles else said)
        where.close()

    async def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        for end in self.ends:
            end.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def meddler(postgres_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[tuple[Meddler, DatabasePolicy]]:
    parts = {name: str(value) for name, value in conninfo_to_dict(postgres_policy.url).items()}
    meddler = Meddler(parts)
    listener = await asyncio.start_server(meddler.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    who = quote(parts.get("user", "postgres")) + (f":{quote(parts['password'])}" if "password" in parts else "")
    url = f"postgresql://{who}@127.0.0.1:{port}/{parts['dbname']}"
    yield meddler, replace(postgres_policy, url=url, deadline=2.0)
    listener.close()
    await meddler.leave()


async def put(tx: Tx, number: int) -> int:
    return await tx.run("insert into audit (at, event) values ($1, 'put')", number)


async def numbers(tx: Tx) -> list[int]:
    return [row[0] for row in await tx.all("select at from audit order by at")]


async def test_COMMIT_01_who_waits_for_a_commit_that_was_a_rollback_is_told_that_it_failed(
    meddler: tuple[Meddler, DatabasePolicy],
) -> None:
    between, policy = meddler
    database = PostgresDatabase(policy)
    await database.start()
    assert await database.write(put, 1) == 1
    between.meddles = True
    outcomes = await asyncio.gather(*(database.write(put, n) for n in range(10, 20)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 10
    between.meddles = False
    assert await asyncio.gather(*(database.write(put, n) for n in (2, 3))) == [1, 1]
    assert await database.read(numbers) == [1, 2, 3]
    await database.close()


async def test_COMMIT_01_a_commit_of_what_was_aborted_is_no_commit(postgres_policy: DatabasePolicy) -> None:
    lost: list[bool] = []
    connection = await AsyncConnection.connect(postgres_policy.url, autocommit=True)
    wire = Wire(connection, prepares=True, on_lost=lambda: lost.append(True))
    wire.begin()
    wire.send(Statement("run", "select 1 / 0", ()))
    with pytest.raises(StatementRefused, match="22012"):
        await wire.exchange()
    with pytest.raises(ConnectionLost):
        await wire.settle("commit")
    wire.drop()
    await connection.close()
    assert lost == [True]


async def test_an_answer_that_is_neither_rows_nor_a_refusal_is_not_believed(postgres_policy: DatabasePolicy) -> None:
    connection = await AsyncConnection.connect(postgres_policy.url, autocommit=True)
    wire = Wire(connection, prepares=False, on_lost=lambda: None)
    wire.send(Statement("one", "", ()))
    with pytest.raises(ConnectionLost):
        await wire.exchange()
    assert wire.lost
    await connection.close()
