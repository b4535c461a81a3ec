"""The SQLite file is shared: what another program does with it must not pull it away from under this one."""

import subprocess
import sys

import pytest

from gatelodge.config import DatabasePolicy
from gatelodge.stores import instance, sqlite_file
from gatelodge.stores.database import open_database, sqlite_path
from gatelodge.stores.tx import Tx

pytestmark = pytest.mark.anyio

VISIT = """
import sqlite3, sys
visitor = sqlite3.connect(sys.argv[1])
print(visitor.execute("select created_at from instance").fetchone()[0])
visitor.close()
"""


def visited(path: object) -> int:
    """What another program reads there; it opens the file and closes it again."""
    seen = subprocess.run([sys.executable, "-c", VISIT, str(path)], check=True, capture_output=True, text=True)
    return int(seen.stdout)


async def test_another_program_that_comes_and_goes_takes_nothing_away(sqlite_policy: DatabasePolicy) -> None:
    path = sqlite_path(sqlite_policy.url)
    database = open_database(sqlite_policy)
    await database.start()
    await database.write(instance.create, b"epoch", b"check", 1)
    sqlite_file.connect(path).close()  # as checkpoints and the management listener do

    for now in (1, 2, 3):
        await database.write(_stamp, now)
        assert visited(path) == now
    await database.close()
    assert visited(path) == 3


async def _stamp(tx: Tx, now: int) -> None:
    await tx.run("update instance set created_at = $1", now)
