"""A store of every kind, and a server whose refresh tokens work once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.client.conftest import ISSUER, Server, form_of, json_answer
from tests.conftest import FakeClock

from gatelodge.client import ClientConfig, HttpRequest, HttpResponse, Moment, OAuthClient, SecretBasic, Tokens
from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.keeping import Event, Renewer, TokenStore, file_store, memory_store, postgres_store, sqlite_store
from gatelodge.clock import Entropy

KEY = "a key of the store, random enough"
OTHER_KEY = "another key of the store, as random"
CONFIG = ClientConfig(issuer=ISSUER, client_id="app", auth=SecretBasic("hush"))

Opened = Callable[..., TokenStore]


@pytest.fixture(params=["memory", "file", "sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same store again and again, under any keys."""
    match request.param:
        case "memory":
            kept = memory_store()
            return lambda *keys: replace(kept, seals=type(kept.seals)(keys or (KEY,)))
        case "file":
            return lambda *keys: file_store(tmp_path / "tokens.json", keys or (KEY,))
        case "sqlite":
            return lambda *keys: sqlite_store(tmp_path / "tokens.db", keys or (KEY,))
        case _:
            url = request.getfixturevalue("postgres_server").make("kept")
            return lambda *keys: postgres_store(url, keys or (KEY,))


@pytest.fixture
def store(opened: Opened) -> TokenStore:
    return opened()


@dataclass
class Rotating:
    """Answers a refresh token once, like a strict server, or its predecessor too, like ours. Others it refuses."""

    server: Server
    clock: FakeClock
    generation: int = 0
    forgives: bool = True
    presented: list[str] = field(default_factory=list[str])
    instead: list[Exception | HttpResponse] = field(default_factory=list[Any])
    on_the_way_back: list[Exception] = field(default_factory=list[Exception])

    def __post_init__(self) -> None:
        self.server.answers["/token"] = self.token

    def token(self, request: HttpRequest) -> HttpResponse:
        presented = form_of(request)["refresh_token"]
        self.presented.append(presented)
        if self.instead:
            return self._answer(self.instead.pop(0))
        if presented == f"refresh-{self.generation}":
            self.generation += 1
        elif not (self.forgives and presented == f"refresh-{self.generation - 1}"):
            return json_answer({"error": "invalid_grant"}, 400)
        if self.on_the_way_back:
            raise self.on_the_way_back.pop(0)
        return json_answer(self.server.granted(**self.members(), id_token=None))

    def members(self) -> dict[str, Any]:
        return {"access_token": f"access-{self.generation}", "refresh_token": f"refresh-{self.generation}"}

    def tokens(self) -> Tokens:
        """What a sign-in brought, just now."""
        now = self.clock.now()
        return Tokens(token_type="Bearer", issued_at=now, expires_at=now + 600, **self.members())

    @staticmethod
    def _answer(given: Exception | HttpResponse) -> HttpResponse:
        if isinstance(given, Exception):
            raise given
        return given


@pytest.fixture
def rotating(server: Server, clock: FakeClock) -> Rotating:
    return Rotating(server, clock)


def lost() -> ServerUnavailable:
    return ServerUnavailable(ISSUER, "no answer in time", sent=True)


@dataclass
class Told:
    """Hears what a renewer says."""

    events: list[Event] = field(default_factory=list[Event])

    def __call__(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def moment(clock: FakeClock, entropy: Entropy) -> Moment:
    return Moment(clock, entropy)


@pytest.fixture
def renewer_of(server: Server, moment: Moment, told: Told) -> Callable[[TokenStore], Renewer]:
    """Makes a renewer as another process would have: nothing is shared but the store."""
    return lambda store: Renewer(OAuthClient(CONFIG, send=server, moment=moment), store, told, moment=moment)
