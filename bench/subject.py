"""What every measured server offers the bench, ours and others alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.http import basic

REDIRECT_URI = "https://client.bench.test/callback"
USERS = tuple(f"bench{number}" for number in range(4))
PASSWORD = "a long passphrase of the bench"


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds each thing lives, the same on every server."""

    code: int = 60
    access_token: int = 600
    id_token: int = 600
    refresh_token: int = 14 * 86_400
    session: int = 14 * 86_400


LIFETIMES = Lifetimes()


@dataclass(frozen=True, slots=True)
class BenchApi:
    """An API a token can be for: `format` is jwt or opaque, `alg` signs the JWTs."""

    identifier: str
    scope: str
    format: str
    alg: str


ES256 = BenchApi("https://es256.api.bench.test", "es256:read", "jwt", "ES256")
RS256 = BenchApi("https://rs256.api.bench.test", "rs256:read", "jwt", "RS256")
OPAQUE = BenchApi("https://opaque.api.bench.test", "opaque:read", "opaque", "ES256")
APIS = (ES256, RS256, OPAQUE)


@dataclass(frozen=True, slots=True)
class BenchClient:
    """A confidential client that authenticates with client_secret_basic."""

    id: str
    secret: str

    @property
    def authorization(self) -> str:
        """Its Authorization header."""
        return basic(self.id, self.secret)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the endpoints are, below the server's base URL."""

    authorize: str
    token: str
    introspect: str
    userinfo: str
    jwks: str
    discovery: str = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Facts:
    """A running server: its name in tables, where it listens, who may use it, and the processes it consists of.

    `server` are the first processes of the server itself, `database` those of its PostgreSQL; their children count too.
    `durable` is false when an answer may be lost in a crash. `cpu_is_whole` is false when its database runs elsewhere,
    so that its CPU can not be counted. `note` says what a reader of its figures must know.
    """

    name: str
    base: str
    paths: Paths
    web: BenchClient
    daemon: BenchClient
    server: tuple[int, ...]
    database: tuple[int, ...] = ()
    durable: bool = True
    cpu_is_whole: bool = True
    note: str = ""


class Subject(Protocol):
    """A server that was started for the bench."""

    @property
    def facts(self) -> Facts:
        """What it is."""
        ...

    def sign_in(self, user: str) -> str:
        """Return the Cookie header of a browser in which `user` is signed in and has consented to everything."""
        ...

    def sessions(self) -> Sequence[str]:
        """Return the cookies of the signed-in browsers that carry the load."""
        ...
