"""A program's own token: one fetch for everybody, renewed in time, tried once more when it is refused."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import pytest
from tests.client.conftest import ISSUER, Server, form_of, json_answer
from tests.client.test_attacks import at_once
from tests.conftest import FakeClock

from gatelodge.client import (
    AddressRefused,
    ClientConfig,
    HttpRequest,
    HttpResponse,
    Moment,
    Narrowed,
    SecretBasic,
    ServerUnavailable,
    TokenRefused,
)
from gatelodge.client.machine.tokens import EARLIER, EARLY, PAUSE, UNSAID, MachineTokens

API = "https://api.test/orders"


@pytest.fixture
def server(server: Server) -> Server:
    """A server that numbers its tokens."""
    server.answers["/token"] = lambda _: json_answer(
        {"access_token": f"token-{len(server.asked('/token'))}", "token_type": "Bearer", "expires_in": 600}
    )
    return server


@pytest.fixture
def tokens(server: Server, moment: Moment) -> MachineTokens:
    config = ClientConfig(issuer=ISSUER, client_id="daemon", auth=SecretBasic("hush"))
    narrowed = Narrowed(scope="orders:read", resource=(API,))
    return MachineTokens(config, narrowed, send=server, async_send=server.task, moment=moment)


def test_what_is_asked(tokens: MachineTokens, server: Server):
    assert tokens.token() == "token-1"
    (request,) = server.asked("/token")
    assert form_of(request) == {"grant_type": "client_credentials", "scope": "orders:read", "resource": API}
    assert request.headers["authorization"] == "Basic ZGFlbW9uOmh1c2g="


def test_a_token_is_kept_until_shortly_before_its_end(tokens: MachineTokens, server: Server, clock: FakeClock):
    assert tokens.token() == "token-1"
    clock.advance(600 - EARLY - EARLIER - 1)
    assert tokens.token() == "token-1"
    clock.advance(EARLIER + 1)
    assert tokens.token() == "token-2"


def test_a_fleet_does_not_renew_in_step(tokens: MachineTokens, server: Server, clock: FakeClock):
    lived: set[int] = set()
    for _ in range(20):
        first, begun = tokens.token(), clock.now()
        while tokens.token() == first:
            clock.advance(1)
        lived.add(clock.now() - begun)
    assert len(lived) > 8
    assert 600 - EARLY - EARLIER <= min(lived) <= max(lived) <= 600 - EARLY


@pytest.mark.parametrize(("expires_in", "lasts"), [(20, 10), (1, 1), (None, UNSAID - EARLY - EARLIER - 1)])
def test_short_lives_and_unknown_ones(
    tokens: MachineTokens, server: Server, clock: FakeClock, expires_in: int | None, lasts: int
):
    server.answers["/token"] = lambda _: json_answer(
        {"access_token": f"token-{len(server.asked('/token'))}", "token_type": "Bearer", "expires_in": expires_in}
    )
    assert tokens.token() == "token-1"
    clock.advance(lasts - 1)
    assert tokens.token() == "token-1"
    clock.advance(EARLIER + EARLY + 1)
    assert tokens.token() == "token-2"


def test_CL_11_twenty_threads_cause_one_request(tokens: MachineTokens, server: Server):
    got: list[str] = []
    at_once(20, lambda: got.append(tokens.token()))
    assert got == ["token-1"] * 20
    assert len(server.asked("/token")) == 1


@pytest.mark.anyio
async def test_CL_11_threads_and_tasks_together_cause_one_request(server: Server, moment: Moment):
    async def slow(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.02)
        return server(request)

    config = ClientConfig(issuer=ISSUER, client_id="daemon", auth=SecretBasic("hush"))
    tokens = MachineTokens(config, send=server, async_send=slow, moment=moment)
    tasks = [asyncio.create_task(tokens.token_async()) for _ in range(10)]
    await asyncio.sleep(0.005)
    threads = [asyncio.to_thread(tokens.token) for _ in range(4)]
    assert set(await asyncio.gather(*tasks, *threads)) == {"token-1"}
    assert len(server.asked("/token")) == 1


@pytest.mark.parametrize("answer", [HttpResponse(502), HttpResponse(503, {"retry-after": "5"})])
def test_CL_11_a_failed_token_request_is_not_repeated(tokens: MachineTokens, server: Server, answer: HttpResponse):
    server.answers["/token"] = lambda _: answer
    with pytest.raises(ServerUnavailable):
        tokens.token()
    assert len(server.asked("/token")) == 1


def test_a_refusal_is_not_kept(tokens: MachineTokens, server: Server):
    good = server.answers["/token"]
    server.answers["/token"] = lambda _: json_answer({"error": "invalid_client"}, 401)
    with pytest.raises(TokenRefused):
        tokens.token()
    server.answers["/token"] = good
    assert tokens.token() == "token-2"


def test_only_the_token_that_was_refused_is_forgotten(tokens: MachineTokens, server: Server):
    first = tokens.token()
    tokens.refuse(first)
    second = tokens.token()
    tokens.refuse(first)  # somebody slower
    assert tokens.token() == second == "token-2"


# The same for httpx2 and for httpx, whose types do not mix.


@pytest.fixture(params=["httpx2", "httpx"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


@pytest.fixture
def auth(library: ModuleType, tokens: MachineTokens) -> Any:
    where = {"httpx2": "gatelodge.client.machine.httpx2_auth", "httpx": "gatelodge.client.httpx_auth"}[library.__name__]
    return importlib.import_module(where).ClientCredentials(ISSUER, "daemon", "hush", tokens=tokens)


class Api:
    """An API that takes the tokens it is told to; it reads a body off its stream, as a connection does."""

    def __init__(self, library: ModuleType, *taken: str) -> None:
        self.library, self.taken = library, taken
        self.seen: list[tuple[str, str]] = []

    def answer(self, request: Any, body: bytes) -> Any:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.seen.append((token, body.decode()))
        return self.library.Response(200 if token in self.taken else 401)

    def client(self, auth: Any) -> Any:
        api = self

        class Transport(self.library.BaseTransport):
            def handle_request(self, request: Any) -> Any:
                return api.answer(request, b"".join(request.stream))

        return self.library.Client(auth=auth, transport=Transport())

    def async_client(self, auth: Any) -> Any:
        api = self

        class Transport(self.library.AsyncBaseTransport):
            async def handle_async_request(self, request: Any) -> Any:
                return api.answer(request, b"".join([chunk async for chunk in request.stream]))

        return self.library.AsyncClient(auth=auth, transport=Transport())


def test_every_request_carries_the_token(library: ModuleType, auth: Any, server: Server):
    api = Api(library, "token-1")
    with api.client(auth) as http:
        assert [http.get(API).status_code for _ in range(3)] == [200] * 3
    assert len(server.asked("/token")) == 1


def test_a_refused_token_is_replaced_once(library: ModuleType, auth: Any, server: Server):
    api = Api(library, "token-2")
    with api.client(auth) as http:
        assert http.post(API, json={"buy": 1}).status_code == 200
    assert api.seen == [("token-1", '{"buy":1}'), ("token-2", '{"buy":1}')]


def test_an_api_that_refuses_everything_is_asked_twice(library: ModuleType, auth: Any):
    api = Api(library)
    with api.client(auth) as http:
        assert http.get(API).status_code == 401
    assert len(api.seen) == 2


def test_a_body_that_is_gone_is_not_sent_again(library: ModuleType, auth: Any):
    def body() -> Iterator[bytes]:
        yield b"once"

    api = Api(library, "token-2")
    with api.client(auth) as http:
        assert http.post(API, content=body()).status_code == 401
    assert api.seen == [("token-1", "once")]


def test_a_refused_token_is_forgotten_also_when_the_body_is_gone(library: ModuleType, auth: Any):
    api = Api(library, "token-2")
    with api.client(auth) as http:
        http.post(API, content=iter([b"once"]))
        assert http.post(API, content=iter([b"again"])).status_code == 200
    assert api.seen == [("token-1", "once"), ("token-2", "again")]


def test_an_api_that_goes_on_refusing_causes_no_flood_of_tokens(
    library: ModuleType, auth: Any, server: Server, clock: FakeClock
):
    api = Api(library)
    with api.client(auth) as http:
        assert [http.get(API).status_code for _ in range(5)] == [401] * 5
        assert len(server.asked("/token")) == 2
        clock.advance(PAUSE)
        http.get(API)
    assert len(server.asked("/token")) == 3


def test_a_token_does_not_go_where_anybody_can_read_it(library: ModuleType, auth: Any, server: Server):
    api = Api(library, "token-1")
    with api.client(auth) as http:
        for url in ("http://api.test/", "http://10.0.0.1/", "http://localhost.evil.test/"):
            with pytest.raises(AddressRefused, match="plain_hosts"):
                http.get(url)
        assert http.get("http://127.0.0.1:8000/").status_code == 200
    assert [token for token, _ in api.seen] == ["token-1"]


def test_a_redirect_to_another_host_does_not_take_the_token_along(library: ModuleType, auth: Any):
    seen: list[tuple[str, str | None]] = []

    def answer(request: Any) -> Any:
        seen.append((request.url.host, request.headers.get("authorization")))
        elsewhere = {"location": "https://evil.test/"}
        return library.Response(302, headers=elsewhere) if request.url.host == "api.test" else library.Response(200)

    with library.Client(auth=auth, transport=library.MockTransport(answer), follow_redirects=True) as http:
        assert http.get("https://api.test/").status_code == 200
    assert seen == [("api.test", "Bearer token-1"), ("evil.test", None)]


@pytest.mark.anyio
async def test_tasks_do_the_same(library: ModuleType, auth: Any, server: Server):
    async def body() -> AsyncIterator[bytes]:
        yield b"once"

    api = Api(library, "token-2")
    async with api.async_client(auth) as http:
        assert (await http.post(API, content=body())).status_code == 401
        assert [one.status_code for one in await asyncio.gather(*(http.get(API) for _ in range(10)))] == [200] * 10
        with pytest.raises(AddressRefused):
            await http.get("http://api.test/")
    assert len(server.asked("/token")) == 2


def test_one_that_names_a_trusted_host_may_go_there_plainly(library: ModuleType, auth: Any, tokens: MachineTokens):
    trusting = type(auth)(ISSUER, "daemon", "hush", tokens=tokens, plain_hosts=["orders"])
    api = Api(library, "token-1")
    with api.client(trusting) as http:
        assert http.get("http://orders:8000/").status_code == 200
