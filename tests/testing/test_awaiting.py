"""The server in memory for tests that await: real messages, no network, and a clock that the test moves."""

import asyncio
import time
from pathlib import Path

import httpx2
import pytest

from gatelodge.client import (
    AsyncOAuthClient,
    AuthorizationRefused,
    Narrowed,
    ServerUnavailable,
    SignInTimedOut,
    TokenRefused,
    Wanted,
)
from gatelodge.protocol.device import GRANT_TYPE
from gatelodge.resource import CannotDecide, Introspection, Refused, TokenVerifier
from gatelodge.testing import AsyncGatelodge

pytestmark = pytest.mark.anyio

API = "https://api.test/orders"
VERIFIER = TokenVerifier("https://id.test", API)  # as an application has it: once, for all tests


async def test_a_person_has_a_token_that_the_api_takes(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read", "orders:write"])
    ada = await gatelodge.add_user("ada")
    token = await gatelodge.token_for(ada, scopes=["orders:read"], resource=API)

    caller = await VERIFIER.verify(token)
    assert (caller.sub, caller.is_machine, caller.scopes) == (ada.sub, False, {"orders:read"})


async def test_a_machine_has_a_token_that_the_api_takes(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    daemon = await gatelodge.add_client("nightly", type="service")
    caller = await VERIFIER.verify(await gatelodge.token_for(daemon, scopes=["orders:read"]))

    assert (caller.sub, caller.is_machine) == ("nightly", True)


async def test_an_api_that_comes_later_is_for_clients_without_limits_too(gatelodge: AsyncGatelodge):
    daemon = await gatelodge.add_client("nightly", type="service")
    limited = await gatelodge.add_client("limited", type="service", scopes=[])
    await gatelodge.add_api(API, ["orders:read"])

    assert await gatelodge.token_for(daemon, scopes=["orders:read"])
    with pytest.raises(TokenRefused, match="invalid_scope"):
        await gatelodge.token_for(limited, scopes=["orders:read"])


async def test_a_token_ends_when_its_time_is_over(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    token = await gatelodge.token_for(await gatelodge.add_user(), scopes=["orders:read"], resource=API)
    await VERIFIER.verify(token)

    gatelodge.clock.advance(700)
    with pytest.raises(Refused, match="expired"):
        await VERIFIER.verify(token)


async def test_a_person_signs_in_to_an_application(gatelodge: AsyncGatelodge):
    shop, ada = await gatelodge.add_client("shop"), await gatelodge.add_user("ada", email="ada@example.org", name="Ada")
    signed_in = await gatelodge.signed_in(shop, ada)

    assert signed_in.tokens.person is not None
    assert signed_in.tokens.person.sub == ada.sub
    assert signed_in.tokens.refresh_token is not None
    assert "__Host-gatelodge-session" in signed_in.cookies
    claims = await gatelodge.oauth(shop).userinfo(signed_in.tokens.access_token, signed_in.tokens.person)
    assert (claims["email"], claims["name"]) == ("ada@example.org", "Ada")


@pytest.mark.parametrize("kind", ["web", "spa", "native"])
async def test_every_kind_of_application_is_signed_in_to(gatelodge: AsyncGatelodge, kind: str):
    client = await gatelodge.add_client(type=kind)  # pyright: ignore[reportArgumentType]

    assert (await gatelodge.signed_in(client, await gatelodge.add_user())).tokens.access_token


async def test_a_client_of_the_applications_own_meets_the_server_without_a_network(gatelodge: AsyncGatelodge):
    shop, ada = await gatelodge.add_client("shop"), await gatelodge.add_user()
    client = AsyncOAuthClient(shop.config)
    begun = await client.begin()

    tokens = await client.finish(begun.transaction, await gatelodge.answer(begun.url, ada))
    assert tokens.person is not None
    assert tokens.person.sub == ada.sub


async def test_a_person_says_no(gatelodge: AsyncGatelodge):
    client = gatelodge.oauth(await gatelodge.add_client())
    begun = await client.begin()
    answer = await gatelodge.answer(begun.url, await gatelodge.add_user(), allow=False)

    with pytest.raises(AuthorizationRefused, match="access_denied"):
        await client.finish(begun.transaction, answer)


async def test_a_code_is_too_old(gatelodge: AsyncGatelodge):
    client = gatelodge.oauth(await gatelodge.add_client())
    begun = await client.begin()
    answer = await gatelodge.answer(begun.url, await gatelodge.add_user())
    await gatelodge.expire_codes()

    with pytest.raises(TokenRefused, match="invalid_grant"):
        await client.finish(begun.transaction, answer)


async def test_a_replayed_refresh_token_ends_everything(gatelodge: AsyncGatelodge):
    shop = await gatelodge.add_client()
    tokens = (await gatelodge.signed_in(shop, await gatelodge.add_user())).tokens
    await gatelodge.replay_refresh(shop, tokens.refresh_token or "")

    with pytest.raises(TokenRefused, match="invalid_grant"):
        await gatelodge.oauth(shop).refresh(tokens.refresh_token or "")
    assert not (await gatelodge.oauth(shop).introspect(tokens.access_token)).active


async def test_keys_rotate_and_what_the_old_ones_signed_stays_good(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    ada = await gatelodge.add_user()
    before = await gatelodge.token_for(ada, scopes=["orders:read"], resource=API)
    await VERIFIER.verify(before)
    for _ in range(2):
        await gatelodge.rotate_keys()
    after = await gatelodge.token_for(ada, scopes=["orders:read"], resource=API)
    gatelodge.clock.advance(31)

    assert header_of(before) != header_of(after)
    assert (await VERIFIER.verify(before)).sub == (await VERIFIER.verify(after)).sub == ada.sub


async def test_what_a_compromised_key_signed_is_dead(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    token = await gatelodge.token_for(await gatelodge.add_user(), scopes=["orders:read"], resource=API)
    await gatelodge.rotate_keys(compromised=True)

    with pytest.raises(Refused):
        await VERIFIER.verify(token)


async def test_the_server_is_down(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    shop = await gatelodge.add_client()
    token = await gatelodge.token_for(await gatelodge.add_user(), scopes=["orders:read"], resource=API)
    with gatelodge.down():
        with pytest.raises(CannotDecide):
            await VERIFIER.verify(token)
        with pytest.raises(ServerUnavailable):
            await gatelodge.oauth(shop).begin(Wanted())
        with pytest.raises(httpx2.ConnectError):
            await gatelodge.http().get("/jwks")
    gatelodge.clock.advance(60)

    assert await VERIFIER.verify(token)


async def test_opaque_tokens_are_asked_about(gatelodge: AsyncGatelodge):
    asks = await gatelodge.add_client("orders-api", type="service")
    await gatelodge.add_api(API, ["orders:read"], token_format="opaque", introspectors=["orders-api"])
    token = await gatelodge.token_for(await gatelodge.add_user(), scopes=["orders:read"], resource=API)
    verifier = TokenVerifier(
        gatelodge.issuer, API, introspection=Introspection(client_id=asks.client_id, secret=asks.client_secret or "")
    )

    assert token.startswith("gla_")
    assert (await verifier.verify(token)).has("orders:read")


async def test_a_thread_of_the_test_reaches_the_server(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    token = await gatelodge.token_for(await gatelodge.add_user(), scopes=["orders:read"], resource=API)

    assert (await asyncio.to_thread(VERIFIER.verify_sync, token)).has("orders:read")


async def test_what_would_wait_for_itself_says_so(gatelodge: AsyncGatelodge):
    await gatelodge.add_api(API, ["orders:read"])
    token = await gatelodge.token_for(await gatelodge.add_user(), resource=API)

    with pytest.raises(RuntimeError, match="await the async way"):
        VERIFIER.verify_sync(token)


async def test_it_starts_in_under_half_a_second(gatelodge: AsyncGatelodge, tmp_path: Path):
    first = AsyncGatelodge(tmp_path, gatelodge.issuer)  # makes the keys of all in this process
    await first.start()
    await first.close()
    costs: list[float] = []
    for number in range(3):  # processor time, the least of three: other programs on the machine make it no dearer
        folder = tmp_path / str(number)
        folder.mkdir()
        another = AsyncGatelodge(folder, gatelodge.issuer)
        began = time.process_time()
        await another.start()
        costs.append(time.process_time() - began)
        await another.close()

    assert min(costs) < 0.5


def header_of(token: str) -> str:
    return token.partition(".")[0]


@pytest.mark.parametrize("answer", ["yes", "no", "nothing"])
async def test_a_device_waits_for_somebody_elsewhere(gatelodge: AsyncGatelodge, answer: str):
    television = await gatelodge.add_client("tv", type="native", members={"grant_types": [GRANT_TYPE, "refresh_token"]})
    ada, client = await gatelodge.add_user("ada"), gatelodge.oauth(television)
    begun, pauses = await client.begin_on_device(Narrowed(scope="openid offline_access")), list[int]()

    async def pause(seconds: int) -> None:
        pauses.append(seconds)
        gatelodge.clock.advance(1 if len(pauses) == 2 else seconds)  # once in too much of a hurry
        if len(pauses) == 4 and answer != "nothing":
            await gatelodge.answer_device(begun.user_code, ada, allow=answer == "yes")

    if answer == "yes":
        tokens = await client.wait_on_device(begun, pause)
        assert tokens.person is not None
        assert (tokens.person.sub, bool(tokens.refresh_token)) == (ada.sub, True)
        assert pauses == [5, 5, 10, 10]
    elif answer == "no":
        with pytest.raises(TokenRefused, match="access_denied"):
            await client.wait_on_device(begun, pause)
    else:
        with pytest.raises(SignInTimedOut):
            await client.wait_on_device(begun, pause)
        assert 580 < sum(pauses) < 610
    with pytest.raises(ValueError, match="no device shows this code"):
        await gatelodge.answer_device("BCDF-GHJK", ada)
