"""A small world around a real server: two people, the clients of the catalogue, and a browser that keeps cookies.

The server answers over ASGI with a clock the test moves and a real database; nothing of ours is replaced.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from gatelodge.authn import WAYS
from gatelodge.authn.contract import Way
from gatelodge.clock import Clock
from gatelodge.config.policies import Config, LegacyPolicy
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.secrets import b64, client_secret_digest
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.protocol.device import GRANT_TYPE as DEVICE_GRANT
from gatelodge.server import Server
from gatelodge.stores import apis, audit, clients, credentials, users
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.testing import browser as browsers
from gatelodge.testing import house
from gatelodge.testing.browser import form_of as form_of
from gatelodge.web import KINDS
from gatelodge.web.interaction_kind import InteractionKind

ISSUER = "https://id.test"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = b64(sha256(VERIFIER.encode()).digest())
RP = "https://rp.test/cb"
API = "https://api.test/orders"
OPAQUE_API = "https://api.test/opaque"
SCOPES = frozenset(["openid", "profile", "email", "phone", "address", "offline_access", "orders:read", "orders:write"])
CODE = frozenset({"code"})
WITH_CODE = frozenset({"authorization_code", "refresh_token"})


def secret_of(client_id: str) -> str:
    """The secret of each confidential client of this world."""
    return f"{client_id}-secret-{'x' * 32}"


def _client(client_id: str, **members: object) -> Client:
    whole = {
        "name": f"Client {client_id}",
        "type": "web",
        "auth_method": "client_secret_basic",
        "grants": WITH_CODE,
        "response_types": CODE,
        "scopes": SCOPES,
    } | members
    secrets = (ClientSecret(client_secret_digest(secret_of(client_id))),)
    return Client(id=client_id, secrets=() if whole["auth_method"] == "none" else secrets, **whole)  # type: ignore[arg-type]


CLIENTS = (
    _client("web1", redirect_uris=(RP,), post_logout_redirect_uris=("https://rp.test/bye",)),
    _client("web2", redirect_uris=("https://evil.test/cb",)),
    _client("two-uris", redirect_uris=(RP, "https://rp.test/cb?a=b")),
    _client("spa1", type="spa", auth_method="none", redirect_uris=("https://spa.test/cb",)),
    _client(
        "nat1",
        type="native",
        auth_method="none",
        redirect_uris=("http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"),
    ),
    _client("post1", auth_method="client_secret_post", redirect_uris=(RP,)),
    _client("trusted1", redirect_uris=(RP,), trusted=True),
    _client("no-refresh", redirect_uris=(RP,), grants=frozenset({"authorization_code"})),
    _client(
        "tv1",
        type="native",
        auth_method="none",
        grants=frozenset({DEVICE_GRANT, "refresh_token"}),
        response_types=frozenset(),
    ),
    *(
        _client(name, grants=frozenset({DEVICE_GRANT, "refresh_token"}), response_types=frozenset())
        for name in ("box1", "box2")
    ),
    _client("exempt1", redirect_uris=(RP,), pkce_exempt=True),
    _client(
        "daemon1",
        type="service",
        grants=frozenset({"client_credentials"}),
        response_types=frozenset(),
        scopes=frozenset({"orders:read", "things:read"}),
    ),
    _client(
        "legacy1",
        redirect_uris=(RP,),
        grants=WITH_CODE | {"password", "implicit"},
        response_types=frozenset({"code", "token", "id_token", "id_token token", "code id_token", "code token"}),
    ),
    _client(
        "rs1", type="service", grants=frozenset({"client_credentials"}), response_types=frozenset(), scopes=frozenset()
    ),
)
APIS = (
    Api(
        API,
        "Orders",
        {"orders:read": "See your orders", "orders:write": "Place orders"},
        introspectors=frozenset({"rs1"}),
    ),
    Api(
        OPAQUE_API,
        "Things",
        {"things:read": "See your things"},
        token_format="opaque",
        introspectors=frozenset({"rs1"}),
    ),
)
PEOPLE = (
    NewUser(
        sub="sub-alice",
        username="alice",
        email="alice@example.org",
        email_verified=True,
        name="Alice Liddell",
        claims={"given_name": "Alice", "phone_number": "+44 1865 1", "address": {"formatted": "Christ Church\nOxford"}},
    ),
    NewUser(sub="sub-bob", username="bob", email="bob@example.org", name="Bob Builder"),
)
PASSWORDS = {"alice": "wonderland", "bob": "builder-of-things"}


def config_for(database_url: str, issuer: str = ISSUER, legacy: LegacyPolicy | None = None) -> Config:
    """A production-like configuration whose password hashing is cheap, behind a proxy."""
    config = house.config_for(database_url, issuer, legacy)
    return replace(config, server=replace(config.server, proxies=("192.0.2.1",)))


@dataclass
class World:
    """One server, its foundation, and browsers to walk with."""

    foundation: Foundation
    server: Server
    transport: httpx2.ASGITransport
    people: dict[str, UserRecord] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.foundation.site.issuer

    def http(self, address: str = "203.0.113.9") -> httpx2.AsyncClient:
        """An HTTP client at `address`, without cookies and following nothing."""
        self_transport = httpx2.ASGITransport(self.transport.app, client=(address, 4711), raise_app_exceptions=True)
        return httpx2.AsyncClient(transport=self_transport, base_url=self.issuer)

    def browser(self, address: str = "203.0.113.9") -> "Browser":
        return Browser(self, self.http(address))

    async def token(self, client_id: str | None = "web1", /, **form: str | Sequence[str]) -> httpx2.Response:
        """Post to the token endpoint as a confidential client, or as nobody."""
        return await self.direct("/token", client_id, **form)

    async def direct(self, path: str, client_id: str | None, /, **form: str | Sequence[str]) -> httpx2.Response:
        auth = (client_id, secret_of(client_id)) if client_id else None
        async with self.http() as http:
            return await http.post(path, data=form, auth=auth)  # type: ignore[arg-type]

    async def introspect(self, token: str, client_id: str = "web1") -> dict[str, object]:
        return (await self.direct("/introspect", client_id, token=token)).json()

    async def userinfo(self, token: str) -> httpx2.Response:
        async with self.http() as http:
            return await http.get("/userinfo", headers={"authorization": f"Bearer {token}"})

    async def change_client(self, client_id: str, **members: object) -> None:
        """Change a client as an operator would, and let this process notice."""

        async def change(tx: Tx) -> None:
            found = await clients.find(tx, client_id)
            assert found is not None
            await clients.replace(tx, replace(found, **members), self.foundation.clock.now())

        await self.foundation.db.write(change)
        await self.foundation.registry.poll()

    async def assert_dead(self, tokens: Mapping[str, str], client_id: str = "web1") -> None:
        """DEAD(x) of the attack catalogue: inactive, refused by UserInfo, and no use at the token endpoint."""
        access, refresh = tokens["access_token"], tokens.get("refresh_token")
        assert await self.introspect(access, client_id) == {"active": False}
        assert (await self.userinfo(access)).status_code == 401
        if refresh:
            assert await self.introspect(refresh, client_id) == {"active": False}
            answer = await self.token(client_id, grant_type="refresh_token", refresh_token=refresh)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def request_for(client_id: str = "web1", /, **changes: str | None) -> dict[str, str]:
    """The parameters of a good authorization request; `None` takes one out."""
    whole = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": next((c.redirect_uris[0] for c in CLIENTS if c.id == client_id and c.redirect_uris), RP),
        "scope": "openid profile email offline_access orders:read",
        "state": "a state",
        "nonce": "a nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


class Browser(browsers.Browser):
    """A browser that sends the authorization requests of the catalogue's clients."""

    def __init__(self, world: World, http: httpx2.AsyncClient) -> None:
        super().__init__(http, world.issuer)
        self.world = world

    async def authorize(self, client_id: str = "web1", **changes: str | None) -> httpx2.Response:
        """Send an authorization request; follow as far as no person is needed."""
        return await self.follow(await self.http.get("/authorize?" + urlencode(request_for(client_id, **changes))))

    async def post_request(self, client_id: str = "web1", **changes: str | None) -> httpx2.Response:
        """Send an authorization request as a form; follow as far as no person is needed."""
        return await self.follow(await self.http.post("/authorize", data=request_for(client_id, **changes)))

    async def sign_in(self, page: httpx2.Response, name: str = "alice", password: str | None = None) -> httpx2.Response:
        return await self.submit(page, username=name, password=password or PASSWORDS[name])

    async def answer(self, client_id: str = "web1", name: str = "alice", **changes: str | None) -> dict[str, str]:
        """Walk the whole way to the client's redirect URI and return the parameters that arrive there."""
        response = await self.authorize(client_id, **changes)
        return answer_of(await self.walk(response, name, PASSWORDS[name]))

    async def code(self, client_id: str = "web1", name: str = "alice", **changes: str | None) -> str:
        return (await self.answer(client_id, name, **changes))["code"]

    async def tokens(self, client_id: str = "web1", name: str = "alice", **changes: str | None) -> dict[str, str]:
        """Walk the whole way and exchange the code."""
        code = await self.code(client_id, name, **changes)
        answer = await exchange(self.world, code, client_id)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def exchange(world: World, code: str, client_id: str = "web1", **changes: str | None) -> httpx2.Response:
    """Exchange a code as the client it was made for would."""
    client = next(c for c in CLIENTS if c.id == client_id)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uris[0],
        "code_verifier": VERIFIER,
        "client_id": client_id if client.is_public else None,
    } | changes
    return await world.token(
        None if client.is_public else client_id, **{name: value for name, value in form.items() if value is not None}
    )


