"""What a grant may do with headers: read what came, and answer or refuse with some (as DPoP will, RFC 9449 8)."""

from collections.abc import AsyncIterator

import pytest
from tests.grants.one_engine import engine as engine
from tests.world import World, config_for, open_world

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Tx
from gatelodge.grants import GRANTS, room
from gatelodge.grants.award import Award
from gatelodge.grants.contract import Grant, GrantContext
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Headers
from gatelodge.protocol.targets import resolve
from gatelodge.telemetry.events import MachineTokenIssued

pytestmark = pytest.mark.anyio

NEXT: Headers = (("test-nonce", "n-2"),)


class Nonced(Grant[None]):
    """Gives a token to whoever sends the nonce in a header, and tells the next one either way."""

    grant_type = "urn:test:nonced"
    parameters = frozenset[str]()
    checks = ()
    for_public_clients = False

    def read(self, params: Params) -> None:
        """Nothing is asked."""

    async def redeem(self, tx: Tx, asked: None, context: GrantContext) -> Award:
        if context.headers.get("test-nonce") != "n-1":
            raise OAuthError("invalid_request", "the nonce is another", rules.REQUIRED, NEXT)
        resolved = resolve(None, (), context.apis, frozenset({"orders:read"}), context.issuer)
        event = MachineTokenIssued(client_id=context.client.id, scope="orders:read")
        return Award(context.client, resolved.scope, resolved.target, event, headers=NEXT)


@pytest.fixture
async def nonced(
    database_policy: DatabasePolicy, clock: Clock, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(room, "GRANTS", (*GRANTS, Nonced()))
    async with open_world(config_for(database_policy.url), clock) as world:
        await world.change_client("daemon1", grants=frozenset({Nonced.grant_type}))
        yield world


@pytest.mark.parametrize(("sent", "status"), [("n-1", 200), ("n-0", 400)])
async def test_a_grant_reads_a_header_and_answers_or_refuses_with_one(nonced: World, sent: str, status: int) -> None:
    async with nonced.http() as http:
        answer = await http.post(
            "/token",
            data={"grant_type": Nonced.grant_type},
            auth=("daemon1", f"daemon1-secret-{'x' * 32}"),
            headers={"Test-Nonce": sent},
        )

    assert (answer.status_code, answer.headers.get("test-nonce")) == (status, "n-2")
    assert answer.headers["cache-control"] == "no-store"
    assert ("access_token" in answer.json()) is (status == 200)
