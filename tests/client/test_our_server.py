"""The client library against our own server: every message real, both ways of running."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.signing import JWKS, KEY
from tests.world import API, RP, Browser, World, config_for, open_world, secret_of

from gatelodge.client import (
    AsyncOAuthClient,
    AsyncSender,
    AuthorizationRefused,
    ClientConfig,
    Moment,
    Narrowed,
    NoAuth,
    PrivateKeyJwt,
    SecretBasic,
    SecretPost,
    ServerRefused,
    TokenRefused,
    UserInfoRefused,
    Wanted,
)
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy, LegacyPolicy

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(sqlite_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(sqlite_policy.url, legacy=LegacyPolicy(password=True)), clock) as opened:
        yield opened


def client_of(world: World, client_id: str = "web1", **changes: object) -> AsyncOAuthClient:
    config = ClientConfig(
        issuer=world.issuer, client_id=client_id, auth=SecretBasic(secret_of(client_id)), redirect_uri=RP
    )
    return AsyncOAuthClient(
        replace(config, **changes),
        send=AsyncSender(http=world.http()),
        moment=Moment(clock=world.foundation.clock),
    )


async def sign_in(browser: Browser, url: str, *, allow: bool = True) -> str:
    """Walk through the pages and return the URL the browser is sent to in the end."""
    page = await browser.follow(await browser.get(url))
    page = await browser.sign_in(page)
    if page.url.path.endswith("/consent"):
        page = await (browser.allow(page) if allow else browser.deny(page))
    return page.headers["location"]


async def test_a_person_signs_in_and_the_tokens_live_and_die(world: World):
    client = client_of(world)
    begun = await client.begin(Wanted(scope="openid profile email offline_access orders:read", resource=(API,)))

    tokens = await client.finish(begun.transaction, await sign_in(world.browser(), begun.url))
    assert tokens.person is not None
    assert tokens.person.sub == "sub-alice"
    assert tokens.refresh_token is not None
    assert (await client.introspect(tokens.access_token)).active

    renewed = await client.refresh(tokens.refresh_token, person=tokens.person)
    assert renewed.access_token != tokens.access_token
    assert renewed.refresh_token is not None
    assert renewed.person is not None
    assert renewed.person.sub == "sub-alice"

    await client.revoke(renewed.refresh_token, "refresh_token")
    assert not (await client.introspect(renewed.access_token)).active
    with pytest.raises(TokenRefused) as refused:
        await client.refresh(renewed.refresh_token)
    assert (refused.value.error, refused.value.status) == ("invalid_grant", 400)


async def test_a_request_is_pushed_where_the_application_or_the_server_wants_that(world: World):
    await world.change_client("web1", require_pushed=True)
    plain, pushing = client_of(world), client_of(world, push=True)
    begun = await plain.begin()
    with pytest.raises(AuthorizationRefused, match="invalid_request"):
        await plain.finish(begun.transaction, (await world.browser().get(begun.url)).headers["location"])

    begun = await pushing.begin(Wanted(scope="openid orders:read", resource=(API,)))
    assert "orders" not in begun.url
    tokens = await pushing.finish(begun.transaction, await sign_in(world.browser(), begun.url))
    assert tokens.person is not None

    with pytest.raises(ServerRefused, match="invalid_scope"):
        await pushing.begin(Wanted(scope="openid nothing"))


@pytest.mark.parametrize("auth", [SecretPost(secret_of("post1")), NoAuth()])
async def test_whoever_proves_itself_in_another_way_pushes_too(world: World, auth: SecretPost | NoAuth):
    client_id, uri = ("spa1", "https://spa.test/cb") if isinstance(auth, NoAuth) else ("post1", RP)
    client = client_of(world, client_id, auth=auth, redirect_uri=uri, push=True)
    begun = await client.begin()

    assert (await client.finish(begun.transaction, await sign_in(world.browser(), begun.url))).person is not None


@pytest.mark.parametrize("push", [True, False])
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_requests_are_signed_and_so_are_answers(world: World, push: bool, alg: str):
    await world.change_client("web1", jwks=JWKS, require_signed=True, answer_alg=alg)
    client = client_of(world, push=push, request_key=PrivateKeyJwt(KEY, "k1"), signed_answers=True)
    begun = await client.begin(Wanted(scope="openid orders:read", resource=(API,), max_age=600))
    came = await sign_in(world.browser(), begun.url)
    tokens = await client.finish(begun.transaction, came)

    assert came.startswith(f"{RP}?response=")
    assert tokens.person is not None
    begun = await client.begin(Wanted(prompt="none"))
    with pytest.raises(AuthorizationRefused, match="login_required"):
        await client.finish(begun.transaction, (await world.browser().get(begun.url)).headers["location"])


async def test_userinfo_says_more_about_the_same_person(world: World):
    client = client_of(world)
    begun = await client.begin(Wanted(scope="openid profile email"))
    tokens = await client.finish(begun.transaction, await sign_in(world.browser(), begun.url))
    assert tokens.person is not None

    claims = await client.userinfo(tokens.access_token, tokens.person)
    assert (claims["name"], claims["email"]) == ("Alice Liddell", "alice@example.org")

    await client.revoke(tokens.access_token, "access_token")
    with pytest.raises(UserInfoRefused) as refused:
        await client.userinfo(tokens.access_token, tokens.person)
    assert (refused.value.error, refused.value.status) == ("invalid_token", 401)


async def test_a_person_says_no(world: World):
    client = client_of(world)
    begun = await client.begin()
    answer = await sign_in(world.browser(), begun.url, allow=False)

    with pytest.raises(AuthorizationRefused) as refused:
        await client.finish(begun.transaction, answer)
    assert refused.value.error == "access_denied"


@pytest.mark.parametrize(
    ("client_id", "changes"),
    [
        ("post1", {"auth": SecretPost(secret_of("post1"))}),
        ("spa1", {"auth": NoAuth(), "redirect_uri": "https://spa.test/cb"}),
        ("nat1", {"auth": NoAuth(), "redirect_uri": "http://127.0.0.1:51004/cb"}),
        ("two-uris", {"redirect_uri": "https://rp.test/cb?a=b"}),
    ],
)
async def test_every_kind_of_client_signs_people_in(world: World, client_id: str, changes: dict[str, object]):
    client = client_of(world, client_id, **changes)
    begun = await client.begin(Wanted(scope="openid", max_age=300))
    tokens = await client.finish(begun.transaction, await sign_in(world.browser(), begun.url))

    assert tokens.person is not None
    assert tokens.person.sub == "sub-alice"


async def test_a_machine_gets_a_token_for_itself(world: World):
    tokens = await client_of(world, "daemon1").client_credentials(Narrowed(scope="orders:read", resource=(API,)))

    assert (tokens.refresh_token, tokens.id_token) == (None, None)
    assert (await client_of(world, "rs1").introspect(tokens.access_token)).claims["scope"] == "orders:read"


async def test_a_machine_is_refused_more_than_it_may(world: World):
    with pytest.raises(TokenRefused) as refused:
        await client_of(world, "daemon1").client_credentials(Narrowed(scope="orders:write"))
    assert refused.value.error == "invalid_scope"


async def test_a_wrong_secret_is_refused_by_name(world: World):
    client = client_of(world, auth=SecretBasic("not-the-secret"))
    with pytest.raises(TokenRefused) as refused:
        await client.refresh("whatever")
    assert (refused.value.error, refused.value.status) == ("invalid_client", 401)
    assert "not-the-secret" not in str(refused.value)


async def test_the_password_grant_works_and_warns(world: World):
    await world.change_client("legacy1", scopes=frozenset({"openid", "orders:read"}))
    with pytest.warns(DeprecationWarning, match="authorization code grant"):
        tokens = await client_of(world, "legacy1").password("alice", "wonderland", Narrowed(scope="orders:read"))
    assert (await client_of(world, "rs1").introspect(tokens.access_token)).active


async def test_the_browser_is_sent_to_sign_out(world: World):
    client = client_of(world, post_logout_redirect_uri="https://rp.test/bye")
    browser = world.browser()
    begun = await client.begin()
    tokens = await client.finish(begun.transaction, await sign_in(browser, begun.url))

    left = await browser.follow(await browser.get(await client.logout_url(tokens.id_token, state="a state")))
    assert left.headers["location"] == "https://rp.test/bye?state=a%20state"


async def test_a_daemon_keeps_its_token_until_shortly_before_its_end(world: World):
    config = ClientConfig(issuer=world.issuer, client_id="daemon1", auth=SecretBasic(secret_of("daemon1")))
    send = AsyncSender(http=world.http())
    tokens = MachineTokens(
        config, Narrowed(scope="orders:read"), async_send=send, moment=Moment(clock=world.foundation.clock)
    )
    first = await tokens.token_async()
    assert await tokens.token_async() == first
