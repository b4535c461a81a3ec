"""Batches of two processes that change the same rows in opposite orders: neither waits for the other's locks for ever.

Counted is what was undone: a batch that meets another crosswise is undone when its patience for a lock is over.
"""

import ast
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.holding import open_family

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.postgres import shape
from gatelodge.database.postgres.engine import PostgresDatabase
from gatelodge.database.tx import Statement
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import live_families, refresh_tokens, seen, throttle, users
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.users import NewUser

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
NONCE = b"n" * 8
ROWS = 64
MEETINGS = 6
STORES = Path(__file__).parents[2] / "src/gatelodge/stores"

Change = Callable[[PostgresDatabase, int, int], Awaitable[object]]


@pytest.fixture
async def two(postgres_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[list[PostgresDatabase]]:
    """Two processes at one database, as far as it can see."""
    both = [PostgresDatabase(postgres_policy) for _ in range(2)]
    for database in both:
        await database.start()
    yield both
    for database in both:
        await database.close()


@pytest.fixture
async def families(two: list[PostgresDatabase]) -> list[int]:
    return await opened(two[0], 1, ROWS)


async def opened(database: PostgresDatabase, generation: int, count: int) -> list[int]:
    """Families of one person whose newest refresh token is of this generation."""
    user = await database.write(users.add, NewUser(sub="sub", username="alice"), NOW)
    new = NewFamily(
        nonce=NONCE,
        client_id="web1",
        code_id=None,
        generation=generation,
        idle_expires_at=NOW + 60,
        expires_at=NOW + 60,
        payload="{}",
    )
    return list(await asyncio.gather(*(database.write(open_family, user.id, new, NOW) for _ in range(count))))


async def undone(two: list[PostgresDatabase], change: Change) -> int:
    """Return how many batches were undone while both changed every row, one forwards and the other backwards."""
    for meeting in range(MEETINGS):
        rows = range(ROWS)
        forwards = [change(two[0], meeting, row) for row in rows]
        backwards = [change(two[1], meeting, row) for row in reversed(rows)]
        await asyncio.gather(*forwards, *backwards)
    return sum(database.undone for database in two)


async def test_LOCK_01_refreshes_in_opposite_orders_undo_nothing(
    two: list[PostgresDatabase], families: list[int]
) -> None:
    async def refresh(database: PostgresDatabase, meeting: int, row: int) -> None:
        value = RefreshValue(families[row], NONCE, meeting + 1)
        now = NOW + (database is two[0])  # two requests of one second apart: their order is not that of their rows
        assert await database.write(refresh_tokens.rotate, value, "web1", now, 30, 60) is not None

    assert await undone(two, refresh) == 0


async def test_LOCK_01_refreshes_and_revocations_in_opposite_orders_undo_nothing(
    two: list[PostgresDatabase], families: list[int]
) -> None:
    async def change(database: PostgresDatabase, meeting: int, row: int) -> None:
        if (database is two[0]) is bool(row % 2):
            jti = f"{meeting}-{row}"
            await database.write(live_families.end_jwt, families[row], NONCE, jti, NOW + 60, NOW)
        else:
            await database.write(refresh_tokens.rotate, RefreshValue(families[row], NONCE, 1), "web1", NOW, 30, 60)

    assert await undone(two, change) == 0


async def test_LOCK_02_replays_in_opposite_orders_undo_nothing(
    two: list[PostgresDatabase],
) -> None:
    """Each process refreshes what the other presents an old token of, and the other way round."""
    families = await opened(two[0], 9, MEETINGS * ROWS)

    async def change(database: PostgresDatabase, meeting: int, row: int) -> None:
        refreshes = (database is two[0]) is bool(row % 2)
        value = RefreshValue(families[meeting * ROWS + row], NONCE, 9 if refreshes else 8)
        await database.write(refresh_tokens.rotate, value, "web1", NOW, 0, 60)

    assert await undone(two, change) == 0
    ended = [await two[0].read(live_families.find_live, family, NONCE, NOW) is None for family in families]
    assert all(ended)


async def test_LOCK_01_counters_and_assertions_in_opposite_orders_undo_nothing(two: list[PostgresDatabase]) -> None:
    async def count(database: PostgresDatabase, _meeting: int, row: int) -> None:
        await database.write(throttle.raise_count, b"%d" % row, NOW, 900)

    async def spend(database: PostgresDatabase, meeting: int, row: int) -> None:
        await database.write(seen.once, "assertion", f"{meeting}-{row}", NOW)

    assert await undone(two, count) == 0
    assert await undone(two, spend) == 0


def statements() -> Iterator[str]:
    """Every statement of the stores that may wait for a row somebody else has."""
    for file in STORES.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.lower().split()
                waits = words[-2:-1] == ["for"] or (words[:1] == ["insert"] and "conflict" in words)
                changes = words[:2] == ["delete", "from"] or words[:3:2] == ["update", "set"]
                if changes or (words[:1] in (["insert"], ["select"]) and waits):
                    yield node.value


# What has no key: what is there once, or is addressed by no parameter; and what is new in any order.
WITHOUT = ("instance", "sweeps", "delete from", "update tickets set expires_at")


def test_every_statement_that_may_wait_for_a_row_says_which() -> None:
    found = list(statements())
    assert len(found) > 40
    silent = [" ".join(sql.split()) for sql in found if not shape.of(sql).key]
    assert [sql for sql in silent if not any(word in sql for word in WITHOUT)] == []


@pytest.mark.parametrize(
    ("sql", "params", "row"),
    [
        ("update families set at = $1 where place = $2 and id = $3 and kind = $4", (1, 2, 33, "k"), ("33",)),
        ("delete from names where kind = $1 and name = $2", ("email", "a"), ("'email'", "'a'")),
        ("insert into seen (digest, at) values ($1, $2) on conflict do nothing", (b"d", 5), ("b'd'", "5")),
        (
            "insert into a (x, y) select x, $3 from b where place = $1 and id = $2 on conflict do nothing",
            (1, 33, 7),
            ("33",),
        ),
        ("select endings from users where place = $1 and id = $2 for share", (1, 33), ("33",)),
        ("select endings from users where place = $1 and id = $2", (1, 33), None),
        ("insert into audit (at, event) values ($1, $2)", (1, "x"), None),
    ],
)
def test_the_row_of_a_statement(sql: str, params: tuple[object, ...], row: tuple[str, ...] | None) -> None:
    found = shape.row_of(Statement("run", sql, params))  # pyright: ignore[reportArgumentType]
    assert found[1:] == (row or ())
    assert bool(found) is bool(row)
