"""What holds for every grant in the list, also for one that is added later."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.grants.conftest import ALL_ON
from tests.grants.one_engine import engine as engine
from tests.world import CLIENTS, World, assert_error

from gatelodge.grants import GRANTS
from gatelodge.grants.contract import AnyGrant
from gatelodge.ops import clients
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs" / "grants.md").read_text("utf-8")
TYPES = [grant.grant_type for grant in GRANTS]
NEEDS_NO_PARAMETER = {"client_credentials"}

every_grant = pytest.mark.parametrize("grant", GRANTS, ids=TYPES)


def without(grant: AnyGrant) -> frozenset[str]:
    """Every grant type but this one."""
    return frozenset(TYPES) - {grant.grant_type}


def test_every_grant_has_a_name_of_its_own() -> None:
    assert len(set(TYPES)) == len(TYPES)
    assert all(re.fullmatch(r"[a-z_]+|urn:ietf:params:oauth:grant-type:[a-z0-9_-]+", name) for name in TYPES)


@every_grant
def test_a_grant_is_explained_on_the_page(grant: AnyGrant) -> None:
    assert f"\n## `{grant.grant_type}`\n" in PAGE
    assert f"| `{grant.grant_type}` |" in PAGE


@every_grant
def test_what_was_asked_shows_no_secret_of_the_request(grant: AnyGrant) -> None:
    secret = "s3cret" * 8
    asked = grant.read(Params.of([(name, secret) for name in grant.parameters - {"scope", "resource"}]))
    assert secret not in repr(asked)


@every_grant
def test_a_missing_parameter_is_an_invalid_request(grant: AnyGrant) -> None:
    if grant.grant_type in NEEDS_NO_PARAMETER:
        grant.read(EMPTY)
        return
    with pytest.raises(OAuthError) as refused:
        grant.read(EMPTY)
    assert refused.value.code == "invalid_request"
    assert refused.value.rule is not None


@every_grant
async def test_a_missing_parameter_is_told_to_the_client(grant: AnyGrant, open_handed: World) -> None:
    if grant.grant_type in NEEDS_NO_PARAMETER:
        return
    await open_handed.change_client("web1", grants=frozenset(TYPES))
    assert_error(await open_handed.token("web1", grant_type=grant.grant_type), "invalid_request")


@every_grant
async def test_a_client_uses_only_what_it_is_registered_for(grant: AnyGrant, open_handed: World) -> None:
    await open_handed.change_client("web1", grants=without(grant))
    assert_error(await open_handed.token("web1", grant_type=grant.grant_type), "unauthorized_client")


@every_grant
async def test_a_public_client_uses_no_grant_that_needs_a_proof(grant: AnyGrant, open_handed: World) -> None:
    if grant.for_public_clients:
        return
    await open_handed.change_client("spa1", grants=frozenset(TYPES))
    refused = await open_handed.token(None, grant_type=grant.grant_type, client_id="spa1")
    assert_error(refused, "unauthorized_client")


@every_grant
async def test_nobody_gets_anything_without_a_proof(grant: AnyGrant, open_handed: World) -> None:
    await open_handed.change_client("web1", grants=frozenset(TYPES))
    assert_error(await open_handed.token(None, grant_type=grant.grant_type, client_id="web1"), "invalid_client", 401)


@every_grant
async def test_a_disabled_client_gets_nothing(grant: AnyGrant, open_handed: World) -> None:
    await open_handed.change_client("web1", grants=frozenset(TYPES), enabled=False)
    assert_error(await open_handed.token("web1", grant_type=grant.grant_type), "invalid_client", 401)


@every_grant
async def test_what_is_said_twice_is_not_understood(grant: AnyGrant, open_handed: World) -> None:
    await open_handed.change_client("web1", grants=frozenset(TYPES))
    assert_error(await open_handed.token("web1", grant_type=[grant.grant_type] * 2), "invalid_request")


@every_grant
async def test_CODE_11_a_legacy_grant_is_off_until_it_is_switched_on(
    grant: AnyGrant, world: World, open_handed: World
) -> None:
    await world.change_client("web1", grants=frozenset(TYPES))
    answer = await world.token("web1", grant_type=grant.grant_type)
    assert (answer.json().get("error") == "unsupported_grant_type") is (grant.legacy is not None)
    assert grant.grant_type in {served.grant_type for served in open_handed.server.granting.grants}


async def test_the_metadata_lists_what_is_served(world: World, open_handed: World) -> None:
    for served in (world, open_handed):
        async with served.http() as http:
            listed = (await http.get("/.well-known/openid-configuration")).json()["grant_types_supported"]
        granted = [grant.grant_type for grant in served.server.granting.grants]
        assert [name for name in listed if name != "implicit"] == granted
    assert [grant.grant_type for grant in open_handed.server.granting.grants] == TYPES


@every_grant
async def test_a_client_can_be_registered_for_it(grant: AnyGrant, world: World) -> None:
    base = next(client for client in CLIENTS if client.id == "web1")
    wanted = replace(base, id="new", grants=base.grants | {grant.grant_type})
    db, now = world.foundation.db, world.foundation.clock.now()
    added = await db.write(clients.add, wanted, ALL_ON, Origin("test"), now)
    assert grant.grant_type in added.grants
