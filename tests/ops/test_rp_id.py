"""The domain of passkeys is not changed by mistake."""

from dataclasses import replace

import pytest
from tests.stores.test_passkeys import KEY, MOST, NOW
from tests.world import config_for

from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import Config, ConfigError, DatabasePolicy, PasskeyPolicy, ServerPolicy
from gatelodge.database.tx import Database
from gatelodge.ops.rp_id import examine_rp_id
from gatelodge.ops.setup import initialise, open_vault
from gatelodge.stores import instance, passkeys, users
from gatelodge.stores.users import NewUser

pytestmark = pytest.mark.anyio


@pytest.fixture
def config(database_policy: DatabasePolicy) -> Config:
    return config_for(database_policy.url)


def moved(config: Config, issuer: str, **policy: object) -> Config:
    server = ServerPolicy(issuer=issuer)
    return replace(config, server=server, passkeys=PasskeyPolicy(**policy))  # type: ignore[arg-type]


async def test_a_start_with_another_domain_is_refused_while_there_are_passkeys(
    config: Config, database: Database, clock: Clock, entropy: Entropy
) -> None:
    async def start(with_it: Config) -> str | None:
        await initialise(with_it, database, open_vault(with_it, entropy), clock, entropy)
        return await database.read(instance.rp_id)

    elsewhere = moved(config, "https://login.test")
    assert await start(config) == "id.test"
    assert await start(elsewhere) == "login.test"  # nobody loses anything
    assert await start(config) == "id.test"
    alice = await database.write(users.add, NewUser(sub="a", username="alice"), NOW)
    await database.write(passkeys.add, alice.id, KEY, MOST, NOW)

    for other in (elsewhere, moved(config, "http://127.0.0.1:8000")):
        with pytest.raises(ConfigError, match=r"passkeys\.rp_id: .*set it to id\.test"):
            await start(other)
        (finding,) = await examine_rp_id(database, other)
        assert finding.level == "broken"
    assert [finding.level for finding in await examine_rp_id(database, config)] == ["good"]

    assert await start(moved(config, "https://login.id.test", rp_id="id.test")) == "id.test"
    given_up = moved(config, "https://login.test", abandoned_rp_ids=("id.test",))
    assert await start(given_up) == "login.test"
