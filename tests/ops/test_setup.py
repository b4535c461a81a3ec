"""The first start, and every later one: the secret key must be the one that sealed what is there."""

import asyncio
from dataclasses import replace

import pytest

from gatelodge.config.policies import Config, ConfigError, KeyPolicy
from gatelodge.database import migrate
from gatelodge.database.engines import open_database
from gatelodge.keys.keyring import open_ring
from gatelodge.ops.refusals import OperationRefused
from gatelodge.ops.setup import initialise, open_vault
from gatelodge.stores import audit, instance, signing_keys

pytestmark = pytest.mark.anyio

ONE, OTHER = "1" * 40, "2" * 40


async def lose(tx, table: str) -> None:
    await tx.run(f"delete from {table}")


async def exchange(tx, kid: str, sealed: bytes) -> None:
    await tx.run("update signing_keys set sealed = $2 where kid = $1", kid, sealed)


@pytest.fixture
def config(database_policy) -> Config:
    return Config(database=database_policy, keys=KeyPolicy(secret_key=ONE))


@pytest.fixture
def start(config, database, clock, entropy):
    """Return a function that starts with a secret key."""

    def started(secret_key: str = ONE):
        used = replace(config, keys=KeyPolicy(secret_key=secret_key))
        return initialise(used, database, open_vault(used, entropy), clock, entropy)

    return started


async def test_the_first_start_makes_an_active_and_a_next_key_of_each_algorithm(
    config, database, start, clock, entropy
):
    await start()
    rows = await database.read(signing_keys.list_all)
    assert sorted(row.alg for row in rows) == ["ES256", "ES256", "RS256", "RS256"]
    ring = open_ring(rows, open_vault(config, entropy), clock.now())
    assert {ring.signer("RS256", clock.now()).alg, ring.signer("ES256", clock.now()).alg} == {"RS256", "ES256"}


async def test_the_trail_says_when_the_server_made_its_first_keys(database, start) -> None:
    await asyncio.gather(start(), start())
    kids = {row.kid for row in await database.read(signing_keys.list_all)}
    trail = await database.read(audit.list_recent, 10)

    assert sorted(str(entry.detail["kid"]) for entry in trail) == sorted(kids)
    assert {(entry.event, entry.actor.kind) for entry in trail} == {("first_key_made", "server")}


async def test_a_later_start_changes_nothing(database, start) -> None:
    first = await start()
    before = await database.read(signing_keys.list_all)
    assert await start() == await database.read(instance.load)
    assert (await database.read(instance.load)).epoch == first.epoch
    assert await database.read(signing_keys.list_all) == before


async def test_a_database_is_not_opened_with_another_number_of_places(config, database, start, clock, entropy) -> None:
    await start()
    other = replace(config, database=replace(config.database, places=1_024))
    with pytest.raises(ConfigError, match=r"database\.places: is 1024, and this database was made with 1$"):
        await initialise(other, database, open_vault(other, entropy), clock, entropy)


async def test_processes_that_start_at_once_found_one_installation(database, start) -> None:
    found = await asyncio.gather(*(start() for _ in range(4)))
    assert len({one.epoch for one in found}) == 1
    assert len(await database.read(signing_keys.list_all)) == 4


async def test_a_new_database_gets_its_schema(unmigrated_policy, clock, entropy) -> None:
    config = Config(database=unmigrated_policy, keys=KeyPolicy(secret_key=ONE))
    migrate.up(unmigrated_policy)
    db = open_database(unmigrated_policy)
    await db.start()
    await initialise(config, db, open_vault(config, entropy), clock, entropy)
    await db.close()
    assert migrate.status(unmigrated_policy).pending == []


async def test_FLT_25_a_wrong_secret_key_is_refused_by_name_and_makes_nothing(database, start) -> None:
    await start()
    before = await database.read(signing_keys.list_all)
    with pytest.raises(ConfigError, match=r"keys\.secret_key: does not open this database"):
        await start(OTHER)
    assert await database.read(signing_keys.list_all) == before


async def test_FLT_25_a_key_that_does_not_open_is_refused(database, start) -> None:
    await start()
    rows = await database.read(signing_keys.list_all)
    await database.write(exchange, rows[0].kid, rows[1].sealed)
    with pytest.raises(ConfigError, match="does not open this database"):
        await start()


async def test_FLT_25_signing_keys_that_are_gone_are_not_made_anew(database, start) -> None:
    await start()
    await database.write(lose, "signing_keys")
    with pytest.raises(OperationRefused, match="restore it from a backup"):
        await start()


async def test_FLT_25_an_installation_that_is_gone_is_not_founded_over_its_keys(database, start) -> None:
    await start()
    await database.write(lose, "instance")
    with pytest.raises(OperationRefused, match="restore it from a backup"):
        await start()


async def test_an_older_secret_key_still_opens(config, database, start, clock, entropy, tmp_path) -> None:
    await start()
    file = tmp_path / "keys"
    file.write_text(f"{OTHER}\n{ONE}\n")
    file.chmod(0o600)
    used = replace(config, keys=KeyPolicy(secret_key_file=str(file)))
    await initialise(used, database, open_vault(used, entropy), clock, entropy)


async def test_a_secret_key_that_was_replaced_can_be_forgotten(
    config, database, start, clock, entropy, tmp_path
) -> None:
    await start()
    file = tmp_path / "keys"
    file.write_text(f"{OTHER}\n{ONE}\n")
    file.chmod(0o600)
    used = replace(config, keys=KeyPolicy(secret_key_file=str(file)))
    await asyncio.gather(
        *(initialise(used, database, open_vault(used, entropy), clock, entropy) for _ in range(3)),
    )
    await start(OTHER)
    with pytest.raises(ConfigError, match="does not open this database"):
        await start(ONE)
    trail = await database.read(audit.list_recent, 10)
    assert [entry.event for entry in trail] == ["keys_resealed", *4 * ["first_key_made"]]
