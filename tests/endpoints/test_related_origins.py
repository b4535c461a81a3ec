"""Where else passkeys may be used is told to browsers, where an operator named any."""

from dataclasses import replace

import pytest
from tests.conftest import FakeClock
from tests.world import config_for, open_world

from gatelodge.config.policies import DatabasePolicy, PasskeyPolicy

pytestmark = pytest.mark.anyio


WHERE = "https://id.test/.well-known/webauthn"  # at the root, also of an issuer with a path


async def test_origins_that_are_named_are_told_with_our_own(
    database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str
) -> None:
    config = config_for(database_policy.url, "https://id.test/login")
    shop = replace(config, passkeys=PasskeyPolicy(origins=("https://shop.test",)))
    async with open_world(shop, clock) as world, world.http() as http:
        answer = await http.get(WHERE)
    assert answer.json() == {"origins": ["https://id.test", "https://shop.test"]}
    assert answer.headers["content-type"].startswith("application/json")


async def test_without_any_there_is_nothing_to_tell(
    database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str
) -> None:
    async with open_world(config_for(database_policy.url), clock) as world, world.http() as http:
        assert (await http.get(WHERE)).status_code == 404
