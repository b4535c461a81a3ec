"""The SQLite file is shared: what another program does with it must not pull it away from under this one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database, sqlite_path
from gatelodge.database.sqlite import file as sqlite_file
from gatelodge.database.tx import Tx
from gatelodge.stores import instance

pytestmark = pytest.mark.anyio

NOBODY = 65_534
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_beside_the_file_belongs_to_the_owner_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gatelodge.db"
    sqlite_file.create(path)
    os.chown(path, NOBODY, NOBODY)
    with sqlite_file.writing_alone(path):
        made = [file.stat() for file in tmp_path.iterdir()]
    assert [(file.st_uid, file.st_gid) for file in made] == [(NOBODY, NOBODY)] * 2
