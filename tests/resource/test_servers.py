"""The verifier and the tokens that servers issue: our own, npm oidc-provider, django-oauth-toolkit."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.client import test_django_oauth_toolkit as django_tests
from tests.client import test_oidc_provider as oidc_tests
from tests.client.test_oidc_provider import Provider
from tests.conftest import FakeClock
from tests.world import API, OPAQUE_API, World, config_for, open_world, secret_of

from gatelodge.client import AsyncSender, Narrowed, Wanted
from gatelodge.config.policies import DatabasePolicy
from gatelodge.protocol import rules
from gatelodge.resource import CannotDecide, Introspection, Principal, Refused, TokenVerifier
from gatelodge.telemetry.events import Origin

# Fixtures: the running servers
issuer = django_tests.issuer
provider = oidc_tests.provider
logout_tokens = oidc_tests.logout_tokens


# Our own


@pytest.fixture
async def world(sqlite_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(sqlite_policy.url), clock) as opened:
        yield opened


def verifier_of(world: World, audience: str = API, client_id: str = "rs1", lifetime: int = 10) -> TokenVerifier:
    return TokenVerifier(
        world.issuer,
        audience,
        introspection=Introspection(client_id=client_id, secret=secret_of(client_id), lifetime=lifetime),
        async_send=AsyncSender(http=world.http()),
        clock=world.foundation.clock,
    )


async def refused(verifier: TokenVerifier, token: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await verifier.verify(token)
    return caught.value


async def machine_token(world: World, scope: str) -> str:
    answer = await world.token("daemon1", grant_type="client_credentials", scope=scope)
    return answer.json()["access_token"]


@pytest.mark.anyio
async def test_a_persons_token_of_ours(world: World) -> None:
    tokens = await world.browser().tokens(scope="openid offline_access orders:read")
    caller = await verifier_of(world).verify(tokens["access_token"])
    assert caller.key == (world.issuer, "sub-alice")
    assert (caller.client_id, caller.is_machine) == ("web1", False)
    assert caller.has("orders:read")
    assert caller.claims["auth_time"] == world.foundation.clock.now()


@pytest.mark.anyio
async def test_a_machines_token_of_ours(world: World) -> None:
    caller = await verifier_of(world).verify(await machine_token(world, "orders:read"))
    assert (caller.sub, caller.client_id, caller.is_machine) == ("daemon1", "daemon1", True)
    assert caller.scopes == {"orders:read"}


@pytest.mark.anyio
async def test_RS_01_what_else_we_issue_is_no_token_for_the_api(world: World) -> None:
    tokens = await world.browser().tokens(scope="openid offline_access orders:read")
    verifier = verifier_of(world)
    assert (await refused(verifier, tokens["id_token"])).rule is rules.JWT_TYP
    assert (await refused(verifier, tokens["refresh_token"])).rule is rules.TOKEN_ACTIVE
    other = verifier_of(world, "https://api.test/another")
    assert (await refused(other, tokens["access_token"])).rule is rules.JWT_AUD


@pytest.mark.anyio
async def test_an_opaque_token_of_ours_dies_when_it_is_revoked(world: World, clock: FakeClock) -> None:
    token = await machine_token(world, "things:read")
    verifier = verifier_of(world, OPAQUE_API)
    assert (await verifier.verify(token)).is_machine
    await world.direct("/revoke", "daemon1", token=token)
    clock.advance(9)
    assert await verifier.verify(token)  # believed for ten seconds
    clock.advance(1)
    assert (await refused(verifier, token)).rule is rules.TOKEN_ACTIVE


@pytest.mark.anyio
async def test_an_opaque_token_of_ours_is_for_its_own_api(world: World) -> None:
    token = await machine_token(world, "things:read")
    assert (await refused(verifier_of(world, API), token)).rule is rules.JWT_AUD


@pytest.mark.anyio
async def test_an_api_that_may_not_ask_or_is_not_known_lets_nobody_in(world: World) -> None:
    token = await machine_token(world, "things:read")
    assert (await refused(verifier_of(world, OPAQUE_API, "web2"), token)).rule is rules.TOKEN_ACTIVE
    with pytest.raises(CannotDecide, match="invalid_client"):
        await verifier_of(world, OPAQUE_API, "nobody").verify(token)


@pytest.mark.anyio
async def test_a_rotation_of_our_keys_is_not_noticed(world: World, clock: FakeClock) -> None:
    clock.advance(world.foundation.config.keys.publish_ahead)  # the next key was published for long enough
    verifier = verifier_of(world)
    before = await machine_token(world, "orders:read")
    first = await verifier.verify(before)
    await world.foundation.keys.rotate("ES256", Origin())
    after = await machine_token(world, "orders:read")
    assert after.split(".")[0] != before.split(".")[0]
    assert await verifier.verify(after) == first
    assert await verifier.verify(before) == first


# npm oidc-provider: JWTs signed with RS256, and opaque tokens


def verifier_of_provider(provider: Provider, audience: str = oidc_tests.API, *, demand: bool = True) -> TokenVerifier:
    ask = Introspection(client_id="basic", secret=oidc_tests.SECRET, demand_audience=demand)
    return TokenVerifier(provider.issuer, audience, introspection=ask)


@pytest.mark.interop
def test_a_persons_token_of_oidc_provider(provider: Provider) -> None:
    wanted = Wanted(scope="openid orders:read", resource=(oidc_tests.API,))
    tokens = oidc_tests.sign_in(provider.client("basic"), wanted)
    caller = verifier_of_provider(provider).verify_sync(tokens.access_token)
    assert caller.key == (provider.issuer, "alice")
    assert (caller.client_id, caller.is_machine, caller.scopes) == ("basic", False, {"orders:read"})
    with pytest.raises(Refused) as caught:
        verifier_of_provider(provider, "https://api.test/another").verify_sync(tokens.access_token)
    assert caught.value.rule is rules.JWT_AUD


@pytest.mark.interop
def test_a_machines_token_of_oidc_provider(provider: Provider) -> None:
    narrowed = Narrowed(scope="orders:read", resource=(oidc_tests.API,))
    token = provider.client("daemon").client_credentials(narrowed).access_token
    caller = verifier_of_provider(provider).verify_sync(token)
    assert (caller.client_id, caller.scopes) == ("daemon", {"orders:read"})
    assert caller.is_machine


@pytest.mark.interop
def test_an_ID_token_of_oidc_provider_opens_nothing(provider: Provider) -> None:
    tokens = oidc_tests.sign_in(provider.client("basic"), Wanted(scope="openid"))
    assert tokens.person is not None
    assert tokens.id_token is not None
    with pytest.raises(Refused) as caught:
        verifier_of_provider(provider, "basic").verify_sync(tokens.id_token)
    assert caught.value.rule is rules.JWT_TYP


@pytest.mark.interop
def test_an_opaque_token_of_oidc_provider_is_for_no_api_unless_that_is_said(provider: Provider) -> None:
    token = oidc_tests.sign_in(provider.client("basic"), Wanted(scope="openid")).access_token
    with pytest.raises(Refused) as caught:
        verifier_of_provider(provider).verify_sync(token)
    assert caught.value.rule is rules.JWT_AUD
    caller = verifier_of_provider(provider, demand=False).verify_sync(token)
    assert (caller.sub, caller.client_id) == ("alice", "basic")


# django-oauth-toolkit: opaque tokens of which it says little


def verified_by_django(issuer: str, token: str) -> Principal:
    ask = Introspection(
        client_id="daemon",
        secret=django_tests.SECRET,
        demand_audience=False,
        endpoint=f"{issuer}/introspect/",
    )
    return TokenVerifier(issuer, "https://api.test", introspection=ask).verify_sync(token)


@pytest.mark.interop
def test_a_persons_token_of_django_oauth_toolkit(issuer: str) -> None:
    tokens = django_tests.sign_in(django_tests.client_of(issuer, "web"), Wanted(scope="read"))
    caller = verified_by_django(issuer, tokens.access_token)
    assert (caller.sub, caller.client_id, caller.scopes, caller.is_machine) == ("alice", "web", {"read"}, False)
    form = {"token": tokens.access_token, "client_id": "web", "client_secret": django_tests.SECRET}
    assert httpx2.post(f"{issuer}/revoke_token/", data=form).status_code == 200
    with pytest.raises(Refused):
        verified_by_django(issuer, tokens.access_token)


@pytest.mark.interop
def test_a_machines_token_of_django_oauth_toolkit(issuer: str) -> None:
    token = django_tests.client_of(issuer, "daemon").client_credentials(Narrowed(scope="read")).access_token
    assert verified_by_django(issuer, token).client_id == "daemon"
    with pytest.raises(Refused):
        verified_by_django(issuer, token[:-1])
