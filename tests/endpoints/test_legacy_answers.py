"""Tokens in the answer of the authorization endpoint: what is kept for them and what is told of them."""

import jwt
import pytest
from tests.world import OPAQUE_API, SCOPES, World

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Grounds
from gatelodge.protocol.authorize import AuthorizationRequest
from gatelodge.protocol.errors import OAuthError
from gatelodge.stores import audit, endings
from gatelodge.telemetry.events import Origin
from gatelodge.tokens.front import _identity

pytestmark = pytest.mark.anyio


async def rows(world: World, table: str) -> int:
    async def count(tx: Tx) -> int:
        found = await tx.one(f"select count(*) from {table}")
        assert found is not None
        return int(found[0])

    return await world.foundation.db.read(count)


@pytest.mark.parametrize(
    ("response_type", "kept"),
    [("id_token", 0), ("code id_token", 0), ("token", 1), ("id_token token", 1), ("code token", 1)],
)
async def test_an_access_token_is_kept_only_if_it_is_handed_out(legacy_world: World, response_type: str, kept: int):
    await legacy_world.change_client("legacy1", scopes=SCOPES | {"things:read"})
    done = await legacy_world.browser().answer(
        "legacy1", response_type=response_type, scope="openid things:read", resource=OPAQUE_API
    )

    assert ("access_token" in done) is bool(kept)
    assert await rows(legacy_world, "access_tokens") == kept
    assert await rows(legacy_world, "families") == kept


@pytest.mark.parametrize(
    ("response_type", "kind"),
    [
        ("token", "implicit"),
        ("id_token", "implicit"),
        ("id_token token", "implicit"),
        ("code id_token", "hybrid"),
        ("code token", "hybrid"),
    ],
)
async def test_the_trail_says_what_it_was(legacy_world: World, response_type: str, kind: str):
    await legacy_world.browser().answer("legacy1", response_type=response_type, scope="openid orders:read")

    entries = await legacy_world.foundation.db.read(audit.list_recent, 2)
    assert [(entry.event, entry.client_id) for entry in entries] == [
        ("legacy_used", "legacy1"),
        ("token_issued", "legacy1"),
    ]
    assert entries[0].detail == {"what": f"response_type {response_type}"}
    assert entries[1].detail == {"grant": kind, "scope": "openid orders:read"}


async def test_an_id_token_alone_tells_what_the_scopes_stand_for(legacy_world: World):
    alone = await legacy_world.browser().answer("legacy1", response_type="id_token", scope="openid email")
    beside = await legacy_world.browser().answer("legacy1", response_type="code id_token", scope="openid email")

    told = [jwt.decode(done["id_token"], options={"verify_signature": False}) for done in (alone, beside)]
    assert [claims.get("email") for claims in told] == ["alice@example.org", None]
    assert ["c_hash" in claims for claims in told] == [False, True]
    assert all("at_hash" not in claims for claims in told)


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token"])
async def test_nothing_is_told_of_a_person_who_was_disabled(legacy_world: World, response_type: str):
    browser = legacy_world.browser()
    await browser.answer("legacy1", response_type=response_type)
    foundation = legacy_world.foundation
    await foundation.db.write(endings.disable, legacy_world.people["alice"].id, foundation.clock.now())

    page = await browser.authorize("legacy1", response_type=response_type)
    assert page.url.path == "/login"


async def test_nothing_is_told_of_a_person_who_is_disabled_while_the_answer_is_made(legacy_world: World):
    alice, foundation = legacy_world.people["alice"], legacy_world.foundation
    asked = AuthorizationRequest(
        client_id="legacy1",
        redirect_uri=None,
        response_type="id_token",
        response_mode="fragment",
        scope=("openid",),
        resource=(),
    )
    grounds = Grounds(alice.id, alice.sub, "", foundation.clock.now(), "pwd", "", ("openid",))
    client = await foundation.registry.client("legacy1")
    assert client is not None
    context = await legacy_world.server.granting.contexts.open(client, Origin())
    assert (await foundation.db.write(_identity, asked, grounds, context)).person == alice
    await foundation.db.write(endings.disable, alice.id, foundation.clock.now())
    with pytest.raises(OAuthError):
        await foundation.db.write(_identity, asked, grounds, context)
