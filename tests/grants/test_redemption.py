"""What every grant must do when it is used as it should be, also one that is added later: see `samples.py`."""

from pathlib import Path

import httpx2
import jwt
import pytest
from tests.grants.one_engine import engine as engine
from tests.grants.samples import SAMPLES, Form, Sample
from tests.world import CLIENTS, World, assert_error, audited, refresh

from gatelodge.grants import GRANTS
from gatelodge.grants.contract import AnyGrant
from gatelodge.stores import endings

pytestmark = pytest.mark.anyio

EXCEPTIONS = Path(__file__).parents[2] / "docs" / "decisions" / "0009-what-is-audited.md"

every_grant = pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.grant_type)


def sample_of(grant: AnyGrant) -> Sample:
    assert grant.grant_type in SAMPLES, "say in tests/grants/samples.py how it is used"
    return SAMPLES[grant.grant_type]


async def prepared(world: World, grant: AnyGrant) -> tuple[Sample, Form]:
    """The sample, whose client may use the grant, and what it redeems."""
    sample = sample_of(grant)
    client = next(client for client in CLIENTS if client.id == sample.client_id)
    await world.change_client(client.id, grants=client.grants | {grant.grant_type})
    return sample, await sample.obtain(world)


async def redeemed(world: World, grant: AnyGrant) -> httpx2.Response:
    sample, form = await prepared(world, grant)
    answer = await sample.redeem(world, grant.grant_type, form)
    assert answer.status_code == 200, answer.text
    return answer


def claims_of(tokens: dict[str, str]) -> dict[str, object]:
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})


def whose(tokens: dict[str, str]) -> tuple[object, ...]:
    """What a token says of whom it is about, who has it, and for whom it is."""
    claims = claims_of(tokens)
    return tuple(claims.get(name) for name in ("iss", "sub", "client_id", "aud", "scope", "amr", "acr", "auth_time"))


async def events_of(world: World, answer: httpx2.Response) -> list[str]:
    """The events that the audit trail has of one request."""
    return sorted(event for event, _, _ in await audited(world, answer))


def test_nothing_has_a_sample_that_is_no_grant() -> None:
    assert set(SAMPLES) <= {grant.grant_type for grant in GRANTS}


@every_grant
async def test_its_scope_is_within_the_registration(grant: AnyGrant, open_handed: World) -> None:
    tokens = (await redeemed(open_handed, grant)).json()
    registered = next(client for client in CLIENTS if client.id == sample_of(grant).client_id).scopes

    assert tokens["scope"]
    assert set(tokens["scope"].split()) <= registered
    assert claims_of(tokens)["scope"] == tokens["scope"]


@every_grant
async def test_its_token_says_whom_it_is_about_how_they_were_proven_and_for_whom_it_is(
    grant: AnyGrant, open_handed: World
) -> None:
    sample, claims = sample_of(grant), claims_of((await redeemed(open_handed, grant)).json())

    assert (claims["iss"], claims["client_id"]) == (open_handed.issuer, sample.client_id)
    assert (claims["sub"], claims["aud"]) == (sample.subject, sample.audience)
    assert claims.get("amr", []) == list(sample.amr)


@every_grant
async def test_a_refresh_token_comes_when_it_is_due_and_changes_nothing(
    grant: AnyGrant, open_handed: World, clock
) -> None:
    sample, first = sample_of(grant), (await redeemed(open_handed, grant)).json()
    assert ("refresh_token" in first) is sample.brings_refresh
    if not sample.brings_refresh:
        return
    clock.advance(100)
    second = (await refresh(open_handed, first["refresh_token"], sample.client_id)).json()

    assert whose(second) == whose(first)


@every_grant
async def test_no_refresh_token_comes_to_a_client_that_may_not_use_it(grant: AnyGrant, open_handed: World) -> None:
    sample, form = await prepared(open_handed, grant)
    await open_handed.change_client(sample.client_id, grants=frozenset({grant.grant_type}))
    tokens = (await sample.redeem(open_handed, grant.grant_type, form)).json()

    assert "access_token" in tokens
    assert ("refresh_token" in tokens) is (grant.grant_type == "refresh_token")


@every_grant
async def test_the_audit_trail_says_so_or_a_decision_says_why_not(grant: AnyGrant, open_handed: World) -> None:
    answer = await redeemed(open_handed, grant)

    assert tuple(await events_of(open_handed, answer)) == sample_of(grant).events
    assert sample_of(grant).events or f"`{grant.grant_type}`" in EXCEPTIONS.read_text("utf-8")


@every_grant
async def test_a_legacy_grant_warns_each_time_and_no_other_does(grant: AnyGrant, open_handed: World) -> None:
    answer = await redeemed(open_handed, grant)

    assert ("legacy_used" in await events_of(open_handed, answer)) is (grant.legacy is not None)


@every_grant
async def test_a_client_disabled_meanwhile_redeems_nothing(grant: AnyGrant, open_handed: World) -> None:
    sample, form = await prepared(open_handed, grant)
    await open_handed.change_client(sample.client_id, enabled=False)

    assert_error(await sample.redeem(open_handed, grant.grant_type, form), "invalid_client", 401)


@every_grant
async def test_nothing_is_redeemed_for_a_person_disabled_meanwhile(grant: AnyGrant, open_handed: World) -> None:
    if sample_of(grant).person is None:
        return
    foundation = open_handed.foundation
    sample, form = await prepared(open_handed, grant)
    person = open_handed.people[sample.person or ""]
    await foundation.db.write(endings.disable, person.id, foundation.clock.now())

    assert_error(await sample.redeem(open_handed, grant.grant_type, form), sample.refusal)
