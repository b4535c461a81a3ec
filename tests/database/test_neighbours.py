"""What a body that fails costs those beside it, counted in statements."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gatelodge.database.tx import Conflict, Database, RunAgain, Tx

pytestmark = pytest.mark.anyio

Body = Callable[[Tx, int], Coroutine[Any, Any, object]]

CALLERS = 64
PUT = "insert into seen (digest, expires_at) values ($1, 1)"


async def put(tx: Tx, number: int) -> int:
    return await tx.run(PUT, b"%d" % number)


async def look_and_fail(tx: Tx, number: int) -> None:
    await tx.one("select 1 from seen where digest = $1", b"%d" % number)
    await tx.one("update seen set expires_at = 2 where digest = $1 returning 1", b"nobody's")
    raise KeyError


async def put_and_fail(tx: Tx, number: int) -> None:
    await put(tx, number)
    raise KeyError


async def put_twice(tx: Tx, number: int) -> None:
    await put(tx, number)
    await put(tx, number)


async def put_silently_and_fail(tx: Tx, number: int) -> None:
    assert await tx.all(PUT, b"%d" % number) == []
    raise KeyError


async def beside(database: Database, failing: Body, how_many: int) -> int:
    """Return how many statements it took that `how_many` of all callers failed and the others did not."""
    before = database.statements
    bodies = [failing if number < how_many else put for number in range(CALLERS)]
    calls = (database.write(body, number) for number, body in enumerate(bodies))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(outcome, (KeyError, Conflict)) for outcome in outcomes] == [body is failing for body in bodies]
    assert await database.read(kept) == CALLERS - how_many
    return database.statements - before - 1


async def kept(tx: Tx) -> int:
    row = await tx.one("select count(*) from seen")
    assert row is not None
    return row[0]


@pytest.mark.parametrize("failing", [1, 4, 32])
async def test_a_body_that_fails_before_it_changed_anything_makes_nobody_run_again(
    database: Database, failing: int
) -> None:
    assert await beside(database, look_and_fail, failing) == CALLERS + failing


@pytest.mark.parametrize("failing", [1, 4, 32])
async def test_bodies_that_fail_after_a_change_make_the_others_run_once_more_at_most(
    database: Database, failing: int
) -> None:
    assert await beside(database, put_and_fail, failing) <= 2 * CALLERS


@pytest.mark.parametrize("failing", [1, 2])
async def test_a_refused_statement_makes_the_others_run_once_more_for_each_at_most(
    database: Database, failing: int
) -> None:
    assert await beside(database, put_twice, failing) <= (1 + failing) * (CALLERS + failing) + 2 * failing


async def test_many_refused_statements_do_not_multiply(database: Database) -> None:
    assert await beside(database, put_twice, 32) <= 8 * CALLERS


async def test_a_statement_that_shows_no_rows_may_have_changed_some(database: Database) -> None:
    await beside(database, put_silently_and_fail, 3)


async def test_a_body_that_wants_another_run_makes_nobody_else_run_again(database: Database) -> None:
    runs: list[int] = []

    async def restless(tx: Tx, number: int) -> int:
        runs.append(number)
        await tx.one("select 1")
        if len(runs) < 3:
            raise RunAgain
        return await put(tx, number)

    outcomes = await asyncio.gather(database.write(restless, -1), *(database.write(put, n) for n in range(CALLERS)))
    assert outcomes == [1] * (CALLERS + 1)
    assert (len(runs), database.statements) == (3, CALLERS + 4)


async def test_bodies_that_fail_beside_one_another_each_get_their_own_exception(database: Database) -> None:
    async def fail_as(tx: Tx, number: int) -> None:
        await put(tx, number)
        raise KeyError(number)

    outcomes = await asyncio.gather(*(database.write(fail_as, n) for n in range(40)), return_exceptions=True)
    assert [getattr(outcome, "args", None) for outcome in outcomes] == [(n,) for n in range(40)]
    assert await database.read(kept) == 0


async def test_a_body_that_only_failed_because_of_one_that_was_undone_is_asked_again(database: Database) -> None:
    """The first takes what the second wants, and fails: so nobody has taken it."""

    async def take_and_fail(tx: Tx) -> None:
        await put(tx, 7)
        raise KeyError

    async def take_once(tx: Tx) -> str:
        await tx.run("insert into seen (digest, expires_at) values ($1, 1)", b"mine")
        if not await tx.run(PUT + " on conflict do nothing", b"7"):
            raise LookupError("taken")
        return "mine"

    outcomes = await asyncio.gather(database.write(take_and_fail), database.write(take_once), return_exceptions=True)
    assert (type(outcomes[0]), outcomes[1]) == (KeyError, "mine")
