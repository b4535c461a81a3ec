"""The contract of a transaction, on both engines: what commits, what does not, and who notices."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Conflict, Database, ForeignAwait, Row, RunAgain, StatementFailed, Tx, Unavailable
from gatelodge.protocol.errors import OAuthError

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


async def put(tx: Tx, key: bytes, number: int = 1) -> int:
    return await tx.run("insert into seen (digest, expires_at) values ($1, $2)", key, number)


async def get(tx: Tx, key: bytes) -> int | None:
    row = await tx.one("select expires_at from seen where digest = $1", key)
    return None if row is None else row[0]


async def count(tx: Tx) -> int:
    row = await tx.one("select count(*) from seen")
    assert row is not None
    return row[0]


# What commits


async def test_what_a_body_did_is_there_after_its_answer(database: Database) -> None:
    assert await database.write(put, b"a", 7) == 1
    assert await database.read(get, b"a") == 7


async def test_a_refusal_commits(database: Database) -> None:
    async def spend_and_refuse(tx: Tx) -> None:
        await put(tx, b"spent")
        raise OAuthError("invalid_grant", "no")

    with pytest.raises(OAuthError):
        await database.write(spend_and_refuse)
    assert await database.read(get, b"spent") == 1


async def put_and_break(tx: Tx, key: bytes) -> None:
    await put(tx, key)
    raise KeyError("a mistake")


async def test_any_other_exception_rolls_back(database: Database) -> None:
    with pytest.raises(KeyError, match="a mistake"):
        await database.write(put_and_break, b"a")
    assert await database.read(get, b"a") is None


async def test_neighbours_of_a_body_that_fails_commit(database: Database) -> None:
    bodies = [put_and_break if n % 10 == 3 else put for n in range(50)]
    outcomes = await asyncio.gather(
        *(database.write(body, b"%d" % n) for n, body in enumerate(bodies)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [KeyError if body is put_and_break else int for body in bodies]
    assert await database.read(count) == 45


async def test_neighbours_of_a_refused_statement_commit(database: Database) -> None:
    await database.write(put, b"taken")
    keys = [b"taken" if n == 7 else b"%d" % n for n in range(20)]
    outcomes = await asyncio.gather(*(database.write(put, key) for key in keys), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Conflict if key == b"taken" else int for key in keys]
    assert await database.read(count) == 20


async def test_jobs_that_wait_together_share_a_commit(database: Database) -> None:
    await asyncio.gather(*(database.write(put, b"%d" % n) for n in range(100)))
    assert database.transactions == 100
    assert cast(Any, database).commits <= 4


async def test_statements_are_counted(database: Database) -> None:
    await database.write(put, b"a")
    await database.read(get, b"a")
    assert (database.statements, database.transactions) == (2, 1)


# Who wins


async def take(tx: Tx, key: bytes) -> Row | None:
    return await tx.one("update seen set expires_at = 0 where digest = $1 and expires_at = 1 returning expires_at", key)


async def test_FLT_27_of_fifty_takers_one_wins(database: Database) -> None:
    await database.write(put, b"prize")
    taken = await asyncio.gather(*(database.write(take, b"prize") for _ in range(50)))
    assert sum(row is not None for row in taken) == 1


async def test_FLT_27_of_the_takers_of_two_servers_one_wins(database_policy: DatabasePolicy) -> None:
    one, other = open_database(database_policy), open_database(database_policy)
    await asyncio.gather(one.start(), other.start())
    for n in range(20):
        await one.write(put, b"prize %d" % n)
        takers = (server.write(take, b"prize %d" % n) for server in (one, other) for _ in range(5))
        assert sum(row is not None for row in await asyncio.gather(*takers)) == 1
    await asyncio.gather(one.close(), other.close())


async def test_batches_that_lock_rows_crosswise_all_commit(database_policy: DatabasePolicy) -> None:
    one, other = open_database(database_policy), open_database(database_policy)
    await asyncio.gather(one.start(), other.start())
    keys = [b"%d" % n for n in range(6)]
    for key in keys:
        await one.write(put, key, 0)

    async def add(tx: Tx, key: bytes) -> int:
        return await tx.run("update seen set expires_at = expires_at + 1 where digest = $1", key)

    jobs = [server.write(add, key) for server, order in ((one, keys), (other, keys[::-1])) for key in order * 5]
    await asyncio.gather(*jobs)
    assert [await one.read(get, key) for key in keys] == [10] * len(keys)
    await asyncio.gather(one.close(), other.close())


# Running again


async def test_a_forced_rerun_of_a_body_leaves_one_row(rerunning_database: Database) -> None:
    keys = [b"%d" % n for n in range(10)]
    assert await asyncio.gather(*(rerunning_database.write(put, key) for key in keys)) == [1] * 10
    assert await rerunning_database.read(count) == 10


async def test_a_body_that_always_wants_another_run_is_told_to_come_back(database: Database) -> None:
    runs: list[int] = []

    async def never_content(tx: Tx) -> None:
        runs.append(await put(tx, b"a"))
        raise RunAgain

    with pytest.raises(Unavailable):
        await database.write(never_content)
    assert len(runs) == 5
    assert await database.read(get, b"a") is None


# What a body may do


async def test_a_body_that_awaits_something_else_is_named_and_rolled_back(database: Database) -> None:
    async def sleeps(tx: Tx) -> None:
        await put(tx, b"a")
        await asyncio.sleep(0.01)

    with pytest.raises(ForeignAwait, match="sleeps"):
        await database.write(sleeps)
    with pytest.raises(ForeignAwait, match="sleeps"):
        await database.read(sleeps_only)
    assert await database.read(get, b"a") is None


async def sleeps_only(tx: Tx) -> None:
    await asyncio.sleep(0)


async def test_a_read_may_not_write(database: Database) -> None:
    with pytest.raises(StatementFailed):
        await database.read(put, b"a")
    assert await database.read(get, b"a") is None


async def test_a_body_called_with_the_wrong_arguments_fails_alone(database: Database) -> None:
    outcomes = await asyncio.gather(
        database.write(put, b"a"), cast(Any, database.write)(put), database.write(put, b"b"), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [int, TypeError, int]
    with pytest.raises(TypeError):
        await cast(Any, database.read)(put)
    assert await database.read(count) == 2


async def test_a_body_without_statements_is_fine(database: Database) -> None:
    async def idle(tx: Tx) -> str:
        return "done"

    assert await database.write(idle) == "done"
    assert await database.read(idle) == "done"


async def test_answers_come_as_one_row_every_row_or_a_count(database: Database) -> None:
    async def ask(tx: Tx) -> tuple[object, ...]:
        every = "select digest, expires_at from seen order by expires_at"
        none = "select digest from seen where expires_at > 99"
        return (
            await tx.one(every),
            await tx.all(every),
            await tx.one(none),
            await tx.all(none),
            await tx.run("update seen set expires_at = expires_at"),
            await tx.run("delete from seen where expires_at > 99"),
            await tx.run("with new as (select 9 as at) update seen set expires_at = (select at from new)"),
        )

    await database.write(put, b"a", 1)
    await database.write(put, b"b", 2)
    assert await database.write(ask) == ((b"a", 1), [(b"a", 1), (b"b", 2)], None, [], 2, 0, 2)


@pytest.mark.parametrize(
    "value", ["", "é\u2028'\"\\ \U0001f511", "x" * 100_000, 0, -1, 2**63 - 1, -(2**63), b"", b"\0\xff", None]
)
async def test_every_value_comes_back_as_it_was(database: Database, value: str | int | bytes | None) -> None:
    column = "detail" if isinstance(value, str) else "at" if isinstance(value, int) else "client_id"

    async def there_and_back(tx: Tx) -> object:
        if isinstance(value, bytes):
            return await tx.one("insert into seen (digest, expires_at) values ($1, 1) returning digest", value)
        known = {"at": 1, "event": "e", "detail": "{}", "client_id": "c"} | {column: value}
        return await tx.one(
            f"insert into audit (at, event, client_id, detail) values ($1, $2, $3, $4) returning {column}",
            *(known[name] for name in ("at", "event", "client_id", "detail")),
        )

    assert await database.write(there_and_back) == (value,)


async def test_integers_are_computed_in_sixty_four_bits(database: Database) -> None:
    async def later(tx: Tx) -> Row | None:
        return await tx.one("select count(*) + $1 + 1 from seen", 2**40)

    assert await database.read(later) == (2**40 + 1,)


@pytest.mark.parametrize("value", ["half \ud800", 2**63, object()])
async def test_a_value_no_engine_keeps_fails_its_body_alone(database: Database, value: object) -> None:
    async def keep(tx: Tx) -> None:
        await tx.run("insert into audit (at, event) values (1, $1)", cast(str, value))

    outcomes = await asyncio.gather(
        database.write(put, b"a"), database.write(keep), database.write(put, b"b"), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [int, StatementFailed, int]


async def test_RULE_13_a_failed_statement_says_nothing_of_its_values(database: Database) -> None:
    await database.write(put, b"top secret")
    with pytest.raises(Conflict) as failure:
        await database.write(put, b"top secret")
    said = f"{failure.value!r} {failure.value.__cause__!r} {failure.value.__context__!r}"
    assert "top secret" not in said
    assert b"top secret".hex() not in said
    assert "put" in said


async def test_a_failed_statement_cannot_be_caught_and_passed_over(database: Database) -> None:
    async def stubborn(tx: Tx) -> str:
        try:
            await put(tx, b"a")
            await put(tx, b"a")
        except Exception:  # noqa: BLE001 - that is what is tried
            return "carried on"
        return "inserted twice"

    with pytest.raises(Conflict):
        await database.write(stubborn)
    assert await database.read(get, b"a") is None


# Bounds


@pytest.fixture
async def narrow(database_policy: DatabasePolicy) -> AsyncIterator[Database]:
    database = open_database(replace(database_policy, queue=10))
    await database.start()
    yield database
    await database.close()


async def test_beyond_the_queue_callers_are_told_to_come_back(narrow: Database) -> None:
    outcomes = await asyncio.gather(*(narrow.write(put, b"%d" % n) for n in range(25)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [int] * 10 + [Unavailable] * 15
    assert await narrow.write(put, b"room again") == 1
    assert await narrow.read(count) == 11


async def test_a_caller_that_gives_up_leaves_the_others_alone(database: Database) -> None:
    jobs = [asyncio.ensure_future(database.write(put, b"%d" % n)) for n in range(10)]
    await asyncio.sleep(0)
    jobs[3].cancel()
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(int) == 9
    assert await database.write(put, b"next") == 1


async def test_closing_finishes_what_waits_and_admits_no_more(database_policy: DatabasePolicy) -> None:
    database = open_database(database_policy)
    await database.start()
    jobs = [asyncio.ensure_future(database.write(put, b"%d" % n)) for n in range(300)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*jobs) == [1] * 300
    with pytest.raises(Unavailable):
        await database.write(put, b"late")
    with pytest.raises(Unavailable):
        await database.read(count)


async def test_closing_twice_or_before_the_start_is_fine(database_policy: DatabasePolicy) -> None:
    await open_database(database_policy).close()
    database = open_database(database_policy)
    await database.start()
    await database.close()
    await database.close()
