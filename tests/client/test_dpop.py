"""Our client with a key of its own, against our own server and an API of our own: every message real (RFC 9449)."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.client.test_our_server import client_of, sign_in
from tests.conftest import FakeClock
from tests.dpop import jkt_of
from tests.world import API, World, config_for, open_world, secret_of

from gatelodge.client import (
    AsyncSender,
    ClientConfig,
    ClientCredentials,
    DpopKey,
    HttpRequest,
    HttpResponse,
    Moment,
    Narrowed,
    NoAuth,
    OAuthClient,
    PrivateKeyJwt,
    SecretBasic,
    ServerMetadata,
    TokenRefused,
    UnexpectedAnswer,
    Wanted,
)
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.client.messages.dpop import MAX_SERVERS, asks_for_nonce
from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.protocol.dpop import DpopProof, ProvenRequest, check
from gatelodge.resource import Dpop, TokenVerifier
from gatelodge.resource.starlette import Auth

pytestmark = pytest.mark.anyio

SPA = "https://spa.test/cb"
READ = Narrowed(scope="orders:read")


@pytest.fixture
async def world(sqlite_policy: DatabasePolicy, clock: Clock, anyio_backend: str) -> AsyncIterator[World]:
    async with open_world(config_for(sqlite_policy.url), clock) as opened:
        yield opened


@pytest.fixture
def key(clock: FakeClock) -> DpopKey:
    return DpopKey.generate(clock=clock)


@pytest.mark.parametrize("nonces", [False, True])
async def test_a_person_signs_in_and_everything_is_bound_to_the_key(world: World, key: DpopKey, nonces: bool) -> None:
    await world.change_client("spa1", dpop_bound=True, dpop_nonce_required=nonces)
    client = client_of(world, "spa1", auth=NoAuth(), redirect_uri=SPA, dpop=key)
    begun = await client.begin(Wanted(scope="openid email offline_access"))
    assert f"dpop_jkt={key.jkt}" in begun.url

    tokens = await client.finish(begun.transaction, await sign_in(world.browser(), begun.url))
    assert tokens.token_type == "DPoP"
    assert tokens.person is not None
    assert tokens.refresh_token is not None
    assert (await client.userinfo(tokens.access_token, tokens.person))["email"] == "alice@example.org"

    stranger = client_of(world, "spa1", auth=NoAuth(), redirect_uri=SPA, dpop=DpopKey.generate(clock=key.clock))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await stranger.refresh(tokens.refresh_token, person=tokens.person)
    renewed = await client.refresh(tokens.refresh_token, person=tokens.person)
    assert renewed.access_token != tokens.access_token


async def test_a_client_with_an_assertion_signs_another_when_a_nonce_is_wanted(world: World, key: DpopKey) -> None:
    signing = ECKey.generate_key("P-256", {"kid": "mine"})
    keys = json.dumps({"keys": [signing.as_dict(private=False)]})
    await world.change_client("daemon1", auth_method="private_key_jwt", jwks=keys, dpop_nonce_required=True)
    client = client_of(world, "daemon1", auth=PrivateKeyJwt(signing, "mine"), dpop=key)
    assert (await client.client_credentials(READ)).token_type == "DPoP"


def api_of(world: World, policy: Dpop) -> Starlette:
    """An API that trusts the world's server."""

    async def send(request: HttpRequest) -> HttpResponse:
        return await AsyncSender(http=world.http())(request)

    auth = Auth(TokenVerifier(world.issuer, API, async_send=send, dpop=policy, clock=world.foundation.clock))

    @auth.require("orders:read")
    async def orders(request: Request) -> Response:
        return JSONResponse({"jkt": request.user.principal.jkt, "body": (await request.body()).decode()})

    return Starlette(routes=[Route("/orders", orders, methods=["GET", "POST"])])


@pytest.mark.parametrize("policy", [Dpop(), Dpop(required=True, nonce_key=b"k" * 32)])
async def test_a_program_calls_an_api_with_a_proof_for_each_call(world: World, key: DpopKey, policy: Dpop) -> None:
    await world.change_client("daemon1", dpop_nonce_required=True)
    config = ClientConfig(issuer=world.issuer, client_id="daemon1", auth=SecretBasic(secret_of("daemon1")), dpop=key)
    sender = AsyncSender(http=world.http())
    tokens = MachineTokens(config, READ, async_send=sender, moment=Moment(clock=world.foundation.clock))
    auth = ClientCredentials(world.issuer, "daemon1", tokens=tokens)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(api_of(world, policy)), auth=auth) as http:
        for _ in range(3):
            came = await http.get(API + "?page=1")
            assert (came.status_code, came.json()["jkt"]) == (200, key.jkt)
        assert (await http.post(API, content=b"an order")).json()["body"] == "an order"
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(api_of(world, policy))) as thief:
        stolen = await tokens.token_async()
        for scheme in ("Bearer", "DPoP"):
            assert (await thief.get(API, headers={"authorization": f"{scheme} {stolen}"})).status_code == 401
        by_hand = await thief.get(API, headers=dict(key.headers("GET", API, stolen)))
        assert by_hand.status_code == 200