async def refresh(world: World, token: str, client_id: str = "web1", **more: str) -> httpx2.Response:
    return await world.token(client_id, grant_type="refresh_token", refresh_token=token, **more)


async def audited(world: World, answer: httpx2.Response) -> list[tuple[str, str | None, int | None]]:
    """What the audit trail has of one request: event, client, person."""
    entries = await world.foundation.db.read(audit.list_recent, 100)
    return [(e.event, e.client_id, e.user_id) for e in entries if e.request_id == answer.headers["x-request-id"]]


def answer_of(response: httpx2.Response) -> dict[str, str]:
    """The parameters an authorization response brings to the client, from query or fragment, each exactly once."""
    assert response.status_code == 303, f"{response.status_code} at {response.url}: {response.text[:1500]}"
    parts = urlsplit(response.headers["location"])
    found = parse_qs(parts.fragment or parts.query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values()), found
    return {name: values[0] for name, values in found.items()}


def assert_page400(response: httpx2.Response, *, status: int = 400) -> None:
    """PAGE400 of the attack catalogue: our own page, no redirect."""
    assert response.status_code == status, response.text[:500]
    assert "location" not in response.headers
    assert response.headers["content-type"].startswith("text/html")
    assert 'id="error"' in response.text


def assert_redirected(
    response: httpx2.Response, error: str, issuer: str = ISSUER, state: str | None = "a state"
) -> None:
    """REDIR(e) of the catalogue: to the validated redirect URI, with `error`, `state` and `iss`, without a code."""
    answer = answer_of(response)
    assert answer.get("error") == error, answer
    assert answer.get("state") == state
    assert answer["iss"] == issuer
    assert "code" not in answer
    assert "access_token" not in answer


