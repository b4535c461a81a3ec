"""A second Gatelodge as the provider, each a real server: from our sign-in page to its own and back."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest
from tests.client.visitor import walk
from tests.federated import HERE, OPERATOR, button_on
from tests.server_process import Installation
from tests.world import config_for, open_world

from gatelodge.clock import SystemClock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.ops import providers as verbs
from gatelodge.protocol.provider import Provider
from gatelodge.stores import users

pytestmark = pytest.mark.anyio


PASSWORD = "a password of carol's own"


@pytest.fixture
def corp(tmp_path: Path) -> Iterator[Installation]:
    """The other Gatelodge, which serves until the test ends."""
    (tmp_path / "corp").mkdir()
    installation = Installation(tmp_path / "corp", f"sqlite:///{tmp_path / 'corp.db'}")
    installation.add_client("gatelodge", "--type", "web", "--redirect-uri", f"{HERE}/callback/corp")
    installation.add_person("carol", PASSWORD)
    with installation.serve():
        yield installation


async def test_people_come_from_another_gatelodge(corp: Installation, sqlite_policy: DatabasePolicy):
    provider = Provider(
        name="corp",
        kind="oidc",
        label="Corp",
        client_id="gatelodge",
        issuer=corp.issuer,
        trusts_address=True,
        new_accounts=True,
    )
    async with open_world(config_for(sqlite_policy.url, HERE), SystemClock()) as world:
        on = world.foundation
        await on.db.write(
            verbs.add, verbs.sealed(provider, corp.secrets["gatelodge"], on.vault), OPERATOR, on.clock.now()
        )
        await on.registry.poll()
        await world.server.authn.upstream.providers.look()
        browser = world.browser()

        sent = await browser.http.get(button_on(await browser.authorize()))
        with httpx2.Client(follow_redirects=False) as there:
            typed = {"username": "carol", "password": PASSWORD, "decision": "allow"}
            back = walk(there, urljoin(HERE, sent.headers["location"]), typed)
        page = await browser.follow(await browser.http.get(back))

        assert page.url.path == "/consent"
        carol = await on.db.read(users.find_by_login, "carol@example.org")
        assert carol is not None
        assert carol.email_verified
