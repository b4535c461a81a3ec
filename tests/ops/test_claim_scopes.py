"""The verbs on scopes that release claims."""

import asyncio

import pytest

from gatelodge.database.rows import NameTaken
from gatelodge.ops import apis, claim_scopes
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api
from gatelodge.stores import apis as api_store
from gatelodge.stores import audit
from gatelodge.stores import claim_scopes as store
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("test")
EMPLOYMENT = ClaimScope("employment", ("department", "staff_number"), "Your department and staff number")
API = Api("https://api.test/staff", "Staff", {"employment": "See where you work"})


async def test_a_scope_is_added_and_removed_and_both_are_in_the_trail(database) -> None:
    await database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW)
    assert await database.read(store.list_all) == [EMPLOYMENT]
    with pytest.raises(NameTaken):
        await database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW)

    await database.write(claim_scopes.remove, "employment", ORIGIN, NOW)

    assert await database.read(store.list_all) == []
    with pytest.raises(NotThere):
        await database.write(claim_scopes.remove, "employment", ORIGIN, NOW)
    entries = await database.read(audit.list_recent, 9)
    assert [(entry.event, entry.detail) for entry in entries] == [
        ("claim_scope_removed", {"scope": "employment"}),
        ("claim_scope_added", {"scope": "employment", "claims": "department staff_number"}),
    ]


async def test_no_api_owns_a_scope_that_releases_claims(database) -> None:
    await database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW)
    with pytest.raises(OperationRefused, match="no API owns it"):
        await database.write(apis.add, API, ORIGIN, NOW)
    assert await database.read(api_store.list_all) == []

    await database.write(claim_scopes.remove, "employment", ORIGIN, NOW)
    await database.write(apis.add, API, ORIGIN, NOW)
    with pytest.raises(OperationRefused, match=r"of the API https://api\.test/staff"):
        await database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW)
    assert await database.read(store.list_all) == []


async def test_of_an_api_and_a_scope_that_come_at_once_not_both_are_kept(database) -> None:
    adding = (
        database.write(apis.add, API, ORIGIN, NOW),
        database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW),
    )
    came = await asyncio.gather(*adding, return_exceptions=True)
    assert any(isinstance(one, OperationRefused) for one in came)
    assert not (await database.read(api_store.list_all) and await database.read(store.list_all))


async def test_a_claim_is_released_by_one_scope(database) -> None:
    await database.write(claim_scopes.add, EMPLOYMENT, ORIGIN, NOW)
    with pytest.raises(OperationRefused, match="released by the scope employment"):
        await database.write(claim_scopes.add, ClaimScope("work", ("office", "department"), "See"), ORIGIN, NOW)