def assert_error(response: httpx2.Response, error: str, status: int = 400) -> None:
    """T400(e) or T401 of the attack catalogue."""
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in response.headers) is (status == 401)


@asynccontextmanager
async def open_world(
    config: Config,
    clock: Clock,
    ways: Sequence[type[Way]] = WAYS,
    kinds: Sequence[type[InteractionKind]] = KINDS,
) -> AsyncGenerator[World]:
    """Start a server over an empty database and fill it."""
    await house.found(config, clock.now())
    opened = await house.open_house(config, clock, ways, kinds)
    foundation = opened.foundation
    world = World(foundation, opened.server, httpx2.ASGITransport(opened.app))
    try:
        hashes = {name: await opened.server.authn.passwords.hash(password) for name, password in PASSWORDS.items()}
        world.people = await foundation.db.write(_settle, hashes, foundation.clock.now())
        await foundation.registry.poll()
        yield world
    finally:
        await foundation.close()


async def _settle(tx: Tx, hashes: Mapping[str, str], now: int) -> dict[str, UserRecord]:
    for client in CLIENTS:
        await clients.add(tx, client, now)
    for api in APIS:
        await apis.add(tx, api, now)
    people: dict[str, UserRecord] = {}
    for person in PEOPLE:
        user = await users.add(tx, person, now)
        await credentials.set_password(tx, user.id, hashes[person.username], now)
        people[person.username] = user
    return people