# What is not taken, and what is not sent


METADATA = ServerMetadata(issuer="https://id.test", token_endpoint="https://id.test/token")


def scripted(*answers: tuple[int, str, dict[str, str]]) -> tuple[OAuthClient, list[HttpRequest]]:
    """A client whose server answers this, in order."""
    asked, left = list[HttpRequest](), list(answers)

    def send(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        status, body, headers = left.pop(0)
        return HttpResponse(status, {"content-type": "application/json", **headers}, body.encode())

    config = ClientConfig(issuer="https://id.test", client_id="c", auth=SecretBasic("s"), dpop=DpopKey.generate())
    return OAuthClient(config, send=send, metadata=METADATA), asked


TOKEN = '{"access_token": "t", "token_type": "%s", "expires_in": 60}'
WANTS = (400, '{"error": "use_dpop_nonce"}', {"dpop-nonce": "n-1"})


def test_a_token_that_is_bound_to_nothing_is_not_taken_for_one_that_is() -> None:
    client, _ = scripted((200, TOKEN % "Bearer", {}))
    with pytest.raises(UnexpectedAnswer, match="token_type DPoP, came Bearer"):
        client.client_credentials()
    assert scripted((200, TOKEN % "dpop", {}))[0].client_credentials().access_token == "t"


def test_a_server_that_always_wants_another_nonce_is_asked_twice_and_no_more() -> None:
    client, asked = scripted(WANTS, WANTS)
    with pytest.raises(TokenRefused, match="use_dpop_nonce"):
        client.client_credentials()
    assert len(asked) == 2
    without, asked = scripted((400, '{"error": "use_dpop_nonce"}', {}))
    with pytest.raises(TokenRefused, match="use_dpop_nonce"):
        without.client_credentials()
    assert len(asked) == 1


def test_the_nonce_of_an_answer_is_in_the_next_proof_for_that_server_and_no_other() -> None:
    client, asked = scripted(WANTS, (200, TOKEN % "DPoP", {"dpop-nonce": "n-2"}), (200, TOKEN % "DPoP", {}))
    client.client_credentials()
    client.client_credentials()
    key = client.config.dpop
    assert key is not None
    proofs = [read(request.headers["dpop"], request.url) for request in asked]
    assert [proof.nonce for proof in proofs] == [None, "n-1", "n-2"]
    assert len({proof.jti for proof in proofs}) == 3
    assert read(key.proof("POST", "https://api.test/x"), "https://api.test/x").nonce is None


def read(proof: str, url: str) -> DpopProof:
    from gatelodge.clock import SystemClock

    return check(proof, ProvenRequest("POST", url), SystemClock().now())


def test_a_key_is_kept_and_shown_to_nobody(clock: FakeClock) -> None:
    for alg in ("ES256", "EdDSA", "PS256"):
        key = DpopKey.generate(alg, clock)
        again = DpopKey.from_pem(key.pem, alg, clock)
        assert again.jkt == key.jkt == jkt_of(key.key)
        proof = again.proof("POST", "https://id.test/token?x#y")
        assert check(proof, ProvenRequest("POST", "https://id.test/token"), clock.now()).jkt == key.jkt
        assert repr(key) == f"DpopKey(alg='{alg}')"
    with pytest.raises(ValueError, match="a private key for EdDSA"):
        DpopKey(ECKey.generate_key("P-256"), "EdDSA")
    public = ECKey.import_key(ECKey.generate_key("P-256").as_dict(private=False))
    with pytest.raises(ValueError, match="a private key"):
        DpopKey(public)


def test_nonces_are_bounded_and_only_believed_as_such() -> None:
    key = DpopKey.generate()
    for number in range(MAX_SERVERS + 50):
        assert key.learn(f"https://{number}.test/a", {"dpop-nonce": "n"})
    assert len(key._nonces) == MAX_SERVERS  # pyright: ignore[reportPrivateUsage]
    assert not key.learn("https://x.test", {"dpop-nonce": "n" * 300})
    request = HttpRequest("POST", "https://id.test/token")
    for status, body, challenge in ((400, "[", ""), (400, '{"error": "invalid_grant"}', ""), (401, "", "Bearer")):
        headers = {"dpop-nonce": "n", "www-authenticate": challenge}
        assert not asks_for_nonce(key, request, HttpResponse(status, headers, body.encode()))
    asked = {"dpop-nonce": "n", "www-authenticate": 'DPoP algs="ES256", error="use_dpop_nonce"'}
    assert asks_for_nonce(key, request, HttpResponse(401, asked, b""))
    assert not asks_for_nonce(None, request, HttpResponse(401, asked, b""))


def test_a_bearer_client_sends_no_proof_and_takes_no_bound_token() -> None:
    client, asked = scripted((200, TOKEN % "DPoP", {}))
    bare = OAuthClient(replace(client.config, dpop=None), send=client._send, metadata=METADATA)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(UnexpectedAnswer, match="token_type Bearer, came DPoP"):
        bare.client_credentials()
    assert "dpop" not in asked[0].headers
